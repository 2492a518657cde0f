import type { Operation } from './operation.ts';
import type { Provider } from './provider.ts';

/**
 * `{input}`, `{input:style}`, `{input|value}` or `{input:style|value}`: what it is filled with, how that is written, and
 * the JSON that is sent if the input has no value. `{{text}}` is `{text}`, and no placeholder.
 */
export const placeholder =
  /\{\{(?<literal>[^{}]*)\}\}|\{(?<input>[A-Za-z]+(?:\.[A-Za-z]+)?)(?::(?<style>[A-Za-z]*))?(?:\|(?<fallback>[^{}]*))?\}/g;

/** The parts of a placeholder; `literal` of an escaped one. */
export interface PlaceholderParts {
  literal?: string | undefined;
  input?: string | undefined;
  style?: string | undefined;
  fallback?: string | undefined;
}

/** The placeholders anywhere in a value of a declaration, escaped ones excluded. */
export function placeholdersIn(declared: unknown): (PlaceholderParts & { input: string })[] {
  return textsIn(declared).flatMap((text) =>
    [...text.matchAll(placeholder)].flatMap(({ groups }) => {
      const { input, ...parts }: PlaceholderParts = groups ?? {};
      return input === undefined ? [] : [{ ...parts, input }];
    }),
  );
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsIn);
}

/** The inputs that the templates of a call contain. */
export function namesIn(operation: Operation | readonly Operation[] | undefined): string[] {
  return placeholdersIn(operation).map(({ input }) => input);
}

/** The secrets that a call carries besides the session token, those in the headers of every call included. */
export function secretsIn({ headers }: Pick<Provider, 'headers'>, operation: Operation): string[] {
  return [...new Set([...(headers ? secretNamesIn(headers) : []), ...secretNamesIn(operation)])];
}

/** Each call asks for those of the same declaration. */
const knownSecretNames = new WeakMap<object, readonly string[]>();

function secretNamesIn(declared: object): readonly string[] {
  const names =
    knownSecretNames.get(declared) ??
    placeholdersIn(declared).flatMap(({ input }) => /^secret\.(.+)$/.exec(input)?.[1] ?? []);
  knownSecretNames.set(declared, names);
  return names;
}
