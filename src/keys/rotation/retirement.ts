import { KeysError } from '../../base/errors.ts';
import { shellWord } from '../../base/shell-word.ts';
import { SpanEnd } from '../../base/time.ts';
import type { Key } from '../key.ts';
import { unidentified } from '../key.ts';
import { isOver } from '../operations/candidates.ts';
import type { Operation, Replaced } from '../operations/operation.ts';
import type { KeyBackend } from '../ports.ts';

/* The end of an old key, once a new one has taken its place. */

/** What became of an old key. */
export interface Retirement {
  oldRevoked: boolean;
  /** When it stopped working, or will (RFC 3339); null: when somebody sees that nobody uses it. */
  oldRevokeAt: string | null;
}

/**
 * Seconds that the old key is given at the least by the API's own rotation: the new one has to arrive first, and if
 * something comes between, somebody has to see to that.
 */
export const leastGrace = 86_400;

/**
 * Retires the old key of a rotation whose new one has arrived, or sees to it that it will be: at once where its time is
 * up, by an expiry where the API lets one be set, else the operation goes on waiting. Ends the operation where nothing
 * is left to do; `atOnce`: somebody has decided that its time is up; `grace` (milliseconds): said since the operation
 * began. Throws `KeysError` (5, `not_retired`) where the old key goes on working although it should not.
 */
export async function retire(
  backend: KeyBackend,
  operation: Operation,
  now: Date,
  { atOnce = false, grace }: { atOnce?: boolean; grace?: number | undefined } = {},
): Promise<Retirement> {
  const planned = operation.plan.replaces;
  if (!planned) throw new Error('this operation replaces no key');
  const replaces = grace === undefined ? planned : { ...planned, grace };
  try {
    if (isRenewed(operation)) return await renewed(backend, operation, now);
    const old = await backend.get(replaces.id);
    if (old && isAnother(old, replaces)) throw anotherKey(operation, old);
    if (old ? isOver(old) : backend.capabilities.show) {
      const ended = old?.status === 'expired' ? old.expiresAt : null;
      return await over(operation, ended ?? now.toISOString());
    }
    const due = atOnce ? now.getTime() : dueOf(operation, replaces, now);
    if (due !== null && due <= now.getTime()) {
      await revokeAndConfirm(backend, replaces);
      return await over(operation, now.toISOString());
    }
    const until = due === null || !old ? null : await expiring(backend, old, endAt(due, replaces.grace, now));
    if (until !== null) {
      await operation.end();
      return { oldRevoked: false, oldRevokeAt: until };
    }
    if (due === null) await restoreExpiry(backend, replaces);
    return await waiting(operation, due);
  } catch (error) {
    await operation.leave();
    throw notRetired(operation, replaces, error);
  }
}

/** Made at another time: an API that uses ids again has given this one to somebody else's key. */
function isAnother({ createdAt }: Key, replaces: Replaced): boolean {
  if (createdAt === undefined || replaces.createdAt === undefined) return false;
  return Date.parse(createdAt) !== Date.parse(replaces.createdAt);
}

function anotherKey({ id }: Operation, old: Key): KeysError {
  return new KeysError({
    code: 'another_key',
    message: `${old.id} is another key by now, made ${old.createdAt}`,
    hints: [`keys recover ${id} --keep`],
  });
}

/**
 * The API has put a new secret into the same key, or may have, where it rotates by itself and did not say which key it is:
 * there is no other one to retire.
 */
function isRenewed({ plan: { replaces }, steps }: Operation): boolean {
  const created = steps.findLast((one) => one.step === 'created');
  if (!created || !replaces) return false;
  return created.id === replaces.id || (created.id === unidentified && replaces.shown !== undefined);
}

async function renewed(backend: KeyBackend, operation: Operation, now: Date): Promise<Retirement> {
  await operation.end();
  if (backend.capabilities.overlap === 'none') return { oldRevoked: true, oldRevokeAt: now.toISOString() };
  const grace = Math.max(leastGrace * 1000, operation.plan.replaces?.grace ?? 0);
  return { oldRevoked: false, oldRevokeAt: new Date(now.getTime() + grace).toISOString() };
}

async function over(operation: Operation, at: string): Promise<Retirement> {
  await operation.end();
  return { oldRevoked: true, oldRevokeAt: at };
}

/** Milliseconds since 1970; null: not by the clock. The grace begins when the last sink has the new key. */
export function dueOf({ steps }: Operation, { grace, untilIdle }: Replaced, now: Date): number | null {
  if (untilIdle) return null;
  // Another grace than the planned one may have been said since.
  const noted = steps.findLast((one) => one.step === 'superseded')?.until;
  if (noted) return Date.parse(noted);
  const arrived = steps.findLast(({ step }) => step === 'delivered')?.at;
  return (arrived === undefined ? now.getTime() : Date.parse(arrived)) + grace;
}

