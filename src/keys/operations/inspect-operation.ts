import { KeysError } from '../../base/errors.ts';
import type { Secret } from '../../base/secret.ts';
import type { Key } from '../key.ts';
import { unidentified } from '../key.ts';
import type { Sink } from '../ports.ts';
import { accountOf, afterLoss } from './after-loss.ts';
import type { Arrival } from './arrival.ts';
import { arrivalOf } from './arrival.ts';
import { candidatesIn, isOver } from './candidates.ts';
import type { EscrowedSecret, Operation } from './operation.ts';
import type { Account, RecoveryState } from './recovery-state.ts';

/**
 * The state of an operation, by its escrow, its sinks and the existing keys; `places` are the sinks that could be opened.
 * Throws `KeysError` if one of them cannot be read and the state depends on it.
 */
export async function inspectOperation(
  operation: Operation,
  account: Account,
  places: readonly Sink[],
): Promise<RecoveryState> {
  const { held, damage } = await escrowOf(operation);
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
  // A secret at hand is delivered even if the API cannot be reached: nothing is lost by it.
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
async function escrowOf(operation: Operation): Promise<{ held?: EscrowedSecret; damage?: string }> {
  try {
    const held = await operation.readEscrow();
    return held ? { held } : {};
  } catch (error) {
    if (!(error instanceof KeysError) || error.failure.code !== 'escrow_damaged') throw error;
    return { damage: error.message };
  }
}

/** The key of an id; `gone`: certainly; `unlisted`: the list does not show it. */
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

/** The process ended before the key of the secret was found, or the API does not tell which it is. */
async function unnamed(
  operation: Operation,
  account: Account,
  arrival: Arrival,
  held: EscrowedSecret | undefined,
): Promise<RecoveryState> {
  const name = held?.name ?? operation.plan.name;
  const secret = held?.secret ?? arrival.found?.secret;
  if (!secret && arrival.holders.length === 0) return afterLoss(operation, account);
  const keys = await account.list().catch(() => []);
  const { certain } = candidatesIn(keys, operation, accountOf(account));
  const key: Key = { ...(certain ?? { id: unidentified, status: 'unknown' as const }), name };
  if (secret) return deliverable(key, secret, arrival, held);
  return { kind: 'unclear', key, holders: arrival.holders };
}
