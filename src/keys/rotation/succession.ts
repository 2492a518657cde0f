import type { Key } from '../key.ts';
import { isActive } from '../key.ts';
import type { KeyBackend } from '../ports.ts';
import { spanOf } from './successor.ts';

/** A key that works, though a newer one of its name has taken its place. */
export interface Superseded {
  key: Key;
  /** Milliseconds since 1970 at which the newer one has been there for the whole grace; null: nobody knows. */
  due: number | null;
  /** The API ends it by itself, by then or when an earlier rotation told it to. */
  ends: boolean;
}

/** What the keys alone tell: those of a name that a newer one has taken the place of. `keys` come newest first. */
export function supersededOf(keys: readonly Key[], name: string, grace: number): Superseded[] {
  const live = keys.filter((key) => key.name === name && isActive(key));
  return live.slice(1).map((key, at) => {
    const successor = live[at];
    const made = successor?.createdAt;
    // Of two that were made in the same second by an API that knows only those, nobody knows which is the newer one.
    const due = made === undefined || made === key.createdAt ? null : Date.parse(made) + grace;
    return { key, due, ends: successor !== undefined && isEnding(key, successor, due) };
  });
}

/** A key that has less time than its successor got was given that by a rotation. */
function isEnding(key: Key, successor: Key, due: number | null): boolean {
  if (typeof key.expiresAt !== 'string') return false;
  if (due !== null && Date.parse(key.expiresAt) <= due + day) return true;
  const [span, full] = [spanOf(key), spanOf(successor)];
  return span !== null && (full === null || span < full - minute);
}

const minute = 60_000;
const day = 86_400_000;

/** Calls that a rotation may make with a new key, to see whether it works, and how soon after it was made. */
const ownCalls = 4;
const ownCallsWithin = 5 * 60_000;

/**
 * What shows that somebody has the secret of a key, in words; undefined where nothing does. Our own question whether it
 * works is no use of it.
 */
export async function useOf(backend: KeyBackend, { id }: Pick<Key, 'id'>): Promise<string | undefined> {
  const { createdAt, lastUsedAt, usage } = (await backend.get(id)) ?? {};
  const made = createdAt === undefined ? Number.NaN : Date.parse(createdAt);
  if (lastUsedAt && Date.parse(lastUsedAt) > made + ownCallsWithin)
    return `${id} was last used ${lastUsedAt}`;
  const requests = usage?.requests ?? 0;
  return requests > ownCalls ? `${id} has been used ${requests} times` : undefined;
}

export interface Idleness {
  isIdle: boolean;
  /** What it follows from, in words. */
  evidence: string;
}

/**
 * Whether a key has not been used since a moment, by its last use or, where that is not reported, by the log. Undefined
 * where the API tells neither.
 */
export async function idlenessOf(
  backend: KeyBackend,
  { id }: Pick<Key, 'id'>,
  since: Date,
): Promise<Idleness | undefined> {
  const { reports, logs, logsByKey } = backend.capabilities;
  const key = await backend.get(id);
  const counted = key?.usage ? `, ${key.usage.requests} requests in all` : '';
  if (key && reports.includes('lastUsedAt') && key.lastUsedAt !== undefined) {
    const from = key.lastUsedAt ?? key.createdAt;
    const evidence = `${id} was ${key.lastUsedAt ? `last used ${key.lastUsedAt}` : 'never used'}${counted}`;
    return { isIdle: from !== undefined && Date.parse(from) <= since.getTime(), evidence };
  }
  if (!logs || !logsByKey) return undefined;
  for await (const { timestamp } of backend.logs({ keyId: id, since })) {
    return { isIdle: false, evidence: `the log has a use of ${id} at ${timestamp}` };
  }
  return { isIdle: true, evidence: `the log has no use of ${id} since ${since.toISOString()}` };
}
