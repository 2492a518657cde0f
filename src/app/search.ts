import { localProvider } from '../accounts/profile.ts';
import type { Failure } from '../base/errors.ts';
import { KeysError } from '../base/errors.ts';
import type { Secret } from '../base/secret.ts';
import { shellWord } from '../base/shell-word.ts';
import type { Key } from '../keys/key.ts';
import type { Match } from '../keys/match.ts';
import { allShown, bestFirst, keepsHashes } from '../keys/match.ts';
import type { KeyBackend } from '../keys/ports.ts';
import type { Context, GlobalFlags } from './context.ts';
import { holdersOf, idWithin } from './find-by-value.ts';

/** A profile that could not be searched, and why. */
export interface Unsearched {
  profile: string;
  failure: Failure;
}

export interface Search {
  matches: Match[];
  searched: string[];
  /** Searched profiles whose API does not show enough of its keys to rule a match out. */
  unsure: string[];
  unsearched: Unsearched[];
}

/**
 * Looks in the current profile for the keys whose secret is in a text. Nothing of the text is sent: the list of keys is
 * read and compared here. Throws `KeysError` (3) for a secret with a typing error in it.
 */
export async function searchHere(context: Context, text: Secret): Promise<Search> {
  const values = await valuesOf(text);
  const search = emptySearch();
  await searchIn((await context.profile()).name, context, values, search);
  return search;
}

/** As `searchHere`, in `local` and every stored profile. A profile that fails does not stop the search of the others. */
export async function searchEverywhere(context: Context, text: Secret): Promise<Search> {
  const values = await valuesOf(text);
  const search = emptySearch();
  // One at a time: a keychain, or an API that requires a one-time password, may prompt.
  for (const [profile, place] of await everyProfile(context)) {
    try {
      await searchIn(profile, place, values, search);
    } catch (error) {
      if (!(error instanceof KeysError) || error.failure.exit === 'interrupted') throw error;
      search.unsearched.push({ profile, failure: error.failure });
    }
  }
  return { ...search, matches: bestFirst(search.matches) };
}

function emptySearch(): Search {
  return { matches: [], searched: [], unsure: [], unsearched: [] };
}

/** Everything in a text that may be a secret, the longest first. */
async function valuesOf(text: Secret): Promise<Secret[]> {
  const { isOneValue, valuesIn } = await import('../base/values-in.ts');
  const values = valuesIn(text);
  if (isOneValue(text))
    await requireIntact(
      text.mapped((value) => value.trim()),
      values,
    );
  return values;
}

/** Throws `KeysError` (3) for a secret with a typing error, unless an intact one is in it: something may be stuck to it. */
async function requireIntact(whole: Secret, values: readonly Secret[]): Promise<void> {
  try {
    await idWithin(whole);
  } catch (error) {
    const ids = await Promise.all(values.map((value) => idWithin(value).catch(() => undefined)));
    if (ids.every((id) => id === undefined)) throw error;
  }
}

async function searchIn(
  profile: string,
  place: Context,
  values: readonly Secret[],
  search: Search,
): Promise<void> {
  const { backend, keys } = await keysToCompare(place, values);
  const matches = new Map<string, Match>();
  const proven: Secret[] = [];
  for (const value of values) {
    // A part of a secret whose key is known is not a secret of its own.
    if (proven.some((whole) => whole.contains(value))) continue;
    const valueMatches = await holdersOf(backend, keys, value);
    if (valueMatches.some(({ match }) => match !== 'prefix')) proven.push(value);
    for (const match of valueMatches) {
      const [better = match] = bestFirst([matches.get(match.id) ?? match, match]);
      matches.set(match.id, better);
    }
  }
  search.searched.push(profile);
  if (!keepsHashes(backend) && !allShown(keys)) search.unsure.push(profile);
  search.matches.push(...bestFirst([...matches.values()]));
}

/** The keys that values are to be compared with. */
export async function keysToCompare(
  place: Context,
  values: readonly Secret[],
): Promise<{ backend: KeyBackend; keys: Key[] }> {
  const backend = await place.backend();
  // Such a backend knows which keys it takes; of any other one, everything that it shows has to be compared.
  const ids = keepsHashes(backend) ? values.flatMap((value) => backend.idsIn(value)) : undefined;
  return { backend, keys: await place.keys(ids) };
}

/** The current profile and each stored one, with a context of its own. `globals`: flags that apply to the others. */
export async function everyProfile(
  context: Context,
  globals: Partial<Omit<GlobalFlags, 'profile'>> = {},
): Promise<[profile: string, place: Context][]> {
  const { profiles } = await context.config();
  const { name: current } = await context.profile();
  const others = new Set([localProvider.id, ...Object.keys(profiles)]);
  others.delete(current);
  return [
    [current, context],
    ...[...others].map((profile): [string, Context] => [
      profile,
      context.forProfile({ profile, ...globals }),
    ]),
  ];
}

export async function warnOfDoubts(context: Context, { matches, unsearched }: Search): Promise<void> {
  for (const one of unsearched) await context.warn(describeUnsearched(one));
  if (matches.every(({ match }) => match === 'prefix')) {
    await context.warn('only the prefix shown by the provider matches; that does not prove it is this key');
  }
}

function describeUnsearched({ profile, failure }: Unsearched): string {
  return `could not search the profile ${profile}: ${failure.message}`;
}

/** Exit 3 if every key was compared, 5 if not: the secret must not be taken for harmless. */
export function nothingFound(
  { searched, unsure, unsearched }: Search,
  { everywhere, from }: { everywhere: boolean; from: string | undefined },
): KeysError {
  const sure = searched.filter((profile) => !unsure.includes(profile));
  const noMatch = sure.length === 0 ? [] : [`no key of ${listProfiles(sure)} has this secret`];
  if (unsearched.length === 0 && unsure.length === 0) {
    return new KeysError({
      code: 'no_such_value',
      message: noMatch.join(''),
      hints: [everywhere ? 'keys profile list' : 'to search all profiles: keys find --all-profiles'],
    });
  }
  const doubt = `cannot tell whether a key of ${listProfiles(unsure)} has this secret: the API does not show enough of its keys`;
  const problems = [...noMatch, ...(unsure.length > 0 ? [doubt] : []), ...unsearched.map(describeUnsearched)];
  const source = from === undefined ? '< key.txt' : `--from ${shellWord(from)}`;
  return new KeysError({
    code: unsearched.length > 0 ? 'profiles_unasked' : 'value_unclear',
    message: problems.join('; '),
    problems,
    hints: [
      ...unsure.map(
        (profile) => `to ask the API, sending it the secret: keys verify --profile ${profile} ${source}`,
      ),
      ...new Set(unsearched.flatMap(({ failure }) => failure.hints?.slice(0, 1) ?? [])),
    ],
  });
}

function listProfiles(names: readonly string[]): string {
  return `${names.length === 1 ? 'the profile' : 'the profiles'} ${names.join(', ')}`;
}
