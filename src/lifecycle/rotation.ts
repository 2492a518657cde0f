import { KeysError, shellWord } from '../errors.ts';
import type { Secret } from '../secret.ts';
import type { Issued, Issuing, Subject } from './issue.ts';
import { makeAndDeliver } from './issue.ts';
import type { Key } from './key.ts';
import { isOver } from './lost-reply.ts';
import type { Operation, Replaced } from './operation.ts';
import type { KeyBackend, KeySpec, Sink } from './ports.ts';

export interface Rotation extends Omit<Issuing, 'subject'> {
  old: Key;
  /** The new key. */
  spec: KeySpec;
  /** The expiry that was asked for, where one was. */
  expires?: Date | null;
  replaces: Replaced;
  /** Whether the new key is shown to work before anybody gets it. */
  verifies: boolean;
  now: () => Date;
}

/** What became of an old key. */
export interface Retirement {
  oldRevoked: boolean;
  /** When it stopped working, or will (RFC 3339); null: when somebody sees that nobody uses it. */
  oldRevokeAt: string | null;
}

export interface Rotated extends Issued, Retirement {
  verified: boolean;
  operation: string;
  /** Whether the value that the sinks held before works now that all is done; absent where nobody can tell. */
  oldWorks?: boolean;
}

export const aRotation: Subject = {
  kind: 'rotate',
  noun: 'key',
  revocation: (id) => `keys revoke ${shellWord(id)} --yes`,
};

/** Seconds that the old key is given at the least by the API's own rotation: the new one has to arrive first. */
const leastGrace = 3600;

/**
 * Puts a new key in the place of an old one, forward only: each step is written down before the next one begins, and
 * `recover` goes on where it stopped. The old key is not touched before the new one works and every sink has it. Throws
 * `KeysError` as `issueKey` does; 5 where the old key could not be retired.
 */
export async function rotateKey(backend: KeyBackend, rotation: Rotation): Promise<Rotated> {
  const { spec, sinks, known, nameless = false, journal, onSecret, replaces, verifies, now } = rotation;
  for (const sink of sinks) await sink.check();
  const operation = await journal.begin({
    kind: 'rotate',
    name: spec.name,
    sinks: sinks.map(({ name }) => name),
    known: known.filter(({ name }) => nameless || name === spec.name).map(({ id }) => id),
    ...(nameless && { nameless }),
    replaces,
  });
  const approve = (secret: Secret) => requireWorking(backend, secret);
  // Asking counts as a use of the key: where its end waits for that to stop, it is not asked.
  const before = verifies && !replaces.untilIdle ? await workingValueIn(sinks, backend) : undefined;
  const issued = await makeAndDeliver(makerOf(backend, rotation), spec, operation, {
    subject: aRotation,
    sinks,
    onSecret,
    ...(verifies && { approve }),
  });
  const retirement = await retire(backend, operation, now());
  const oldWorks = before && (await isWorking(backend, before));
  return {
    ...issued,
    ...retirement,
    verified: verifies,
    operation: operation.id,
    ...(oldWorks !== undefined && { oldWorks }),
  };
}

/** The value that a sink holds already, if it works: that of the old key, as far as anybody knows. */
async function workingValueIn(sinks: readonly Sink[], backend: KeyBackend): Promise<Secret | undefined> {
  for (const sink of sinks) {
    const value = await sink.read?.();
    if (value && (await isWorking(backend, value))) return value;
  }
  return undefined;
}

/** Undefined where the API gave no answer. */
async function isWorking(backend: KeyBackend, value: Secret): Promise<boolean | undefined> {
  const verdict = await backend.verify(value).catch(() => undefined);
  return verdict === undefined || verdict.reason === 'unreachable' ? undefined : verdict.valid;
}

/** By the API's own rotation where there is one, else by making a second key. */
function makerOf(backend: KeyBackend, { old, replaces, expires }: Rotation) {
  const graceSeconds = Math.max(leastGrace, Math.ceil(replaces.grace / 1000));
  return {
    create: (spec: KeySpec) =>
      backend.rotate && backend.capabilities.overlap !== 'client'
        ? backend.rotate(old, { graceSeconds, ...(expires !== undefined && { expiresAt: expires }) })
        : backend.create(spec),
    revoke: (id: string) => backend.revoke(id),
    list: () => backend.list(),
  };
}

