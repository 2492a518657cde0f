import { KeysError } from '../../base/errors.ts';
import { shellWord } from '../../base/shell-word.ts';
import { absoluteTime } from '../../base/time.ts';
import type { Aside } from '../../platform/permits.ts';
import { directly } from '../../platform/permits.ts';
import type { Key } from '../key.ts';
import { unidentified } from '../key.ts';
import { isOver } from '../operations/candidates.ts';
import type { Operation, Replaced } from '../operations/operation.ts';
import { creationIn } from '../operations/operation.ts';
import type { Delivered, KeyBackend } from '../ports.ts';
import { endAt, expireAt, mayExpire } from './end-by-expiry.ts';
import { NotShown, requireAnotherKey } from './require-another.ts';
import type { Arrival } from './settle-arrival.ts';
import { settleArrival } from './settle-arrival.ts';

/* The end of an old key, once a new one has replaced it. */

/** What became of an old key. */
export interface Retirement {
  oldRevoked: boolean;
  /** When it stopped working, or will (RFC 3339); null: once it is idle. */
  oldRevokeAt: string | null;
}

interface RetirementOptions {
  /** Its time is up by decision. */
  atOnce?: boolean;
  /** The new grace period of a later command in ms. */
  grace?: number | undefined;
  /** The old key as the API has just reported it. */
  old?: Key;
  /** For what is written down after the last call. */
  aside?: Aside;
  /** What this command has delivered. */
  delivered?: readonly Delivered[];
}

/**
 * The API's own rotation gives the old key at least this long: the new one has to arrive first, and a failure on the way
 * needs time to be dealt with. `keys` revokes it earlier if it should end earlier.
 */
const minGraceSeconds = 86_400;

/** What the API's own rotation is asked for. Nothing could end the old secret of the same key earlier. */
export function graceSecondsFor({ rotationKeepsId }: KeyBackend, { grace }: Pick<Replaced, 'grace'>): number {
  const seconds = Math.ceil(grace / 1000);
  return rotationKeepsId ? seconds : Math.max(minGraceSeconds, seconds);
}

/**
 * Retires the old key of a rotation whose new one has arrived: at once if its time is up, by an expiry if the API lets one
 * be set, else the operation waits. Ends the operation if nothing is left to do. Throws `KeysError` (5, `not_retired`) if
 * the old key keeps working although it should not.
 */
export async function retire(
  backend: KeyBackend,
  operation: Operation,
  now: Date,
  { atOnce = false, grace, old: seenKey, aside = directly, delivered = [] }: RetirementOptions = {},
): Promise<Retirement> {
  const plannedKey = operation.plan.replaces;
  if (!plannedKey) throw new Error('this operation replaces no key');
  const replaces = grace === undefined ? plannedKey : { ...plannedKey, grace };
  try {
    const ended = await endedBefore(backend, operation, now);
    if (ended) return ended;
    const old = seenKey ?? (await backend.get(replaces.id));
    if (old && isAnother(old, replaces)) throw new AnotherKey(old);
    if (old ? isOver(old) : backend.capabilities.show) {
      const endedAt = old?.status === 'expired' ? old.expiresAt : null;
      return await aside(() => over(operation, endedAt ?? now.toISOString()));
    }
    const due = atOnce ? now.getTime() : dueOf(operation, replaces, now);
    if (due !== null && due <= now.getTime()) {
      await settleArrival(operation, { aside, delivered });
      await requireAnotherKey(backend, operation);
      await revokeAndConfirm(backend, replaces);
      return await aside(() => over(operation, now.toISOString()));
    }
    const until =
      due === null || !old
        ? null
        : await endLater(backend, operation, { old, due: endAt(due, replaces.grace, now), aside, delivered });
    if (until !== null) {
      await aside(() => operation.end());
      return { oldRevoked: false, oldRevokeAt: until };
    }
    if (due === null) {
      await settleArrival(operation, { aside, delivered });
      await restoreExpiry(backend, replaces);
    }
    return await aside(() => waiting(operation, due));
  } catch (error) {
    await operation.leave();
    throw notRetired(operation, replaces, error);
  }
}

/** Created at another time: an API that uses ids again has given this one to another key. */
function isAnother({ createdAt }: Key, replaces: Replaced): boolean {
  if (createdAt === undefined || replaces.createdAt === undefined) return false;
  return Date.parse(createdAt) !== Date.parse(replaces.createdAt);
}

/** Nothing is left to revoke: only the decision to keep every key ends the operation. */
class AnotherKey extends KeysError {
  constructor({ id, createdAt }: Key) {
    super({ code: 'not_retired', message: `${id} is a different key now, created ${createdAt}` });
  }
}

/**
 * The API has put a new secret into the same key, or may have: it rotates by itself and did not say which key it is. Then
 * there is no old key to retire.
 */
