import { KeysError, shellWord } from '../errors.ts';
import type { Secret } from '../secret.ts';
import type { Key } from './key.ts';
import type { Delivered, KeyBackend, KeySpec, Sink } from './ports.ts';

export interface Issued {
  key: Key;
  delivered: Delivered[];
}

export interface Issuing {
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
export async function issueKey(
  backend: KeyBackend,
  spec: KeySpec,
  { sinks, known, onSecret }: Issuing,
): Promise<Issued> {
  for (const sink of sinks) await sink.check();
  const { key, secret } = await backend.create(spec).catch(async (error: unknown) => {
    throw isUncertain(error) ? await lost(backend, spec.name, known, error) : error;
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
    throw await undelivered(backend, key, delivered, current, cause);
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
  backend: KeyBackend,
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
      hints: [
        `keys revoke ${shellWord(key.id)} --yes`,
        `the key works; copy its secret from ${holders[0]} or revoke it`,
      ],
      cause,
    });
  }
  const isRevoked = await backend.revoke(key.id).catch(() => false);
  if (!isRevoked) {
    return new KeysError({
      exit: 'unfinished',
      code: 'orphan_key',
      message: `the secret was not delivered${to} (${reason}), and the new key ${key.id} could not be revoked`,
      hints: [`keys revoke ${shellWord(key.id)} --yes`],
      cause,
    });
  }
  return new KeysError({
    exit: 'failed',
    code: 'delivery_failed',
    message: `the secret was not delivered${to}: ${reason}; the new key ${key.id} was revoked again`,
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
  backend: KeyBackend,
  name: string,
  known: readonly Key[],
  cause: KeysError,
): Promise<KeysError> {
  const before = new Set(known.map(({ id }) => id));
  const after = await backend.list().catch(() => undefined);
  const made = after?.filter((key) => key.name === name && !before.has(key.id)) ?? [];
  const hints = made.map(({ id }) => `keys revoke ${shellWord(id)} --yes`);
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
