import type { Key } from '../key.ts';
import { isActive } from '../key.ts';
import type { KeyBackend } from '../ports.ts';
import { spanOf } from './successor.ts';

/** An active key that a newer key of its name supersedes. */
export interface Superseded {
  key: Key;
  /** When the newer key has existed for the grace period, in ms since 1970; null: not known. */
  due: number | null;
  /** The API ends it by itself, in time or when an earlier rotation requested. */
  ends: boolean;
}

/** The superseded keys of a name, as the keys alone tell. `keys` come newest first. */
export function supersededOf(keys: readonly Key[], name: string, grace: number): Superseded[] {
  const live = keys.filter((key) => key.name === name && isActive(key));
  return live.slice(1).map((key, at) => {
    const successor = live[at];
    const createdAt = successor?.createdAt;
    // Of two keys of the same second, if the API keeps only seconds, the newer one is not known.
    const due = createdAt === undefined || createdAt === key.createdAt ? null : Date.parse(createdAt) + grace;
    return { key, due, ends: successor !== undefined && isEnding(key, successor, due) };
  });
}

/** A key with less time than its successor got its expiry from a rotation. */
function isEnding(key: Key, successor: Key, due: number | null): boolean {
  if (typeof key.expiresAt !== 'string') return false;
  if (due !== null && Date.parse(key.expiresAt) <= due + dayMs) return true;
  const [span, full] = [spanOf(key), spanOf(successor)];
  return span !== null && (full === null || span < full - minuteMs);
}

const minuteMs = 60_000;
const dayMs = 86_400_000;

/** The most calls that a rotation makes with a new key to verify it, and how soon after its creation. */
const maxOwnCalls = 4;
const ownCallsWithinMs = 5 * 60_000;

/** What shows that the secret of a key is in use, in words; undefined: nothing does. Our own verification does not count. */
export async function useOf(backend: KeyBackend, { id }: Pick<Key, 'id'>): Promise<string | undefined> {
  const { createdAt, lastUsedAt, usage } = (await backend.get(id)) ?? {};
  const createdMs = createdAt === undefined ? Number.NaN : Date.parse(createdAt);
  if (lastUsedAt && Date.parse(lastUsedAt) > createdMs + ownCallsWithinMs)
    return `${id} was last used ${lastUsedAt}`;
  const requests = usage?.requests ?? 0;
  return requests > maxOwnCalls ? `${id} has been used ${requests} times` : undefined;
}

export interface Idleness {
  isIdle: boolean;
  /** What it follows from, in words. */
  evidence: string;
}

/**
 * Whether a key has not been used since a moment: by its last use or, if that is not reported, by the log. Undefined if
 * the API reports neither.
 */
export async function idlenessOf(
  backend: KeyBackend,
  { id }: Pick<Key, 'id'>,
  since: Date,
): Promise<Idleness | undefined> {
  const { reports, logs, logsByKey } = backend.capabilities;
  const key = await backend.get(id);
  const usageNote = key?.usage ? `, ${requestCount(key.usage.requests)} in total` : '';
  if (key && reports.includes('lastUsedAt') && key.lastUsedAt !== undefined) {
    const from = key.lastUsedAt ?? key.createdAt;
    const evidence = `${id} was ${key.lastUsedAt ? `last used ${key.lastUsedAt}` : neverUsed(key)}${usageNote}`;
    return { isIdle: from !== undefined && Date.parse(from) <= since.getTime(), evidence };
  }
  if (!logs || !logsByKey) return undefined;
  for await (const { timestamp } of backend.logs({ keyId: id, since })) {
    return { isIdle: false, evidence: `the log shows a use of ${id} at ${timestamp}` };
  }
  return { isIdle: true, evidence: `the log shows no use of ${id} since ${since.toISOString()}` };
}

function neverUsed({ createdAt }: Key): string {
  return createdAt === undefined ? 'never used' : `never used since it was created ${createdAt}`;
}

function requestCount(count: number): string {
  return `${count} request${count === 1 ? '' : 's'}`;
}
