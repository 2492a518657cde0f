import { KeysError } from '../base/errors.ts';
import { shellWord } from '../base/shell-word.ts';
import type { Key } from './key.ts';

const shortestPrefix = 4;

/**
 * The key that a reference names: an id, an exact name, or a prefix of an id of at least 4 characters. A name means
 * the newest key of that name that is not revoked; if all are, the newest. `keys` come newest first.
 * Throws `KeysError` (exit 3): no such key, or several.
 */
export function findKey(keys: readonly Key[], reference: string): Key {
  const exact = keys.find((key) => key.id === reference) ?? newestNamed(keys, reference);
  if (exact) return exact;
  const candidates =
    reference.length < shortestPrefix ? [] : keys.filter((key) => key.id.startsWith(reference));
  const [match] = candidates;
  if (!match) throw noSuchKey(keys, [reference]);
  if (candidates.length > 1) {
    throw severalKeys(`'${reference}' is the start of ${candidates.length} ids`, candidates);
  }
  return match;
}

function newestNamed(keys: readonly Key[], name: string): Key | undefined {
  const named = keys.filter((key) => key.name === name);
  const live = inUse(named.filter((key) => key.status !== 'revoked'));
  // Without times nobody can tell which is the newest, and a guess could end the wrong key.
  if (live.length > 1 && live.some((key) => key.createdAt === undefined)) {
    throw severalKeys(`${live.length} live keys are named '${name}'`, live);
  }
  return live[0] ?? named[0];
}

/** Without those that a rotation is to retire, where times do not tell that they are older and the journal does. */
function inUse(live: readonly Key[]): readonly Key[] {
  if (live.every(({ createdAt }) => createdAt !== undefined)) return live;
  const left = live.filter(({ retireAt }) => retireAt === undefined);
  return left.length > 0 ? left : live;
}

/** As `findKey` for several references: every one is looked up before any is used, and all missing ones are named. */
export function findKeys(keys: readonly Key[], references: readonly string[]): Key[] {
  const missing: string[] = [];
  const found = new Map<string, Key>();
  for (const reference of references) {
    try {
      const key = findKey(keys, reference);
      found.set(key.id, key);
    } catch (error) {
      if (!(error instanceof KeysError) || error.failure.code !== 'no_such_key') throw error;
      missing.push(reference);
    }
  }
  if (missing.length > 0) throw noSuchKey(keys, missing);
  return [...found.values()];
}

function noSuchKey(keys: readonly Key[], references: readonly string[]): KeysError {
  const quoted = references.map((reference) => `'${reference}'`).join(', ');
  const isTooShort = references.some(
    (start) => start.length < shortestPrefix && keys.some(({ id }) => id.startsWith(start)),
  );
  return new KeysError({
    code: 'no_such_key',
    message: `no key has the id or the name ${quoted}`,
    hints: [
      ...keys
        .filter(({ prefix }) => prefix !== undefined && references.includes(prefix))
        .slice(0, 3)
        .map(({ id, prefix = '' }) => `${prefix} is what is shown of a value: keys show ${shellWord(id)}`),
      'keys list --status all',
      ...(isTooShort ? [`a prefix of an id needs at least ${shortestPrefix} characters`] : []),
    ],
  });
}

function severalKeys(message: string, candidates: readonly Key[]): KeysError {
  return new KeysError({
    code: 'several_keys',
    message,
    hints: candidates.map((key) => `${key.id}  ${key.name}  ${key.status}`),
  });
}
