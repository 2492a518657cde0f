import { KeysError } from '../base/errors.ts';
import { nearest } from '../base/nearest.ts';
import { shellWord } from '../base/shell-word.ts';
import type { Key } from './key.ts';

/** A shorter text is not taken for the beginning of an id. */
export const minPrefixLength = 4;

/**
 * The key that a reference names: an id, an exact name, or the first 4 or more characters of an id. A name means the newest
 * key of that name that is not revoked; if all are revoked, the newest. `keys` come newest first.
 * Throws `KeysError` (exit 3): no such key, or several.
 */
export function findKey(keys: readonly Key[], reference: string): Key {
  const exact = keys.find((key) => key.id === reference) ?? newestNamed(keys, reference);
  if (exact) return exact;
  const candidates =
    reference.length < minPrefixLength ? [] : keys.filter((key) => key.id.startsWith(reference));
  const [match] = candidates;
  if (!match) throw noSuchKey(keys, [reference]);
  if (candidates.length > 1) {
    throw severalKeys(`${candidates.length} ids start with '${reference}'`, candidates);
  }
  return match;
}

function newestNamed(keys: readonly Key[], name: string): Key | undefined {
  const namesakes = keys.filter((key) => key.name === name);
  const live = inUse(namesakes.filter((key) => key.status !== 'revoked'));
  // Without creation times the newest is unknown, and a guess could revoke the wrong key.
  if (live.length > 1 && live.some((key) => key.createdAt === undefined)) {
    throw severalKeys(`${live.length} active keys are named '${name}'`, live);
  }
  return live[0] ?? namesakes[0];
}

/** Leaves out the keys that a rotation is to retire: without creation times, only the journal knows that they are older. */
function inUse(live: readonly Key[]): readonly Key[] {
  if (live.every(({ createdAt }) => createdAt !== undefined)) return live;
  const remainingKeys = live.filter(({ retireAt }) => retireAt === undefined);
  return remainingKeys.length > 0 ? remainingKeys : live;
}

/** `findKey` for several references: all are found before any is used, and all missing ones are named. */
export function findKeys(keys: readonly Key[], references: readonly string[]): Key[] {
  const missing: string[] = [];
  const chosenKeys = new Map<string, Key>();
  for (const reference of references) {
    try {
      const key = findKey(keys, reference);
      chosenKeys.set(key.id, key);
    } catch (error) {
      if (!(error instanceof KeysError) || error.failure.code !== 'no_such_key') throw error;
      missing.push(reference);
    }
  }
  if (missing.length > 0) throw noSuchKey(keys, missing);
  return [...chosenKeys.values()];
}

function noSuchKey(keys: readonly Key[], references: readonly string[]): KeysError {
  const quotedReferences = references.map((reference) => `'${reference}'`).join(', ');
  const isTooShort = references.some(
    (start) => start.length < minPrefixLength && keys.some(({ id }) => id.startsWith(start)),
  );
  const names = inOrderOfUse(keys).map(({ name }) => name);
  const meant = [...new Set(references.flatMap((reference) => nearest(reference, names) ?? []))];
  const question = meant.length > 0 ? ` (did you mean ${meant.map((name) => `'${name}'`).join(', ')}?)` : '';
  return new KeysError({
    code: 'no_such_key',
    message: `no key has the id or the name ${quotedReferences}${question}`,
    missingKeys: references,
    hints: [
      ...keys
        .filter(({ prefix }) => prefix !== undefined && references.includes(prefix))
        .slice(0, 3)
        .map(({ id, prefix = '' }) => `${prefix} is the prefix of a secret: keys show ${shellWord(id)}`),
      'keys list --status all',
      ...(isTooShort ? [`a prefix of an id needs at least ${minPrefixLength} characters`] : []),
    ],
  });
}

/** Keys that are not revoked first. */
function inOrderOfUse(keys: readonly Key[]): readonly Key[] {
  const isRevoked = ({ status }: Key) => status === 'revoked';
  return [...keys.filter((key) => !isRevoked(key)), ...keys.filter(isRevoked)];
}

function severalKeys(message: string, candidates: readonly Key[]): KeysError {
  return new KeysError({
    code: 'several_keys',
    message,
    hints: candidates.map((key) => `${key.id}  ${key.name}  ${key.status}`),
  });
}
