import { KeysError } from '../base/errors.ts';
import { Secret } from '../base/secret.ts';
import type { KeySpec } from '../keys/ports.ts';
import type { Inputs } from './fill-template.ts';

/** The inputs for a new key. Null and empty values are the API's default, and are not sent. */
export function inputsFrom({ kept: keptFields, ...fields }: KeySpec): Inputs {
  const hasValue = (value: unknown) => {
    if (value === null) return false;
    if (value instanceof Date || typeof value !== 'object') return true;
    return Object.keys(value).length > 0;
  };
  const own = Object.entries(fields).filter(([, value]) => hasValue(value));
  return { ...Object.fromEntries(own), ...keptInputs(keptFields) };
}

/** The values of `{kept.NAME}`. */
export function keptInputs(keptFields: Readonly<Record<string, unknown>> = {}): Inputs {
  return Object.fromEntries(Object.entries(keptFields).map(([name, value]) => [`kept.${name}`, value]));
}

/** An unbroken text of this length may be a secret. */
const opaque = /^[\w.~+/=-]{16,}$/;

/** An error in which the API does not repeat what was kept: `keys` cannot know what that is. */
export function withoutKept(error: unknown, inputs: Inputs): unknown {
  if (!(error instanceof KeysError)) return error;
  const keptValues = Object.entries(inputs).filter(([name]) => name.startsWith('kept.'));
  const texts = keptValues.flatMap(([, value]) => textsIn(value)).filter((text) => opaque.test(text));
  const { message } = error.failure;
  const safeMessage = texts.reduce((hidden, text) => new Secret(text).hideIn(hidden), message);
  return safeMessage === message ? error : new KeysError({ ...error.failure, message: safeMessage });
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
