import { KeysError, usageError } from '../../base/errors.ts';
import type { Secret } from '../../base/secret.ts';
import { monotonicMs } from '../../platform/monotonic.ts';
import { directly } from '../../platform/permits.ts';
import type { BeforeSending } from '../before-sending.ts';
import type { Key } from '../key.ts';
import type { Issued, Issuing } from '../operations/issue.ts';
import { createAndDeliver, knownBefore } from '../operations/issue.ts';
import type { Issuer, Subject } from '../operations/issuer.ts';
import { keySubject } from '../operations/issuer.ts';
import type { Operation, Plan, Replaced } from '../operations/operation.ts';
import { plannedSpec } from '../operations/planned-spec.ts';
import type { KeyBackend, KeySpec } from '../ports.ts';
import { maxSeenMs } from './look-ahead.ts';
import type { Retirement } from './retirement.ts';
import { endOfOld, graceSecondsFor, restoreExpiry, retire, rotatesInPlace } from './retirement.ts';
import { revokeOld } from './revoke-first.ts';
import type { Pace } from './services.ts';
import { isVerified, verifyNewKey } from './verify-new-key.ts';

export interface Rotation extends Omit<Issuing, 'subject'> {
  old: Key;
  /** When the API reported it, as `monotonicMs`; absent: it was listed. */
  seenAt?: number;
  /** The new key. */
  spec: KeySpec;
  /** The requested expiry; absent: none was requested. */
  expires?: Date | null;
  replaces: Replaced;
  now: () => Date;
  /** Absent: it leaves no room for others. */
  pace?: Pace;
  /** If the new key cannot be delivered, no key is left. */
  onNoEscrow: () => Promise<void>;
  /** Called with the id of the new key once the old one is retired, or its end is set. */
  onReplaced?: (newId: string) => void;
  /** Throws `KeysError` if the key that was created beside the old one must not stay. */
  requireFirst?: (key: Key) => Promise<void>;
  /** Whether a value is that of a key of this account beyond doubt; absent: none is. No other value is sent to the API. */
  isOurs?: (value: Secret) => Promise<boolean>;
}

export interface Rotated extends Issued, Retirement {
  verified: boolean;
  operation: string;
  /** Whether the value that the sinks held before works now that all is done; absent if that is not known. */
  oldWorks?: boolean;
}

const alone: Pace = { aside: directly, deliver: directly, concurrency: 1 };

export const rotationSubject: Subject = { ...keySubject, kind: 'rotate' };

/**
 * Replaces an old key with a new one, forward only: each step is written down before the next one begins, and `recover`
 * continues where it stopped. The old key is not touched before the new one works and every sink has it. Throws
 * `KeysError` as `issueKey` does; 5 if the old key could not be retired.
 */
export async function rotateKey(backend: KeyBackend, rotation: Rotation): Promise<Rotated> {
  const { spec, sinks, known, nameless = false, journal, onSecret, replaces, now } = rotation;
  const { aside, deliver } = rotation.pace ?? alone;
  const plan: Plan = {
    kind: 'rotate',
    name: spec.name,
    sinks: sinks.map(({ name }) => name),
    ...knownBefore(known, { name: spec.name, nameless }, backend),
    replaces,
    ...(replaces.revokedFirst && { spec: plannedSpec(spec) }),
  };
  const operation = await aside(async () => {
    await deliver(async () => {
      for (const sink of sinks) await sink.check(spec);
    });
    return journal.begin(plan);
  });
  if (replaces.revokedFirst && operation.escrow === undefined) {
    await operation.end();
    throw withoutEscrow(replaces);
  }
  if (backend.capabilities.overlap === 'none' && operation.escrow === undefined) await rotation.onNoEscrow();
  const verifies = isVerified(backend, replaces);
  // Verifying a key counts as a use of it: a key that is retired once it is idle is not verified.
  const before = verifies && !replaces.untilIdle ? await workingValueIn(backend, rotation) : undefined;
  if (replaces.revokedFirst) await endOldFirst(backend, operation);
  const issued = await createAndDeliver(issuerFor(backend, rotation), spec, operation, {
    subject: rotationSubject,
    sinks,
    onSecret,
    aside,
    deliver,
    before: {
      keys: known,
      nameless,
      single: backend.capabilities.maxKeys === 1,
      ...(rotatesInPlace(backend) && { renewed: rotation.old }),
    },
    verify: async (secret, key) => {
      if (key.id !== replaces.id && !replaces.revokedFirst) await rotation.requireFirst?.(key);
      await verifyNewKey(backend, replaces, secret);
    },
  }).catch(async (error: unknown) => {
    throw await withOldKey(backend, replaces, error);
  });
  const seen = justSeen(backend, rotation);
  const retirement = await retire(backend, operation, now(), { ...seen, aside, delivered: issued.delivered });
  rotation.onReplaced?.(issued.key.id);
  const oldWorks = before && (await isWorking(backend, before));
  return {
    ...issued,
    ...retirement,
    verified: verifies,
    operation: operation.id,
    ...(oldWorks !== undefined && { oldWorks }),
  };
}

