import type { Path, ValuePath } from './field.ts';
import type { SecretPath } from './operation.ts';

/** The paths that a declared value names. */
export function pathsOf(declared: Path | ValuePath | undefined): readonly string[] {
  if (declared === undefined) return [];
  if (typeof declared === 'string') return [declared];
  if (isList(declared)) return declared;
  if ('sum' in declared) return declared.sum.flatMap(pathsOf);
  return 'always' in declared ? [] : pathsOf(declared.at);
}

/** The paths of a secret, or of its parts. */
export function pathsOfSecret(declared: SecretPath | undefined): readonly string[] {
  return isJoined(declared) ? declared.join.flatMap((path) => pathsOf(path)) : pathsOf(declared);
}

type JoinedSecret = Exclude<SecretPath, Path>;

/** Whether a secret is made up of parts. A list has a method `join`, but no parts. */
export function isJoined(declared: SecretPath | undefined): declared is JoinedSecret {
  return typeof declared === 'object' && !isList(declared);
}

/** `Array.isArray` does not know lists that nothing changes. */
function isList(declared: object): declared is readonly string[] {
  return Array.isArray(declared);
}

/** Every inner path below every outer one. */
export function joinedPaths(outer: Path, inner: readonly string[]): string[] {
  return pathsOf(outer).flatMap((start) => inner.map((end) => [start, end].filter(Boolean).join('.')));
}
