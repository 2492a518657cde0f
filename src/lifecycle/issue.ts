import { KeysError, shellWord } from '../errors.ts';
import type { Secret } from '../secret.ts';
import type { Key } from './key.ts';
import type { Delivered, KeyBackend, KeySpec, Sink } from './ports.ts';

export interface Issued {
  key: Key;
  delivered: Delivered[];
}

/**
 * Makes a key and hands its secret to every sink, in order. All sinks are checked before the key exists. If a delivery
 * fails, a key that no sink holds is revoked again (exit 1); one that a sink can be shown to hold is kept (exit 5).
 * `onSecret` runs first of all with the new secret.
 */
export async function issueKey(
  backend: KeyBackend,
  spec: KeySpec,
  sinks: readonly Sink[],
  onSecret: (secret: Secret) => Promise<void>,
): Promise<Issued> {
  for (const sink of sinks) await sink.check();
  const { key, secret } = await backend.create(spec);
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