/** Throws `KeysError` (`new_key_refused`) where the API does not accept the new key. Limits do not make it invalid. */
async function requireWorking(backend: KeyBackend, secret: Secret): Promise<void> {
  const { valid, reason, httpStatus } = await backend.verify(secret);
  if (valid) return;
  throw new KeysError({
    exit: 'failed',
    code: 'new_key_refused',
    message: `the API does not accept the new key (${reason})`,
    ...(httpStatus !== null && { httpStatus }),
  });
}

/**
 * Retires the old key of a rotation whose new one has arrived, or sees to it that it will be: at once where its time is
 * up, by an expiry where the API lets one be set, else the operation goes on waiting. Ends the operation where nothing
 * is left to do; `atOnce`: somebody has decided that its time is up. Throws `KeysError` (5, `not_retired`) where the old key goes on working although it should not.
 */
export async function retire(
  backend: KeyBackend,
  operation: Operation,
  now: Date,
  atOnce = false,
): Promise<Retirement> {
  const { replaces } = operation.plan;
  if (!replaces) throw new Error('this operation replaces no key');
  try {
    if (isRenewed(operation)) return await renewed(backend, operation, now);
    const old = await backend.get(replaces.id);
    if (!old || isOver(old)) return await over(operation, old?.expiresAt ?? now.toISOString());
    const due = atOnce ? now.getTime() : dueOf(operation, replaces, now);
    if (due !== null && due <= now.getTime()) {
      await endOf(backend, old);
      return await over(operation, now.toISOString());
    }
    const until = due === null ? null : await expiring(backend, old, new Date(due));
    if (until !== null) {
      await operation.end();
      return { oldRevoked: false, oldRevokeAt: until };
    }
    return await waiting(operation, due);
  } catch (error) {
    await operation.leave();
    throw notRetired(operation, replaces, error);
  }
}

/** The API has put a new secret into the same key: there is no other one to retire. */
function isRenewed({ plan, steps }: Operation): boolean {
  return steps.some((one) => one.step === 'created' && one.id === plan.replaces?.id);
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
  const arrived = steps.findLast(({ step }) => step === 'delivered')?.at;
  return (arrived === undefined ? now.getTime() : Date.parse(arrived)) + grace;
}

/** Revokes the key, and sees that it is. Throws `KeysError` where the API goes on calling it alive. */
export async function endOf(backend: KeyBackend, { id }: Pick<Key, 'id'>): Promise<void> {
  await backend.revoke(id);
  const after = await backend.get(id).catch(() => undefined);
  if (!after || isOver(after)) return;
  throw new KeysError({
    exit: 'failed',
    code: 'still_alive',
    message: `the API took the revocation of ${id}, and still calls it ${after.status}`,
  });
}

/** Lets the API end the key itself; null where it cannot. Gives back when it ends (RFC 3339). */
async function expiring(backend: KeyBackend, old: Key, due: Date): Promise<string | null> {
  const { reports, expiry, updateFields } = backend.capabilities;
  if (!reports.includes('expiresAt')) return null;
  // It ends before that by itself: by its own expiry, or because the API's own rotation has seen to it.
  if (old.expiresAt && Date.parse(old.expiresAt) <= due.getTime() + leastGrace * 1000) return old.expiresAt;
  if (expiry !== 'any' || !updateFields.includes('expiresAt')) return null;
  const { expiresAt } = await backend.update(old.id, { expiresAt: due });
  return expiresAt && Date.parse(expiresAt) <= due.getTime() + tolerance ? expiresAt : null;
}

/** Milliseconds by which an API may end a key later than it was told: some know only whole days. */
const tolerance = 86_400_000;

async function waiting(operation: Operation, due: number | null): Promise<Retirement> {
  const until = due === null ? null : new Date(due).toISOString();
  const last = operation.steps.at(-1);
  if (last?.step !== 'superseded') await operation.note({ step: 'superseded', until });
  await operation.rest();
  await operation.leave();
  return { oldRevoked: false, oldRevokeAt: until };
}

function notRetired({ id, plan }: Operation, replaces: Replaced, cause: unknown): KeysError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new KeysError({
    ...(cause instanceof KeysError && cause.failure),
    exit: 'unfinished',
    code: 'not_retired',
    message: `the new key ${plan.name} is delivered, but the old one, ${replaces.id}, was not retired: ${reason}`,
    hints: [`keys recover ${id}`, `keys revoke ${shellWord(replaces.id)} --yes`],
    operation: id,
    cause,
  });
}