function wasRotatedInPlace({ plan: { replaces }, steps }: Operation): boolean {
  const creation = creationIn(steps);
  if (!creation || !replaces) return false;
  return creation.id === replaces.id || (creation.id === unidentified && replaces.shown !== undefined);
}

async function endedInPlace(backend: KeyBackend, operation: Operation, now: Date): Promise<Retirement> {
  await operation.end();
  const seconds = graceSecondsFor(backend, operation.plan.replaces ?? { grace: 0 });
  if (backend.capabilities.overlap === 'none' || seconds === 0)
    return { oldRevoked: true, oldRevokeAt: now.toISOString() };
  return { oldRevoked: false, oldRevokeAt: new Date(now.getTime() + seconds * 1000).toISOString() };
}

/** The end of an old key that has ended with the creation of the new one, or before it; undefined: it has not. */
async function endedBefore(
  backend: KeyBackend,
  operation: Operation,
  now: Date,
): Promise<Retirement | undefined> {
  if (wasRotatedInPlace(operation)) return endedInPlace(backend, operation, now);
  if (!operation.plan.replaces?.revokedFirst) return undefined;
  const revocation = operation.steps.findLast(({ step }) => step === 'revoked');
  return over(operation, revocation?.at ?? now.toISOString());
}

async function over(operation: Operation, at: string): Promise<Retirement> {
  await operation.end();
  return { oldRevoked: true, oldRevokeAt: at };
}

/** Milliseconds since 1970; null: not by the clock. The grace period begins when the last sink has the new key. */
export function dueOf({ steps }: Operation, { grace, untilIdle }: Replaced, now: Date): number | null {
  if (untilIdle) return null;
  // A later command may have changed the grace period.
  const notedUntil = steps.findLast((one) => one.step === 'superseded')?.until;
  if (notedUntil) return Date.parse(notedUntil);
  const arrivedAt = steps.findLast(({ step }) => step === 'delivered')?.at;
  return (arrivedAt === undefined ? now.getTime() : Date.parse(arrivedAt)) + grace;
}

/** Revokes the key and checks that it is revoked. Throws `KeysError` if the API still reports it as alive. */
export async function revokeAndConfirm(backend: KeyBackend, { id }: Pick<Key, 'id'>): Promise<void> {
  await backend.revoke(id);
  const after = await backend.get(id).catch(() => undefined);
  // A key that an API only disables no longer works either.
  if (!after || isOver(after) || after.status === 'disabled') return;
  throw new KeysError({
    code: 'not_revoked',
    message: `the API accepted the revocation of ${id}, but still reports it as ${after.status}`,
    hints: [`keys show ${shellWord(id)}`],
  });
}

async function endLater(
  backend: KeyBackend,
  operation: Operation,
  { old, due, ...arrival }: { old: Key; due: Date } & Arrival,
): Promise<string | null> {
  if (mayExpire(backend)) await settleArrival(operation, arrival);
  await requireAnotherKey(backend, operation);
  return expireAt(backend, old, due);
}

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
  return new KeysError({
    ...failure,
    exit: 'unfinished',
    code: 'not_retired',
    message: `the new key ${plan.name} is delivered, but the old one, ${replaces.id}, was not retired: ${reason}`,
    hints: hintsFor(cause, id, replaces),
    operation: id,
    cause,
  });
}

function hintsFor(cause: unknown, operation: string, { id }: Replaced): string[] {
  if (cause instanceof AnotherKey) return [`keys recover ${operation} --keep`];
  if (cause instanceof NotShown) return ['keys list --status all', `keys recover ${operation}`];
  return [`keys recover ${operation}`, `keys revoke ${shellWord(id)} --yes`];
}

/** The API's own rotation ends the old key at once or sets its expiry, whatever becomes of the new one. */
export function rotatesInPlace({
  rotateInPlace,
  capabilities: { overlap },
}: Pick<KeyBackend, 'rotateInPlace' | 'capabilities'>): boolean {
  return rotateInPlace !== undefined && overlap !== 'client';
}

/**
 * Gives an old key the expiry back that it had before the API's own rotation, once the new key is gone. Returns a clause
 * for messages; undefined: nothing to say. Never fails.
 */
export async function restoreExpiry(backend: KeyBackend, replaces: Replaced): Promise<string | undefined> {
  const { id, expiresAt } = replaces;
  if (!rotatesInPlace(backend) || expiresAt === undefined) return undefined;
  const isRestored = await backend
    .update(id, { expiresAt: expiresAt === null ? null : new Date(expiresAt) })
    .then(() => true)
    .catch(() => false);
  return isRestored ? `the old key ${id} works as before` : endOfOld(backend, replaces);
}

export async function endOfOld(backend: KeyBackend, { id }: Replaced): Promise<string | undefined> {
  const old = await backend.get(id).catch(() => undefined);
  return old?.expiresAt ? `the old key ${id} works until ${absoluteTime(old.expiresAt)}` : undefined;
}
