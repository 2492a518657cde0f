import { KeysError } from '../../base/errors.ts';
import type { Secret } from '../../base/secret.ts';
import type { Key } from '../key.ts';
import { unidentified } from '../key.ts';
import type { Delivered, Sink } from '../ports.ts';
import { accountOf, afterLoss } from './after-loss.ts';
import type { Arrival } from './arrival.ts';
import { arrivalOf } from './arrival.ts';
import { candidatesIn, isOver } from './candidates.ts';
import { deliverTo, holds } from './deliver.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { Issuer } from './issue.ts';
import type { EscrowedSecret, Operation } from './operation.ts';

/** Where an operation stands, and with that what can be done about it. */
export type Standing =
  /** No key of it is live, or every sink has its secret: it can be ended. */
  | {
      kind: 'settled';
      reason: 'nothing-made' | 'key-gone' | 'delivered';
      id?: string;
      /** The API does not know the key, which it may not know yet. */
      isAbsent?: true;
      /** What was delivered, where it can still be read. */
      secret?: Secret;
    }
  /** The secret is there, in escrow or in a sink; these sinks do not have it yet. */
  | {
      kind: 'deliverable';
      key: Key;
      secret: Secret;
      sinks: readonly string[];
      /** The sink that it was read from; absent: it is in escrow. */
      from?: string;
      /** The API does not list the key, which need not mean that it is gone. */
      isUnlisted?: boolean;
    }
  /** There is a key, and its secret is gone: no sink can have it. */
  | { kind: 'undeliverable'; key: Named; isTold: boolean }
  /** There is a key, and these sinks have its secret or may have it. */
  | { kind: 'unclear'; key: Named; holders: readonly string[] }
  /** There may be a key, and what is in escrow is not the secret that was put there. No place is known to have it. */
  | { kind: 'damaged'; key: Named; reason: string }
  /** The API has put a new secret in the place of this key's, or may have, and the secret is gone. */
  | { kind: 'renewed'; key: Named; isCertain: boolean }
  /** The reply was lost, and each of these may be the key: only a person can tell. */
  | { kind: 'ambiguous'; candidates: readonly Key[] };

export type Named = Pick<Key, 'id' | 'name'>;

/** What is asked about the keys that there are. */
export type Account = Pick<Issuer<never>, 'list' | 'get' | 'capabilities' | 'callLimit' | 'clockAhead'>;

/**
 * Looks at the escrow, at the places and at the keys that there are; `places` are the sinks of the operation that could
 * be opened. Throws `KeysError` where one of them cannot be asked and what to do depends on it.
 */
export async function standingOf(
  operation: Operation,
  account: Account,
  places: readonly Sink[],
): Promise<Standing> {
  const { held, damage } = await heldBy(operation);
  const created = operation.steps.findLast((one) => one.step === 'created');
  if (!held && !created && !damage) return afterLoss(operation, account);
  const arrival = await arrivalOf(operation, places);
  const id = held?.id || created?.id || unidentified;
  const secret = held?.secret ?? arrival.found?.secret;
  if (arrival.left.length === 0)
    return { kind: 'settled', reason: 'delivered', ...(id && { id }), ...(secret && { secret }) };
  if (damage && !arrival.found)
    return { kind: 'damaged', key: { id, name: operation.plan.name }, reason: damage };
  if (id === unidentified) return unnamed(operation, account, arrival, held);
  // What is at hand is delivered even where the API cannot be asked: nothing is lost by it.
  const key = await lookUp(account, id).catch((error: unknown) => {
    if (secret) return undefined;
    throw error;
  });
  if (key === 'gone') return { kind: 'settled', reason: 'key-gone', id, isAbsent: true };
  if (key && key !== 'unlisted' && isOver(key)) return { kind: 'settled', reason: 'key-gone', id };
  const name = held?.name ?? operation.plan.name;
  if (secret) {
    const isUnlisted = key === 'unlisted';
    const named: Key = { status: 'unknown', ...(isUnlisted ? {} : key), id, name };
    return { ...deliverable(named, secret, arrival, held), ...(isUnlisted && { isUnlisted }) };
  }
  if (arrival.holders.length > 0) return { kind: 'unclear', key: { id, name }, holders: arrival.holders };
  if (id === operation.plan.replaces?.id) return { kind: 'renewed', key: { id, name }, isCertain: true };
  return { kind: 'undeliverable', key: { id, name }, isTold: true };
}

/** What is in escrow, or why it cannot be trusted. */
async function heldBy(operation: Operation): Promise<{ held?: EscrowedSecret; damage?: string }> {
  try {
    const held = await operation.readEscrow();
    return held ? { held } : {};
  } catch (error) {
    if (!(error instanceof KeysError) || error.failure.code !== 'escrow_damaged') throw error;
    return { damage: error.message };
  }
}

/** The key of an id; `gone` where it certainly is, `unlisted` where a list is all that tells. */
async function lookUp(account: Account, id: string): Promise<Key | 'gone' | 'unlisted'> {
  const key = await account.get(id);
  return key ?? (account.capabilities.show ? 'gone' : 'unlisted');
}

function deliverable(key: Key, secret: Secret, { left, found }: Arrival, held: EscrowedSecret | undefined) {
  return {
    kind: 'deliverable' as const,
    key,
    secret,
    sinks: left,
    ...(!held && found && { from: found.sink }),
  };
}

/** The key of the secret was not found before the process ended, or the API does not tell which it is. */
async function unnamed(
  operation: Operation,
  account: Account,
  arrival: Arrival,
  held: EscrowedSecret | undefined,
): Promise<Standing> {
  const name = held?.name ?? operation.plan.name;
  const secret = held?.secret ?? arrival.found?.secret;
  if (!secret && arrival.holders.length === 0) return afterLoss(operation, account);
  const keys = await account.list().catch(() => []);
  const { certain } = candidatesIn(keys, operation, accountOf(account));
  const key: Key = { ...(certain ?? { id: unidentified, status: 'unknown' as const }), name };
  if (secret) return deliverable(key, secret, arrival, held);
  return { kind: 'unclear', key, holders: arrival.holders };
}

/**
 * Goes on where a delivery stopped: each sink that turns out to hold the secret already is left as it is, so that
 * nothing is delivered twice where that can be seen. Throws what a sink throws; the secret then stays in escrow.
 */
export async function redeliver(
  operation: Operation,
  { key, secret }: { key: Key; secret: Secret },
  sinks: readonly Sink[],
  onSecret: (secret: Secret) => Promise<void>,
): Promise<Delivered[]> {
  await onSecret(secret);
  for (const sink of sinks) await sink.check(key);
  // The process may have died before it could say which key the secret in escrow is of: what comes later asks for that.
  if (!operation.steps.some(({ step }) => step === 'created'))
    await operation.note({ step: 'created', id: key.id, fingerprint: fingerprintOf(secret) });
  const delivered: Delivered[] = [];
  for (const sink of sinks) {
    const isThere = await holds(sink, secret);
    if (!isThere) await operation.note({ step: 'delivering', sink: sink.name });
    delivered.push(
      isThere ? { sink: sink.name, verified: true } : await deliverTo(sink, { secret, key, delivered }),
    );
    await operation.note({ step: 'delivered', ...(delivered.at(-1) as Delivered) });
  }
  return delivered;
}
