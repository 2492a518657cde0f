import { KeysError, shellWord } from '../errors.ts';
import type { Secret } from '../secret.ts';
import type { Key } from './key.ts';
import type { Delivered, KeyBackend, Sink } from './ports.ts';

export interface Issued {
  key: Key;
  delivered: Delivered[];
}

/** Makes what has a secret, and takes it back. */
export interface Issuer<Spec extends { name: string }> {
  create(spec: Spec): Promise<{ key: Key; secret: Secret }>;
  revoke(id: string): Promise<boolean>;
  /** All that there are; looked through where a reply was lost. */
  list(): Promise<readonly Key[]>;
}

/** What is issued, for messages, and the command that revokes it. */
export interface Subject {
  noun: string;
  revocation: (id: string) => string;
}

const aKey: Subject = { noun: 'key', revocation: (id) => `keys revoke ${shellWord(id)} --yes` };

export interface Issuing {
  /** Absent: a key. */
  subject?: Subject;
  /** Where the secret goes, in order. */
  sinks: readonly Sink[];
  /** The keys that there were before. */
  known: readonly Key[];
  /** Runs first of all with the new secret. */
  onSecret: (secret: Secret) => Promise<void>;
}

/**
 * Makes a key and hands its secret to every sink, in order. All sinks are checked before the key exists. If a delivery
 * fails, a key that no sink holds is revoked again (exit 1); one that a sink can be shown to hold is kept (exit 5).
 * Where the reply of the API is lost, the keys are looked through for one that nobody has the secret of (exit 5).
 */
export async function issueKey<Spec extends { name: string }>(
  backend: Issuer<Spec>,
  spec: Spec,
  { subject = aKey, sinks, known, onSecret }: Issuing,
): Promise<Issued> {
  for (const sink of sinks) await sink.check();
  const { key, secret } = await backend.create(spec).catch(async (error: unknown) => {
    throw isUncertain(error) ? await lost(backend, subject, spec.name, known, error) : error;
  });
  const delivered: Delivered[] = [];
  let current: Sink | undefined;
  try {
    await onSecret(secret);
    for (const sink of sinks) {
      current = sink;
      await sink.deliver({ secret, key, delivered });
      delivered.push({ sink: sink.name, verified: await confirm(sink, secret) });
    }
  } catch (cause) {
    throw await undelivered(backend, subject, key, delivered, current, cause);
  }
  return { key, delivered };
}

async function confirm(sink: Sink, secret: Secret): Promise<boolean> {
  if (!sink.readBack) return false;
  if (await sink.readBack(secret)) return true;
  throw new KeysError({
    exit: 'failed',
    code: 'read_back_failed',
    message: `what ${sink.name} holds is not the secret that was delivered`,
  });
}

/** The failure to report, after the world was put in order. */
async function undelivered(
  backend: Pick<KeyBackend, 'revoke'>,
  { noun, revocation }: Subject,
  key: Key,
  delivered: readonly Delivered[],
  failed: Sink | undefined,
  cause: unknown,
): Promise<KeysError> {
  const to = failed ? ` to ${failed.name}` : '';
  const reason = cause instanceof Error ? cause.message : String(cause);
  const holders = delivered.filter(({ verified }) => verified).map(({ sink }) => sink);
  if (holders.length > 0) {
    return new KeysError({
      exit: 'unfinished',
      code: 'partly_delivered',
      message: `the secret of ${key.name} (${key.id}) is in ${holders.join(', ')} but was not delivered${to}: ${reason}`,
      hints: [revocation(key.id), `the ${noun} works; copy its secret from ${holders[0]} or revoke it`],
      cause,
    });
  }
  const isRevoked = await backend.revoke(key.id).catch(() => false);
  if (!isRevoked) {
    return new KeysError({
      exit: 'unfinished',
      code: 'orphan_key',
      message: `the secret was not delivered${to} (${reason}), and the new ${noun} ${key.id} could not be revoked`,
      hints: [revocation(key.id)],
      cause,
    });
  }
  return new KeysError({
    exit: 'failed',
    code: 'delivery_failed',
    message: `the secret was not delivered${to}: ${reason}; the new ${noun} ${key.id} was revoked again`,
    hints: causeHints(cause),
    cause,
  });
}

function causeHints(cause: unknown): readonly string[] {
  return cause instanceof KeysError ? (cause.failure.hints ?? []) : [];
}

/** Whether the key may have been made all the same. */
function isUncertain(error: unknown): error is KeysError {
  if (!(error instanceof KeysError)) return false;
  const { code, httpStatus = 0 } = error.failure;
  return code === 'reply_lost' || httpStatus >= 500;
}

/** What became of a create whose reply was lost: by name, among the keys that were not there before. Nothing is ended. */
async function lost(
  backend: Pick<Issuer<never>, 'list'>,
  { revocation }: Subject,
  name: string,
  known: readonly Key[],
  cause: KeysError,
): Promise<KeysError> {
  const before = new Set(known.map(({ id }) => id));
  const after = await backend.list().catch(() => undefined);
  const made = after?.filter((key) => key.name === name && !before.has(key.id)) ?? [];
  const hints = made.map(({ id }) => revocation(id));
  if (made.length > 0) {
    const ids = made.map(({ id }) => id).join(', ');
    return uncertain(cause, `${cause.message}; nobody has the secret of the new key ${ids}`, hints);
  }
  if (!after)
    return uncertain(cause, `${cause.message}; a key named ${name} may have been made`, ['keys list']);
  return new KeysError({
    ...cause.failure,
    message: `${cause.message}; no new key of that name is listed`,
    cause,
  });
}

function uncertain(cause: KeysError, message: string, hints: readonly string[]): KeysError {
  return new KeysError({ ...cause.failure, exit: 'unfinished', code: 'reply_lost', message, hints, cause });
}
