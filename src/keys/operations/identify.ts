import { setTimeout as sleep } from 'node:timers/promises';
import type { Secret } from '../../base/secret.ts';
import type { Key } from '../key.ts';
import { isActive, unidentified } from '../key.ts';
import { contradicts, matchKeys } from '../match.ts';
import { isUnnamed } from './candidates.ts';

/* Which key a new secret is of, where the answer that gave it out does not say. */

/** What was known before the secret was given out. */
export interface Before {
  /** Every key that there was: none of them is the new one. */
  keys: readonly Key[];
  /** The API keeps no names. */
  nameless?: boolean;
  /** The account has one key at most: the one that lives is the new one. */
  single?: boolean;
  /** The API has put a new secret in the place of this one's, which may have kept its id. */
  renewed?: Key;
}

interface Account {
  list(): Promise<readonly Key[]>;
  identify?(secret: Secret): Promise<string | undefined>;
}

/** Milliseconds between two looks at a list that does not have the new key yet. */
const pauses = [0, 500, 1500];

/**
 * The key of a new secret: the one that the API names when it is asked with the secret itself, else the only one that
 * was not there before and can be it. Never one that was there before, but for the one whose secret was replaced. Where
 * nobody can tell, a key with the id `unidentified`. Never fails: the secret is worth more than the id.
 */
export async function identifyNew(
  account: Account,
  issued: { name: string; secret: Secret },
  before: Before,
  pause: (milliseconds: number) => Promise<unknown> = sleep,
): Promise<Key> {
  const { name, secret } = issued;
  const { renewed } = before;
  const told = await account.identify?.(secret).catch(() => undefined);
  if (told !== undefined && told === renewed?.id) return renewed;
  const known = new Set(before.keys.map(({ id }) => id));
  const isTold = told !== undefined && !known.has(told);
  for (const wait of pauses) {
    if (wait > 0) await pause(wait);
    const keys = await account.list().catch(() => undefined);
    const found = keys && (await newAmong(keys, issued, before, isTold ? told : undefined));
    if (found) return { ...found, name: before.nameless || isUnnamed(found) ? name : found.name };
    // It lives, and no other one has appeared: its id was kept.
    if (renewed && keys?.some((key) => key.id === renewed.id && works(key))) return renewed;
  }
  if (isTold) return { id: told, name, status: 'unknown' };
  return renewed ?? { id: unidentified, name, status: 'unknown' };
}

async function newAmong(
  keys: readonly Key[],
  { name, secret }: { name: string; secret: Secret },
  { keys: before, nameless, single }: Before,
  told: string | undefined,
): Promise<Key | undefined> {
  if (told !== undefined) return keys.find(({ id }) => id === told);
  const known = new Set(before.map(({ id }) => id));
  const fresh = keys.filter((key) => !known.has(key.id));
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
