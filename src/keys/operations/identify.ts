import { setTimeout as sleep } from 'node:timers/promises';
import type { Secret } from '../../base/secret.ts';
import type { Key } from '../key.ts';
import { isActive, unidentified } from '../key.ts';
import { contradicts, matchKeys, proves } from '../match.ts';
import { isUnnamed } from './candidates.ts';

/* The key of a new secret, if the answer does not name it. */

/** What was known before the secret was issued. */
export interface Before {
  /** Every existing key: none of them is the new one. */
  keys: readonly Key[];
  /** The API keeps no names. */
  nameless?: boolean;
  /** The account has at most one key: the active one is the new one. */
  single?: boolean;
  /** The API replaced the secret of this key, which may have kept its id. */
  renewed?: Key;
}

/** The key that a new secret seems to belong to. */
export interface Identified {
  key: Key;
  /** Not only by its name and its time: it can be revoked without harm to anybody else. */
  isProven: boolean;
}

interface Account {
  list(): Promise<readonly Key[]>;
  identify?(secret: Secret): Promise<string | undefined>;
}

/** Pauses before each look at the list, which may not have the new key yet. */
const pausesMs = [0, 500, 1500];

/**
 * The key of a new secret: the one that the API names for the secret, else the only new key that it can be. Never a key
 * that existed before, except one whose secret was replaced. If it is not known, or if it may be either of the two, a key
 * with the id `unidentified`. Never fails: the secret is worth more than the id.
 */
export async function identifyNew(
  account: Account,
  issuedKey: { name: string; secret: Secret },
  before: Before,
  pause: (milliseconds: number) => Promise<unknown> = sleep,
): Promise<Identified> {
  const { name, secret } = issuedKey;
  const { renewed } = before;
  const reportedId = await account.identify?.(secret).catch(() => undefined);
  if (reportedId !== undefined && reportedId === renewed?.id) return { key: renewed, isProven: true };
  const knownIds = new Set(before.keys.map(({ id }) => id));
  const isNew = reportedId !== undefined && !knownIds.has(reportedId);
  for (const wait of pausesMs) {
    if (wait > 0) await pause(wait);
    const keys = await account.list().catch(() => undefined);
    const key = keys && (await keyAmong(keys, issuedKey, before, isNew ? reportedId : undefined));
    if (key) return { key, isProven: isNew || (await isProven(key, secret, before)) };
  }
  if (isNew) return { key: { id: reportedId, name, status: 'unknown' }, isProven: true };
  const key = renewed ?? { id: unidentified, name, status: 'unknown' as const };
  return { key, isProven: false };
}

/** Whether nothing but the key itself can have this secret. A key of the right name may be somebody else's. */
async function isProven(key: Key, secret: Secret, { single, renewed }: Before): Promise<boolean> {
  if (single || key === renewed) return true;
  return (await matchKeys([key], secret, undefined)).some(proves);
}

/** The key of a new secret, as far as one look at the list tells; undefined: look again. */
async function keyAmong(
  keys: readonly Key[],
  issuedKey: { name: string; secret: Secret },
  before: Before,
  reportedId: string | undefined,
): Promise<Key | undefined> {
  const { name, secret } = issuedKey;
  const kept = keys.find((key) => key.id === before.renewed?.id && works(key));
  const newKey = await newAmong(keys, issuedKey, before, reportedId);
  // It is active, and no other one has appeared: its id was kept.
  if (!newKey) return kept && before.renewed;
  const isOther = kept !== undefined && kept.id !== newKey.id && reportedId === undefined;
  if (isOther && (await mayBeKept(kept, newKey, secret)))
    return { id: unidentified, name, status: 'unknown' };
  return { ...newKey, name: before.nameless || isUnnamed(newKey) ? name : newKey.name };
}

/**
 * Whether the secret may belong to the key that the API was told to renew, although another one has appeared: that may be
 * somebody else's, and the renewed one would be revoked for it.
 */
async function mayBeKept(kept: Key, newKey: Key, secret: Secret): Promise<boolean> {
  if (contradicts(kept, secret)) return false;
  return !(await matchKeys([newKey], secret, undefined)).some(proves);
}

async function newAmong(
  keys: readonly Key[],
  { name, secret }: { name: string; secret: Secret },
  { keys: before, nameless, single }: Before,
  reportedId: string | undefined,
): Promise<Key | undefined> {
  if (reportedId !== undefined) return keys.find(({ id }) => id === reportedId);
  const knownIds = new Set(before.map(({ id }) => id));
  const fresh = keys.filter((key) => !knownIds.has(key.id));
  const [proven, second] = (await matchKeys(fresh, secret, undefined)).filter(
    ({ match }) => match !== 'prefix',
  );
  if (proven && !second) return fresh.find(({ id }) => id === proven.id);
  const candidates = fresh.filter(
    (key) => works(key) && mayBeNamed(key, name, nameless) && !contradicts(key, secret),
  );
  const [only, ...others] = candidates;
  if (only) return others.length === 0 ? only : undefined;
  const live = keys.filter(works);
  return single && live.length === 1 ? live[0] : undefined;
}

function works(key: Key): boolean {
  return isActive(key) || key.status === 'unknown';
}

function mayBeNamed(key: Key, name: string, nameless: boolean | undefined): boolean {
  return nameless === true || key.name === name || isUnnamed(key);
}
