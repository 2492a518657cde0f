import { isStop, KeysError, usageError } from '../../base/errors.ts';
import type { Key } from '../key.ts';
import { unidentified } from '../key.ts';
import { awaitState } from './await-state.ts';
import { complete, goesForward, revokeCreated, worksUntil } from './complete.ts';
import { createAgain, isWithoutKey } from './create-again.ts';
import { decide } from './decision.ts';
import { deliverWaiting } from './deliver-waiting.ts';
import type { OpenOperation } from './open-operation.ts';
import type { Operation } from './operation.ts';
import { isWaiting } from './operation.ts';
import type { Conclusion, Outcome } from './outcome.ts';
import { concluded, describe } from './outcome.ts';
import type { Recovery, RecoveryChoice, RecoveryMode, RecoveryServices } from './recovery.ts';
import type { RecoveryState } from './recovery-state.ts';

/**
 * Brings an operation as far towards its end as the choice allows; undefined: the secret was printed, and everything is
 * said. With `isOne` it throws `KeysError` if it fails; else the failure is the reason why the operation is open.
 */
export async function recoverOperation(
  services: RecoveryServices,
  open: OpenOperation,
  choice: RecoveryChoice,
  mode: RecoveryMode,
): Promise<Outcome | undefined> {
  const operation = await services.claim(open);
  if (!operation)
    return { ...describe(open), outcome: 'open', reason: 'another keys process is working on it' };
  try {
    const places = await services.recordedSinks(open.header);
    // A process that was killed may have left half a delivery behind, with the secret in it.
    for (const place of places) await place.removeLeftovers?.();
    const issuer = await services.issuerOf(open.header);
    const recovery = { services, open, operation, issuer, choice, places, ...mode };
    const conclusion = await conclude(recovery);
    return conclusion && concluded(open, conclusion);
  } catch (error) {
    if (!(error instanceof KeysError) || isStop(error)) throw error;
    if (mode.isOne) throw stillOpen(open, error);
    const [hint] = error.failure.hints ?? [];
    return { ...describe(open), outcome: 'open', reason: [error.message, hint].filter(Boolean).join('; ') };
  } finally {
    await operation.leave();
  }
}

/** A refusal of the request keeps its exit code; everything else means that the operation is unfinished. */
function stillOpen({ header: { id } }: OpenOperation, error: KeysError): KeysError {
  const { failure } = error;
  if (failure.exit === 'usage' || failure.exit === 'auth') return error;
  const hints = [...(failure.hints ?? []), `keys recover ${id}`];
  return new KeysError({ ...failure, exit: 'unfinished', hints, operation: id, cause: error });
}

async function conclude(recovery: Recovery): Promise<Conclusion | undefined> {
  const { services, choice, operation } = recovery;
  if (isWaiting(operation, services.now) && !choice.keep)
    return { outcome: 'waiting', reason: waitReason(operation) };
  const state = await awaitState(recovery);
  if (state.kind === 'pending') {
    const reason = `the API may still be working on it: try again after ${state.until}`;
    return { outcome: 'open', reason };
  }
  if (state.kind === 'deliverable') {
    if (choice.keep)
      throw usageError('--keep would lose the secret, which is in escrow: deliver it with --to');
    if (!choice.revoke) return deliverWaiting(recovery, state);
    if (state.isUnlisted && state.key.id === unidentified) return giveUp(recovery);
    return revokeCreated(recovery, state.key);
  }
  if (choice.keep) {
    await operation.end();
    return { outcome: 'kept' };
  }
  if (state.kind !== 'settled') {
    const conclusion = await decide(recovery, state);
    return conclusion.outcome === 'revoked' && goesForward(recovery) ? createAgain(recovery) : conclusion;
  }
  if (isWithoutKey(recovery, state)) return createAgain(recovery);
  const isWantedElsewhere = choice.to.length > 0 || choice.secretOnly;
  if (state.reason === 'delivered' && isWantedElsewhere) return deliverAgain(recovery, state);
  return finish(recovery, state);
}

/** No key is listed that could be revoked, and the user wants none. */
async function giveUp({ services, operation }: Recovery): Promise<Conclusion> {
  services.startMutation();
  await operation.end();
  return { outcome: 'ended', reason: 'its secret was given up; the API lists no key of it' };
}

/** Every sink has the secret, and another place is to have it too: that works if one of the sinks can be read. */
async function deliverAgain(
  recovery: Recovery,
  { id = unidentified, secret }: Settled,
): Promise<Conclusion | undefined> {
  const { operation, rotates } = recovery;
  const { name, sinks } = operation.plan;
  if (secret) {
    const key: Key = { id, name, status: 'unknown' };
    return deliverWaiting(recovery, { kind: 'deliverable', key, secret, sinks: [] });
  }
  // The rotation that runs this recovery creates another key for that place.
  if (rotates) return finish(recovery, { kind: 'settled', reason: 'delivered', id });
  throw new KeysError({
    code: 'not_readable',
    message: `the secret of ${name} is in ${sinks.join(' and ')}, and cannot be read from there`,
  });
}

type Settled = Extract<RecoveryState, { kind: 'settled' }>;

const reasons = {
  'nothing-made': 'nothing was created',
  'key-gone': 'what it created is revoked or gone',
  delivered: 'every sink has the secret',
} as const;

function waitReason({ plan, steps }: Operation): string {
  const last = steps.at(-1);
  return worksUntil(plan.replaces?.id ?? '', last?.step === 'superseded' ? last.until : null);
}

async function finish(recovery: Recovery, { reason, id }: Settled): Promise<Conclusion> {
  const { services, operation } = recovery;
  services.startMutation();
  if (reason === 'delivered') {
    const retirement = await complete(recovery);
    return { outcome: 'delivered', reason: reasons[reason], ...retirement, ...(id && { id }) };
  }
  await operation.end();
  return { outcome: 'ended', ...(id && { id }), reason: reasons[reason] };
}
