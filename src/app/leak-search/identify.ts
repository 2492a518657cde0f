import type { Key } from '../../keys/key.ts';
import type { LeakEvidence } from '../../keys/leak.ts';
import type { Match } from '../../keys/match.ts';
import { proves } from '../../keys/match.ts';
import type { LeakedValue } from '../../leaks/leaked-values.ts';
import { holdersOf } from '../find-by-value.ts';
import type { Account, Accounts } from './accounts.ts';

/** The key that a leaked value belongs to, and how certain that is. */
export interface Holder {
  key: Key;
  account: Account;
  match: LeakEvidence;
}

const order: readonly LeakEvidence[] = ['exact', 'checksum', 'prefix'];

/** Finds out which keys leaked values belong to: lists of keys are read, and compared here. */
export async function identify(
  accounts: Accounts,
  leaks: readonly LeakedValue[],
): Promise<ReadonlyMap<LeakedValue, Holder>> {
  const holders = new Map<LeakedValue, Holder>();
  for await (const account of accounts.holding(leaks.map(({ value }) => value))) {
    for (const leak of leaks) {
      const holder = await holderIn(account, leak);
      const before = holders.get(leak);
      if (holder && (!before || order.indexOf(holder.match) < order.indexOf(before.match)))
        holders.set(leak, holder);
    }
  }
  return holders;
}

async function holderIn(account: Account, leak: LeakedValue): Promise<Holder | undefined> {
  const { backend, keys } = account;
  const [best] = (await holdersOf(backend, keys, leak.value)).filter(proves);
  return best && { key: best, account, match: evidenceOf(best, leak) };
}

function evidenceOf({ match, id }: Match, { ownId }: LeakedValue): LeakEvidence {
  if (match === 'hash') return 'exact';
  return ownId === id ? 'checksum' : 'prefix';
}
