import type { Key } from '../key.ts';
import type { Operation } from './operation.ts';

/* Which keys a call may have made whose answer never came. */

export interface Candidates {
  /** Live keys that were not there before, of the operation's name or of none. */
  possible: Key[];
  /** The only one that can be it. */
  certain: Key | undefined;
}

export interface Account {
  /** Milliseconds by which the clock of the API is ahead of ours; undefined where that is not known. */
  ahead?: number | undefined;
  /** The account has one key at most. */
  single?: boolean;
}

/**
 * The keys that an operation may have made, by name and by time. A key that was known before is none of them. Certain is
 * only one of the right name that was made during the call, by the clock of the API, and that nobody uses: where the API
 * has dropped the name or has another time, a person has to say which key it is.
 */
export function candidatesIn(keys: readonly Key[], operation: Operation, account: Account = {}): Candidates {
  const { plan } = operation;
  const known = new Set(plan.known);
  const fresh = keys.filter((key) => !known.has(key.id) && !isOver(key));
  const named = fresh.filter(({ name }) => name === plan.name);
  const possible = plan.nameless ? fresh : named.length > 0 ? named : fresh.filter(isUnnamed);
  const [only, ...others] = possible.filter(withinCall(operation, account.ahead));
  const isSure = only && others.length === 0 && !isUsed(only) && (account.single || named.includes(only));
  return { possible, certain: isSure ? only : undefined };
}

/** Whether a key can do no harm any more, wherever its secret is. */
export function isOver({ status }: Key): boolean {
  return status === 'revoked' || status === 'expired';
}

/** An API that drops the name of a key shows none, or the id in its place. */
export function isUnnamed({ id, name }: Pick<Key, 'id' | 'name'>): boolean {
  return name === '' || name === id;
}

/** Somebody has its secret. */
function isUsed({ lastUsedAt, usage }: Key): boolean {
  return Boolean(lastUsedAt) || (usage?.requests ?? 0) > 0;
}

/** Milliseconds that a call over the network may take, where it was not written down. */
const defaultCallLimit = 30_000;

/** When a call was begun, and when it was given up, at the latest. Milliseconds since 1970. */
export function callSpan({ steps }: Pick<Operation, 'steps'>): { from: number; until: number } | undefined {
  const creating = steps.findLast((one) => one.step === 'creating');
  if (!creating) return undefined;
  const from = Date.parse(creating.at);
  const lost = steps.findLast((one) => one.step === 'lost');
  const until = from + (creating.limit ?? defaultCallLimit);
  return { from, until: lost ? Math.max(until, Date.parse(lost.at)) : until };
}

/** Milliseconds by which two clocks may differ where nothing is known of one, and where it was told in whole seconds. */
const unknownSkew = 5 * 60_000;
const knownSkew = 5_000;
const day = 86_400_000;

/** Where all keys were known before the call, one that was not is newer, whatever time the API gives it. */
function withinCall(operation: Operation, ahead: number | undefined): (key: Key) => boolean {
  const span = callSpan(operation);
  if (!span) return () => false;
  const skew = ahead === undefined ? unknownSkew : knownSkew;
  const from = operation.plan.isCut ? span.from + (ahead ?? 0) - skew : Number.NEGATIVE_INFINITY;
  const until = span.until + (ahead ?? 0) + skew;
  return ({ createdAt }) => {
    const made = createdAt === undefined ? Number.NaN : Date.parse(createdAt);
    // An API that keeps the day only means all of it.
    const resolution = made % day === 0 ? day : 1000;
    return Number.isNaN(made) || (made + resolution > from && made <= until);
  };
}
