import { KeysError } from '../../base/errors.ts';
import type { Secret } from '../../base/secret.ts';
import type { Key } from '../key.ts';
import { unidentified } from '../key.ts';
import type { Sink } from '../ports.ts';
import { accountOf, afterLoss } from './after-loss.ts';
import { afterSending } from './after-sending.ts';
import type { Arrival } from './arrival.ts';
import { arrivalOf } from './arrival.ts';
import { candidatesIn, isOver } from './candidates.ts';
import type { EscrowedSecret, Operation } from './operation.ts';
import { creationIn, sendingIn } from './operation.ts';
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
  const { escrowedSecret, damage } = await escrowOf(operation);
  const creation = creationIn(operation.steps);
  const unanswered = await stateBeforeAnswer(operation, account, { escrowedSecret, damage });
  if (unanswered) return unanswered;
  const arrival = await arrivalOf(operation, places);
  const id = escrowedSecret?.id || creation?.id || unidentified;
  const secret = escrowedSecret?.secret ?? arrival.foundSecret?.secret;
  if (arrival.leftSinks.length === 0)
    return { kind: 'settled', reason: 'delivered', ...(id && { id }), ...(secret && { secret }) };
  if (damage && !arrival.foundSecret)
    return { kind: 'damaged', key: { id, name: operation.plan.name }, reason: damage };
  if (id === unidentified) return unnamed(operation, account, arrival, escrowedSecret);
  // A secret at hand is delivered even if the API cannot be reached: nothing is lost by it.
  const key = await lookUp(account, id).catch((error: unknown) => {
    if (secret) return undefined;
    throw error;
  });
  if (key === 'gone') return { kind: 'settled', reason: 'key-gone', id, isAbsent: true };
  if (key && key !== 'unlisted' && isOver(key)) return { kind: 'settled', reason: 'key-gone', id };
  const name = escrowedSecret?.name ?? operation.plan.name;
  if (secret) {
    const isUnlisted = key === 'unlisted';
    const namedKey: Key = { status: 'unknown', ...(isUnlisted ? {} : key), id, name };
    return { ...deliverable(namedKey, secret, arrival, escrowedSecret), ...(isUnlisted && { isUnlisted }) };
  }
  if (arrival.holders.length > 0) return { kind: 'unclear', key: { id, name }, holders: arrival.holders };
  if (id === operation.plan.replaces?.id) return { kind: 'renewed', key: { id, name }, isCertain: true };
  return { kind: 'undeliverable', key: { id, name }, isTold: true };
}

/** The state if nothing of the answer of the API was recorded; else undefined. */
async function stateBeforeAnswer(
  operation: Operation,
  account: Account,
  { escrowedSecret, damage }: EscrowContent,
): Promise<RecoveryState | undefined> {
  const { steps } = operation;
  const isAnswered = creationIn(steps) !== undefined || Boolean(escrowedSecret?.id);
  // Of an earlier attempt, the secret may still be in escrow.
  if (!isAnswered && steps.some(({ step }) => step === 'sending'))
    return afterSending(operation, account, sendingIn(steps) && escrowedSecret?.secret);
  const isRecorded = isAnswered || escrowedSecret || damage;
  return isRecorded ? undefined : afterLoss(operation, account);
}

interface EscrowContent {
  escrowedSecret?: EscrowedSecret | undefined;
  damage?: string | undefined;
}

/** What is in escrow, or why it cannot be trusted. */
async function escrowOf(operation: Operation): Promise<EscrowContent> {
  try {
    const escrowedSecret = await operation.readEscrow();
    return escrowedSecret ? { escrowedSecret } : {};
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

function deliverable(
  key: Key,
  secret: Secret,
  { leftSinks, foundSecret }: Arrival,
  escrowedSecret: EscrowedSecret | undefined,
) {
  return {
    kind: 'deliverable' as const,
    key,
    secret,
    sinks: leftSinks,
    ...(!escrowedSecret && foundSecret && { from: foundSecret.sink }),
  };
}

/** The process ended before the key of the secret was found, or the API does not tell which it is. */
async function unnamed(
  operation: Operation,
  account: Account,
  arrival: Arrival,
  escrowedSecret: EscrowedSecret | undefined,
): Promise<RecoveryState> {
  const name = escrowedSecret?.name ?? operation.plan.name;
  const secret = escrowedSecret?.secret ?? arrival.foundSecret?.secret;
  if (!secret && arrival.holders.length === 0) {
    const state = await afterLoss(operation, account);
    const isNothing = state.kind === 'settled' && state.reason === 'nothing-made';
    // The API has issued a secret: a key that is not listed exists all the same.
    return isNothing ? { kind: 'ambiguous', candidates: [], isUnlisted: true } : state;
  }
  const keys = await account.list([operation.plan.name]).catch(() => []);
  const { certain } = candidatesIn(keys, operation, accountOf(account));
  const key: Key = { ...(certain ?? { id: unidentified, status: 'unknown' as const }), name };
  if (secret) return deliverable(key, secret, arrival, escrowedSecret);
  return { kind: 'unclear', key, holders: arrival.holders };
}
