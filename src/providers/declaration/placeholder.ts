import type { Operation } from './provider.ts';

/** A placeholder: the name of an input, and the style in which it is written. */
export const placeholder = /\{([A-Za-z]+(?:\.[A-Za-z]+)?)(?::([A-Za-z]*))?\}/g;

/** The names that stand in the templates of a call. */
export function namesIn(operation: Operation | undefined): string[] {
  return [...JSON.stringify(operation ?? {}).matchAll(placeholder)].map(([, name = '']) => name);
}
