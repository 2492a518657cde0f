import { KeysError } from '../base/errors.ts';
import type { Secret } from '../base/secret.ts';
import { shellWord } from '../base/shell-word.ts';
import type { Key } from '../keys/key.ts';
import type { Match } from '../keys/match.ts';
import { contradicts, keepsHashes, matchKeys, mayBeIssued, proves, withEvidence } from '../keys/match.ts';
import type { KeyBackend } from '../keys/ports.ts';

/** The keys that have, or may have, a secret. A mistyped secret belongs to no key. */
export async function holdersOf(backend: KeyBackend, keys: readonly Key[], value: Secret): Promise<Match[]> {
  const ownId = await idWithin(value).catch(() => undefined);
  return matchesAmong(backend, keys, value, ownId);
}

/** The key that a secret belongs to beyond doubt. */
export async function provenHolder(
  backend: KeyBackend,
  keys: readonly Key[],
  value: Secret,
): Promise<Key | undefined> {
  const isPlausible = mayBeIssued(value);
  const [holder, ...others] = (await holdersOf(backend, keys, value)).filter(
    (match) => proves(match) && (isPlausible || match.match === 'hash'),
  );
  return others.length === 0 ? holder : undefined;
}

/**
 * Whether a secret belongs to a key: `false` only if it certainly does not, `undefined` if the API does not show enough
 * of its keys to tell.
 */
export async function isValueOf(
  backend: KeyBackend,
  keys: readonly Key[],
  key: Key,
  value: Secret,
): Promise<boolean | undefined> {
  const holder = await provenHolder(backend, keys, value);
  if (holder) return holder.id === key.id;
  return keepsHashes(backend) || contradicts(key, value) ? false : undefined;
}

async function matchesAmong(
  backend: KeyBackend,
  keys: readonly Key[],
  value: Secret,
  ownId: string | undefined,
): Promise<Match[]> {
  if (!keepsHashes(backend)) return matchKeys(keys, value, ownId);
  const holderId = ownId === undefined ? undefined : await backend.holderOf(value);
  if (holderId !== undefined) {
    const holder = keys.find(({ id }) => id === holderId) ?? (await backend.get(holderId));
    return withEvidence(holder ? [holder] : [], 'hash');
  }
  // The hash identifies a whole secret or nothing; a part of a secret can still be recognised.
  return ownId === undefined ? matchKeys(keys, value, undefined) : [];
}

/** The id in a secret of an embedded authority, here or elsewhere; undefined for other secrets. Throws if mistyped. */
export async function idWithin(value: Secret): Promise<string | undefined> {
  const text = value.reveal();
  if (!text.startsWith('sk_')) return undefined;
  const { idOf, isMistyped } = await import('../authority/key-format.ts');
  if (!isMistyped('sk', text)) return idOf('sk', text);
  const [, id = ''] = text.split('_');
  throw new KeysError({
    code: 'value_mistyped',
    message: 'the secret is mistyped: its checksum is wrong, so it belongs to no key',
    hints: [`the key whose id it contains: keys show ${shellWord(id)}`],
  });
}
