import type { Operation } from './operation.ts';

/** A placeholder: the name of an input, and its style. */
export const placeholder = /\{([A-Za-z]+(?:\.[A-Za-z]+)?)(?::([A-Za-z]*))?\}/g;

/** The inputs that the templates of a call contain. */
export function namesIn(operation: Operation | undefined): string[] {
  return [...JSON.stringify(operation ?? {}).matchAll(placeholder)].map(([, name = '']) => name);
}

/** The secrets that a call carries besides the session token. */
export function secretsIn(operation: Operation): string[] {
  const names = namesIn(operation).flatMap((name) => /^secret\.(.+)$/.exec(name)?.[1] ?? []);
  return [...new Set(names)];
}
