import { KeysError } from '../../base/errors.ts';
import type { Key } from '../../keys/key.ts';
import type { LeakEvidence } from '../../keys/leak.ts';
import type { Match } from '../../keys/match.ts';
import { proves } from '../../keys/match.ts';
import type { LeakedValue } from '../../leaks/leaked-values.ts';
import type { Context } from '../context.ts';
import { holdersOf } from '../find-by-value.ts';
import { everyProfile, keysToCompare } from '../search.ts';

/** The key that a leaked value belongs to, and how certain that is. */
export interface Holder {
  key: Key;
  profile: string;
  place: Context;
  match: LeakEvidence;
}

/**
 * Finds out which keys leaked values belong to, in the current profile or in all of them: lists of keys are read, and
 * compared here. An account that cannot be read is a warning.
 */
export async function identify(
  context: Context,
  leaks: readonly LeakedValue[],
  everywhere: boolean,
): Promise<ReadonlyMap<LeakedValue, Holder>> {
  const holders = new Map<LeakedValue, Holder>();
  if (leaks.length === 0) return holders;
  const { name } = await context.profile();
  const places = everywhere ? await everyProfile(context) : [[name, context] as const];
  for (const [profile, place] of places) {
    try {
      const open = leaks.filter((leak) => holders.get(leak)?.match !== 'exact');
      for (const [leak, holder] of await holdersIn(profile, place, open)) {
        const before = holders.get(leak);
        if (!before || rank(holder) < rank(before)) holders.set(leak, holder);
      }
    } catch (error) {
      if (!(error instanceof KeysError) || error.failure.exit === 'interrupted') throw error;
      await context.warn(
        `could not compare with the keys of the profile ${profile}, so a finding may be one of them: ${error.message}`,
      );
    }
  }
  return holders;
}

const order: readonly LeakEvidence[] = ['exact', 'checksum', 'prefix'];

function rank({ match }: Holder): number {
  return order.indexOf(match);
}

async function holdersIn(
  profile: string,
  place: Context,
  leaks: readonly LeakedValue[],
): Promise<[LeakedValue, Holder][]> {
  const values = leaks.map(({ value }) => value);
  const { backend, keys } = await keysToCompare(place, values);
  const holders: [LeakedValue, Holder][] = [];
  for (const leak of leaks) {
    const [best] = (await holdersOf(backend, keys, leak.value)).filter(proves);
    if (best) holders.push([leak, { key: best, profile, place, match: evidenceOf(best, leak) }]);
  }
  return holders;
}

function evidenceOf({ match, id }: Match, { ownId }: LeakedValue): LeakEvidence {
  if (match === 'hash') return 'exact';
  return ownId === id ? 'checksum' : 'prefix';
}
