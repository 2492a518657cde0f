import { KeysError } from '../../base/errors.ts';
import type { Secret } from '../../base/secret.ts';
import { shellWord } from '../../base/shell-word.ts';
import type { Key } from '../key.ts';
import type { Issued, Issuing } from '../operations/issue.ts';
import { knownBefore, makeAndDeliver } from '../operations/issue.ts';
import type { Issuer, Subject } from '../operations/issuer.ts';
import type { Replaced } from '../operations/operation.ts';
import type { KeyBackend, KeySpec } from '../ports.ts';
import type { Retirement } from './retirement.ts';
import { endOfOld, leastGrace, restoreExpiry, retire, rotatesInPlace } from './retirement.ts';

export interface Rotation extends Omit<Issuing, 'subject'> {
  old: Key;
  /** The new key. */
  spec: KeySpec;
  /** The expiry that was asked for, where one was. */
  expires?: Date | null;
  replaces: Replaced;
  now: () => Date;
  warn: (text: string) => Promise<void>;
  /** Whether a value is that of a key of this account beyond doubt; absent: none is. No other value is sent to the API. */
  isOurs?: (value: Secret) => Promise<boolean>;
  /** Told the id of the operation before the new key is made. */
  onBegin?: (operation: string) => void;
}

export interface Rotated extends Issued, Retirement {
  verified: boolean;
  operation: string;
  /** Whether the value that the sinks held before works now that all is done; absent where nobody can tell. */
  oldWorks?: boolean;
}

export const rotationSubject: Subject = {
  kind: 'rotate',
  noun: 'key',
  revocation: (id) => `keys revoke ${shellWord(id)} --yes`,
};

/**
 * Puts a new key in the place of an old one, forward only: each step is written down before the next one begins, and
 * `recover` goes on where it stopped. The old key is not touched before the new one works and every sink has it. Throws
 * `KeysError` as `issueKey` does; 5 where the old key could not be retired.
 */
export async function rotateKey(backend: KeyBackend, rotation: Rotation): Promise<Rotated> {
  const { spec, sinks, known, nameless = false, journal, onSecret, replaces, now } = rotation;
  for (const sink of sinks) await sink.check(spec);
  const operation = await journal.begin({
    kind: 'rotate',
    name: spec.name,
    sinks: sinks.map(({ name }) => name),
    ...knownBefore(known, { name: spec.name, nameless }, backend),
    replaces,
  });
  rotation.onBegin?.(operation.id);
  if (backend.capabilities.overlap === 'none' && operation.escrow === undefined) {
    await rotation.warn(
      'there is no escrow: if the new key cannot be delivered, no key is left (keys doctor)',
    );
  }
  const verifies = isVerified(backend, replaces);
  // Asking counts as a use of the key: where its end waits for that to stop, it is not asked.
  const before = verifies && !replaces.untilIdle ? await workingValueIn(backend, rotation) : undefined;
  const issued = await makeAndDeliver(makerOf(backend, rotation), spec, operation, {
    subject: rotationSubject,
    sinks,
    onSecret,
    before: {
      keys: known,
      nameless,
      single: backend.capabilities.maxKeys === 1,
      ...(rotatesInPlace(backend) && { renewed: rotation.old }),
    },
    verify: (secret) => verifyNewKey(backend, replaces, secret),
  }).catch(async (error: unknown) => {
    throw await aboutOld(backend, replaces, error);
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

/**
 * The value that a sink holds already, if it works: that of the old key, as far as anybody knows. A place may hold anything,
 * such as the password of a database: only what is a key of this account is tried.
 */
async function workingValueIn(backend: KeyBackend, { sinks, isOurs }: Rotation): Promise<Secret | undefined> {
  for (const sink of sinks) {
    const value = (await sink.read?.()) ?? undefined;
    if (value && (await isOurs?.(value)) && (await isWorking(backend, value))) return value;
  }
  return undefined;
}

/** Undefined where the API gave no answer. */
async function isWorking(backend: KeyBackend, value: Secret): Promise<boolean | undefined> {
  const verdict = await backend.verify(value).catch(() => undefined);
  return verdict === undefined || verdict.reason === 'unreachable' ? undefined : verdict.valid;
}

/** A failure with what it means for the old key: where the new one is gone again, the old one gets back its time. */
async function aboutOld(backend: KeyBackend, replaces: Replaced, error: unknown): Promise<unknown> {
  if (!rotatesInPlace(backend) || !(error instanceof KeysError)) return error;
  const { failure } = error;
  const said =
    failure.code === 'delivery_failed'
      ? await restoreExpiry(backend, replaces)
      : await endOfOld(backend, replaces);
  return said === undefined
    ? error
    : new KeysError({ ...failure, message: `${failure.message}; ${said}`, cause: error });
}

/** By the API's own rotation where there is one, else by making a second key. */
function makerOf(backend: KeyBackend, { old, replaces, expires }: Rotation): Issuer<KeySpec> {
  const graceSeconds = Math.max(leastGrace, Math.ceil(replaces.grace / 1000));
  return {
    create: (spec: KeySpec) =>
      backend.rotateInPlace && rotatesInPlace(backend)
        ? backend.rotateInPlace(old, { graceSeconds, ...(expires !== undefined && { expiresAt: expires }) })
        : backend.create(spec),
    revoke: (id: string) => backend.revoke(id),
    list: () => backend.list(),
    get: (id: string) => backend.get(id),
    capabilities: backend.capabilities,
    ...(backend.callLimit !== undefined && { callLimit: backend.callLimit }),
    clockAhead: () => backend.clockAhead?.(),
    identify: async (secret: Secret) => backend.identify?.(secret),
  };
}

/** Whether the new key is shown to work before anybody gets it. */
export function isVerified({ capabilities }: KeyBackend, { unverified }: Replaced): boolean {
  return capabilities.verify && !unverified;
}

/**
 * Sees that the new key works, before any place gets it in place of one that does. Throws `KeysError`
 * (`new_key_refused`) where the API does not accept it. Limits do not make it invalid.
 */
export async function verifyNewKey(backend: KeyBackend, replaces: Replaced, secret: Secret): Promise<void> {
  if (!isVerified(backend, replaces)) return;
  const { valid, reason, httpStatus } = await backend.verify(secret);
  if (valid) return;
  throw new KeysError({
    code: 'new_key_refused',
    message: `the API does not accept the new key (${reason})`,
    ...(httpStatus !== null && { httpStatus }),
  });
}
