import { localProvider } from '../accounts/profile.ts';
import type { Failure } from '../base/errors.ts';
import { KeysError } from '../base/errors.ts';
import type { Secret } from '../base/secret.ts';
import { shellWord } from '../base/shell-word.ts';
import type { Key } from '../keys/key.ts';
import type { Match } from '../keys/match.ts';
import {
  allShown,
  bestFirst,
  contradicts,
  keepsHashes,
  matchKeys,
  mayBeIssued,
  proves,
  withEvidence,
} from '../keys/match.ts';
import type { KeyBackend } from '../keys/ports.ts';
import type { Context } from './context.ts';

/** A profile that could not be asked, and why. */
export interface Unasked {
  profile: string;
  failure: Failure;
}

export interface Search {
  matches: Match[];
  /** The profiles whose keys were looked at. */
  asked: string[];
  /** Those of them whose API does not show enough of its keys to tell that none of them has the value. */
  unsure: string[];
  unasked: Unasked[];
}

/**
 * Looks for the keys that may have a value, or one of those in a text, in the profile of this command. Nothing of the text
 * is sent: the list of the keys is read, and compared here. Throws `KeysError`: 3 for a value with a typing error in it.
 */
export async function searchHere(context: Context, text: Secret): Promise<Search> {
  const values = await valuesOf(text);
  const search: Search = { matches: [], asked: [], unsure: [], unasked: [] };
  await searchIn((await context.profile()).name, context, values, search);
  return search;
}

/** As `searchHere`, in every stored profile and in `local` too. One that cannot be asked does not keep the others. */
export async function searchEverywhere(context: Context, text: Secret): Promise<Search> {
  const values = await valuesOf(text);
  const search: Search = { matches: [], asked: [], unsure: [], unasked: [] };
  // One after the other: a keychain, or an API that wants a one-time password, may ask its user.
  for (const [profile, place] of await placesOf(context)) {
    try {
      await searchIn(profile, place, values, search);
    } catch (error) {
      if (!(error instanceof KeysError) || error.failure.exit === 'interrupted') throw error;
      search.unasked.push({ profile, failure: error.failure });
    }
  }
  return { ...search, matches: bestFirst(search.matches) };
}

/** All that may be a value, the longest first. A text that is one value is held to be right. */
async function valuesOf(text: Secret): Promise<Secret[]> {
  const { isOneValue, valuesIn } = await import('../base/values-in.ts');
  if (isOneValue(text)) await idWithin(text.mapped((value) => value.trim()));
  return valuesIn(text);
}

async function searchIn(
  profile: string,
  place: Context,
  values: readonly Secret[],
  search: Search,
): Promise<void> {
  const [backend, keys] = [await place.backend(), await place.keys()];
  const matches = new Map<string, Match>();
  const proven: Secret[] = [];
  for (const value of values) {
    // What is a part of a value whose key is known is no value itself.
    if (proven.some((whole) => whole.contains(value))) continue;
    const found = await holdersOf(backend, keys, value);
    if (found.some(({ match }) => match !== 'prefix')) proven.push(value);
    for (const match of found) {
      const [better = match] = bestFirst([matches.get(match.id) ?? match, match]);
      matches.set(match.id, better);
    }
  }
  search.asked.push(profile);
  if (!keepsHashes(backend) && !allShown(keys)) search.unsure.push(profile);
  search.matches.push(...bestFirst([...matches.values()]));
}

async function placesOf(context: Context): Promise<[profile: string, place: Context][]> {
  const { profiles } = await context.config();
  const { name: current } = await context.profile();
  const others = new Set([localProvider.id, ...Object.keys(profiles)]);
  others.delete(current);
  return [
    [current, context],
    ...[...others].map((profile): [string, Context] => [profile, context.forProfile({ profile })]),
  ];
}

/** The keys that have a value, or may have it. A value with a typing error in it is that of none. */
export async function holdersOf(backend: KeyBackend, keys: readonly Key[], value: Secret): Promise<Match[]> {
  const ownId = await idWithin(value).catch(() => undefined);
  return matchesAmong(backend, keys, value, ownId);
}

/** Whether a value may be sent to the API of these keys: it is that of one of them beyond doubt. */
export async function isOurs(backend: KeyBackend, keys: readonly Key[], value: Secret): Promise<boolean> {
  return (await provenHolder(backend, keys, value)) !== undefined;
}

/** The key that has a value beyond doubt. */
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
 * Whether a value is that of a key: `false` only where it certainly is not, `undefined` where the API does not show
 * enough of its keys to tell.
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
  const holder = ownId === undefined ? undefined : await backend.holderOf(value);
  if (holder !== undefined)
    return withEvidence(
      keys.filter(({ id }) => id === holder),
      'hash',
    );
  // A whole value is known by its hash or not at all; a part of one can still be recognised.
  return ownId === undefined ? matchKeys(keys, value, undefined) : [];
}

/** The id in a value that the embedded authority, here or elsewhere, has shaped; undefined for any other. */
async function idWithin(value: Secret): Promise<string | undefined> {
  const text = value.reveal();
  if (!text.startsWith('sk_')) return undefined;
  const { idOf, isMistyped } = await import('../authority/key-format.ts');
  if (!isMistyped('sk', text)) return idOf('sk', text);
  const [, id = ''] = text.split('_');
  throw new KeysError({
    code: 'value_mistyped',
    message:
      'the value has a typing error in it: its checksum is not that of the rest, so it is the value of no key',
    hints: [`the key with the id that it names: keys show ${shellWord(id)}`],
  });
}
