import type { Key } from '../key.ts';
import type { Operation } from './operation.ts';
import { attemptIn } from './operation.ts';

/* The keys that a call may have created whose answer was lost. */

export interface Candidates {
  /** Active keys that did not exist before, with the name of the operation or without a name. */
  possible: Key[];
  /** The only key that it can be. */
  certain: Key | undefined;
}

export interface Account {
  /** By how many ms the clock of the API is ahead of ours; undefined: not known. */
  ahead?: number | undefined;
  /** The account has at most one key. */
  single?: boolean;
}

/**
 * The keys that an operation may have created, by name and by time; never one that was known before. Only a key of the
 * right name is certain, created during the call by the clock of the API, and unused: if the API dropped the name or
 * reports another time, a person has to choose.
 */
export function candidatesIn(keys: readonly Key[], operation: Operation, account: Account = {}): Candidates {
  const { plan } = operation;
  const knownIds = new Set(plan.known);
  const fresh = keys.filter((key) => !knownIds.has(key.id) && !isOver(key));
  const namesakes = fresh.filter(({ name }) => name === plan.name);
  const possible = plan.nameless ? fresh : namesakes.length > 0 ? namesakes : fresh.filter(isUnnamed);
  const [only, ...others] = possible.filter(withinCall(operation, account.ahead));
  const isSure = only && others.length === 0 && !isUsed(only) && (account.single || namesakes.includes(only));
  return { possible, certain: isSure ? only : undefined };
}

/** Whether a key can no longer do harm, wherever its secret is. */
export function isOver({ status }: Key): boolean {
  return status === 'revoked' || status === 'expired';
}

/** An API that drops the name of a key shows none, or shows the id as the name. */
export function isUnnamed({ id, name }: Pick<Key, 'id' | 'name'>): boolean {
  return name === '' || name === id;
}

/** Its secret is in use. */
function isUsed({ lastUsedAt, usage }: Key): boolean {
  return Boolean(lastUsedAt) || (usage?.requests ?? 0) > 0;
}

/** The time limit of a network call, if it was not written down. */
const defaultCallLimitMs = 30_000;

/** When a call began, and when it was given up at the latest. Milliseconds since 1970. */
export function callSpan(operation: Pick<Operation, 'steps'>): { from: number; until: number } | undefined {
  const steps = attemptIn(operation.steps);
  const creating = steps.findLast((one) => one.step === 'creating');
  if (!creating) return undefined;
  const from = Date.parse(creating.at);
  const lostStep = steps.findLast((one) => one.step === 'lost');
  const until = from + (creating.limit ?? defaultCallLimitMs);
  return { from, until: lostStep ? Math.max(until, Date.parse(lostStep.at)) : until };
}

/** How much two clocks may differ: if nothing is known of one, and if it is known in whole seconds. */
const unknownSkewMs = 5 * 60_000;
const knownSkewMs = 5_000;
const dayMs = 86_400_000;

/** If all keys were known before the call, any other key is newer, whatever time the API reports for it. */
function withinCall(operation: Operation, ahead: number | undefined): (key: Key) => boolean {
  const span = callSpan(operation);
  if (!span) return () => false;
  const skew = ahead === undefined ? unknownSkewMs : knownSkewMs;
  const from = operation.plan.isCut ? span.from + (ahead ?? 0) - skew : Number.NEGATIVE_INFINITY;
  const until = span.until + (ahead ?? 0) + skew;
  return ({ createdAt }) => {
    const createdMs = createdAt === undefined ? Number.NaN : Date.parse(createdAt);
    // An API that keeps only the day means all of it.
    const resolution = createdMs % dayMs === 0 ? dayMs : 1000;
    return Number.isNaN(createdMs) || (createdMs + resolution > from && createdMs <= until);
  };
}
