import type { CallName } from './inputs.ts';
import type { Operation } from './operation.ts';
import type { Provider, Update } from './provider.ts';

export const methods = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** The method and the path template of a call. */
export function callOf(operation: Operation): { method: Uppercase<(typeof methods)[number]>; path: string } {
  for (const method of methods) {
    const path = operation[method];
    if (path !== undefined) return { method: method.toUpperCase() as Uppercase<typeof method>, path };
  }
  throw new Error('an operation without a method');
}

/** The calls that a declaration has under a name, and where each one is, such as `update.0`. */
export function callsNamed(
  provider: Provider,
  name: CallName,
): readonly { operation: Operation; path: string }[] {
  const declared: Operation | readonly Operation[] | undefined = provider[name];
  if (declared === undefined) return [];
  if (!isList(declared)) return [{ operation: declared, path: name }];
  return declared.map((operation, index) => ({ operation, path: `${name}.${index}` }));
}

/** The calls that change the fields of a key. */
export function updatesOf({ update }: Pick<Provider, 'update'>): readonly Update[] {
  if (update === undefined) return [];
  return isList(update) ? update : [update];
}

/** Whether a call changes or revokes a key, so that its answer has no secret. */
export function isChange(provider: Provider, operation: Operation): boolean {
  const { disable, enable, revoke } = provider;
  return [...updatesOf(provider), disable, enable, revoke].includes(operation as Update);
}

function isList<T>(value: T | readonly T[]): value is readonly T[] {
  return Array.isArray(value);
}

/** Whether a change drops what it does not send. */
export function replacesWhole({ put, partial }: Pick<Update, 'put' | 'partial'>): boolean {
  return put !== undefined && partial !== true;
}