/** The old key need not be looked at again so soon, if creating a key changes no other. */
function justSeen({ capabilities }: KeyBackend, { old, seenAt }: Rotation): { old?: Key } {
  const isFresh = seenAt !== undefined && monotonicMs() - seenAt < maxSeenMs;
  return isFresh && capabilities.overlap === 'client' ? { old } : {};
}

/** A new secret without an escrow could be lost when no other key works. */
function withoutEscrow({ id }: Replaced): KeysError {
  return usageError(
    `the API allows one key, so ${id} has to be revoked before the new key exists: that needs an escrow for the new secret, and there is none; nothing was changed`,
    'set up an escrow: keys doctor',
  );
}

/** Revokes the old key before the new one exists. Throws `KeysError`: 5 if it is not certain that the old key works. */
async function endOldFirst(backend: KeyBackend, operation: Operation): Promise<void> {
  const refusal = await revokeOld(backend, operation).catch(async (error: unknown) => {
    await operation.leave();
    const failure = error instanceof KeysError ? error.failure : undefined;
    const reason = error instanceof Error ? error.message : String(error);
    throw new KeysError({
      ...failure,
      exit: 'unfinished',
      code: 'rotation_unfinished',
      message: `${reason}; whether the old key ${operation.plan.replaces?.id} still works is not known, and no new key was created`,
      hints: [...(failure?.hints ?? []), `keys recover ${operation.id}`],
      operation: operation.id,
      cause: error,
    });
  });
  if (!refusal) return;
  await operation.end();
  throw refusal;
}

/**
 * The value that a sink holds already, if it works: as far as can be known, that of the old key. A sink may hold anything,
 * such as the password of a database: only a key of this account is tried.
 */
async function workingValueIn(backend: KeyBackend, { sinks, isOurs }: Rotation): Promise<Secret | undefined> {
  for (const sink of sinks) {
    const value = (await sink.read?.()) ?? undefined;
    if (value && (await isOurs?.(value)) && (await isWorking(backend, value))) return value;
  }
  return undefined;
}

/** Undefined if the API gave no answer. */
async function isWorking(backend: KeyBackend, value: Secret): Promise<boolean | undefined> {
  const verdict = await backend.verify(value).catch(() => undefined);
  return verdict === undefined || verdict.reason === 'unreachable' ? undefined : verdict.valid;
}

/** A failure with what it means for the old key: once the new key is gone again, the old one gets its expiry back. */
async function withOldKey(backend: KeyBackend, replaces: Replaced, error: unknown): Promise<unknown> {
  if (!rotatesInPlace(backend) || !(error instanceof KeysError)) return error;
  const { failure } = error;
  const oldKey =
    failure.code === 'delivery_failed'
      ? await restoreExpiry(backend, replaces)
      : await endOfOld(backend, replaces);
  return oldKey === undefined
    ? error
    : new KeysError({ ...failure, message: `${failure.message}; ${oldKey}`, cause: error });
}

/** By the API's own rotation if it has one, else by creating a second key. */
function issuerFor(backend: KeyBackend, { old, replaces, expires }: Rotation): Issuer<KeySpec> {
  const graceSeconds = graceSecondsFor(backend, replaces);
  return {
    create: (spec: KeySpec, beforeSending?: BeforeSending) =>
      backend.rotateInPlace && rotatesInPlace(backend)
        ? backend.rotateInPlace(
            old,
            {
              graceSeconds,
              sameSpan: spec.expiresAt,
              ...(expires !== undefined && { expiresAt: expires }),
            },
            beforeSending,
          )
        : backend.create(spec, beforeSending),
    revoke: (id: string) => backend.revoke(id),
    list: (references) => backend.list(references),
    get: (id: string) => backend.get(id),
    capabilities: backend.capabilities,
    ...(backend.callLimit !== undefined && { callLimit: backend.callLimit }),
    clockAhead: () => backend.clockAhead?.(),
    identify: async (secret: Secret) => backend.identify?.(secret),
  };
}
