import type { KeyInput } from '../keys/key.ts';
import { keyInputs } from '../keys/key.ts';
import type { KeyChanges } from '../keys/ports.ts';
import { updatesOf } from '../providers/declaration/call.ts';
import type { Path } from '../providers/declaration/field.ts';
import { namesIn } from '../providers/declaration/placeholder.ts';
import type { Provider, Toggle, Update } from '../providers/declaration/provider.ts';

/** A call that carries out part of a change. */
export interface ChangeCall {
  operation: Update & Pick<Toggle, 'confirms'>;
  /** What it changes. */
  fields: readonly (keyof KeyChanges)[];
  /** Where its response has the key. */
  keyPath: Path;
  /** It changes the status, and repeats the other fields of the key. */
  sendsKey: boolean;
}

/** The calls that carry out a change, in their order: as few as the declaration allows. */
export function changeCalls(provider: Provider, { disabled, ...fields }: KeyChanges): ChangeCall[] {
  return [...toggleCalls(provider, disabled), ...updateCalls(provider, Object.keys(fields) as KeyInput[])];
}

function toggleCalls(provider: Provider, disabled: boolean | undefined): ChangeCall[] {
  const operation: ChangeCall['operation'] | undefined = disabled ? provider.disable : provider.enable;
  if (disabled === undefined || !operation) return [];
  const keyPath = operation.key ?? updatesOf(provider)[0]?.key ?? provider.show?.key ?? '';
  return [{ operation, fields: ['disabled'], keyPath, sendsKey: inputsIn(operation).length > 0 }];
}

/** A field is changed by the first call that sends it, unless another call is made anyway that sends all of its fields. */
function updateCalls(provider: Provider, changedFields: readonly KeyInput[]): ChangeCall[] {
  const updates = updatesOf(provider).map((operation) => {
    const inputs = inputsIn(operation);
    return { operation, changes: changedFields.filter((field) => inputs.includes(field)) };
  });
  const needed = updates.filter(({ changes }, index) =>
    changes.some((field) => updates.findIndex((one) => one.changes.includes(field)) === index),
  );
  const made = needed.filter(
    ({ changes }, index) =>
      !needed.some(
        (other, at) =>
          at !== index &&
          changes.every((field) => other.changes.includes(field)) &&
          (other.changes.length > changes.length || at < index),
      ),
  );
  return made.map(({ operation, changes }) => ({
    operation,
    fields: changes,
    keyPath: operation.key ?? '',
    sendsKey: false,
  }));
}

/** The fields of a key that a call sends. */
export function inputsIn(operation: Update | readonly Update[] | undefined): KeyInput[] {
  const names = namesIn(operation);
  return keyInputs.filter((input) => names.includes(input));
}