/** Revokes the key, and sees that it is. Throws `KeysError` where the API goes on calling it alive. */
export async function revokeAndConfirm(backend: KeyBackend, { id }: Pick<Key, 'id'>): Promise<void> {
  await backend.revoke(id);
  const after = await backend.get(id).catch(() => undefined);
  // A key that an API only disables does not work any more either.
  if (!after || isOver(after) || after.status === 'disabled') return;
  throw new KeysError({
    code: 'still_alive',
    message: `the API took the revocation of ${id}, and still calls it ${after.status}`,
  });
}

/** Lets the API end the key itself; null where it cannot. Gives back when it ends (RFC 3339). */
async function expiring(backend: KeyBackend, old: Key, due: Date): Promise<string | null> {
  const { reports, expiry, updateFields } = backend.capabilities;
  if (!reports.includes('expiresAt')) return null;
  // It ends by then by itself: by its own expiry, or because the API's own rotation has seen to it.
  if (endsBy(old, due.getTime() + minute)) return old.expiresAt;
  const canSet = expiry === 'any' && updateFields.includes('expiresAt');
  const ending = canSet ? await ended(backend, old, due) : old;
  return endsBy(ending, due.getTime() + tolerance) ? ending.expiresAt : null;
}

/** The key with the end that it was given; as it was, where the API has a rule against that end, such as a shortest span. */
async function ended(backend: KeyBackend, old: Key, due: Date): Promise<Key> {
  try {
    return await backend.update(old.id, { expiresAt: due });
  } catch (error) {
    if (error instanceof KeysError && error.failure.code === 'rejected') return old;
    throw error;
  }
}

/** An API that takes spans is told the grace itself: what a moment has taken from it may be too little for the API. */
function endAt(due: number, grace: number, now: Date): Date {
  const isGrace = grace > 0 && Math.abs(due - now.getTime() - grace) < minute;
  return isGrace ? new SpanEnd(now, { months: 0, milliseconds: grace }) : new Date(due);
}

function endsBy(key: Key, moment: number): key is Key & { expiresAt: string } {
  return typeof key.expiresAt === 'string' && Date.parse(key.expiresAt) <= moment;
}

const minute = 60_000;

/** Milliseconds by which an API may end a key later than it was told: some know only whole days. */
const tolerance = 86_400_000;

async function waiting(operation: Operation, due: number | null): Promise<Retirement> {
  const until = due === null ? null : new Date(due).toISOString();
  const last = operation.steps.at(-1);
  if (last?.step !== 'superseded') await operation.note({ step: 'superseded', until });
  await operation.clearEscrow();
  await operation.leave();
  return { oldRevoked: false, oldRevokeAt: until };
}

function notRetired({ id, plan }: Operation, replaces: Replaced, cause: unknown): KeysError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const failure = cause instanceof KeysError ? cause.failure : undefined;
  const isOther = failure?.code === 'another_key';
  return new KeysError({
    ...failure,
    exit: 'unfinished',
    code: 'not_retired',
    message: `the new key ${plan.name} is delivered, but the old one, ${replaces.id}, was not retired: ${reason}`,
    hints: (isOther && failure.hints) || [
      `keys recover ${id}`,
      `keys revoke ${shellWord(replaces.id)} --yes`,
    ],
    operation: id,
    cause,
  });
}

/** The API's own rotation gives the old key an end at once, whatever becomes of the new one. */
export function rotatesInPlace({ rotateInPlace, capabilities: { overlap } }: KeyBackend): boolean {
  return rotateInPlace !== undefined && overlap !== 'client';
}

/**
 * Gives an old key back the time that it had before the API's own rotation, once the new one is gone. What there is to
 * say of it; undefined: nothing. Never fails.
 */
export async function restoreExpiry(backend: KeyBackend, replaces: Replaced): Promise<string | undefined> {
  const { id, expiresAt } = replaces;
  if (!rotatesInPlace(backend) || expiresAt === undefined) return undefined;
  const isSpared = await backend
    .update(id, { expiresAt: expiresAt === null ? null : new Date(expiresAt) })
    .then(() => true)
    .catch(() => false);
  return isSpared ? `the old key ${id} works as before` : endOfOld(backend, replaces);
}

export async function endOfOld(backend: KeyBackend, { id }: Replaced): Promise<string | undefined> {
  const old = await backend.get(id).catch(() => undefined);
  return old?.expiresAt ? `the old key ${id} works until ${old.expiresAt}` : undefined;
}
