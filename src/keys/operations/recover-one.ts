import type { Context } from '../../app/context.ts';
import { sinkContextOf } from '../../app/sink-context.ts';
import { isStop, KeysError, usageError } from '../../base/errors.ts';
import type { RecoverInput } from '../../commands/key/recover.ts';
import type { Outcome } from '../../output/views/operations.ts';
import { openSinks } from '../../sinks/open-sinks.ts';
import { parseSink } from '../../sinks/sink-spec.ts';
import type { Key } from '../key.ts';
import { unidentified } from '../key.ts';
import type { Sink } from '../ports.ts';
import { decide } from './decision.ts';
import type { End, Recovery } from './end.ts';
import { completed, revoke } from './end.ts';
import { look } from './look.ts';
import type { OpenOperation } from './open-operation.ts';
import type { Operation } from './operation.ts';
import { isWaiting } from './operation.ts';
import type { RecoveryState } from './recovery-state.ts';
import { deliver } from './redeliver.ts';
import { describe } from './report.ts';

/** How an operation is recovered: alone or as one of several, with questions to a person or without. */
export type Manner = Pick<Recovery, 'isOne' | 'mayAsk' | 'rotates' | 'grace'>;

/**
 * Brings an operation as far towards its end as it can be brought without a decision that nobody has made; undefined
 * where everything has been printed. Throws `KeysError` for what makes a single one fail; of several, the others go on.
 */
export async function recoverOne(
  context: Context,
  open: OpenOperation,
  input: RecoverInput,
  how: Manner,
): Promise<Outcome | undefined> {
  const { claim, issuerOf } = await import('../../app/open-journal.ts');
  const operation = await claim(context, open);
  if (!operation)
    return { ...describe(open), outcome: 'open', reason: 'another keys process is at work on it' };
  try {
    const places = await placesOf(context, open);
    // A process that was killed may have left half a delivery behind, with the secret in it.
    for (const place of places) await place.removeLeftovers?.();
    const maker = await issuerOf(context, open.header);
    const end = await settle({ context, open, operation, maker, input, places, ...how });
    const { reason: _, ...known } = describe(open);
    return end && { ...known, ...end };
  } catch (error) {
    if (!(error instanceof KeysError) || isStop(error)) throw error;
    if (how.isOne) throw stillOpen(open, error);
    const [hint] = error.failure.hints ?? [];
    return { ...describe(open), outcome: 'open', reason: [error.message, hint].filter(Boolean).join('; ') };
  } finally {
    await operation.leave();
  }
}

/** The sinks of an operation, but for a stdout that is gone. */
async function placesOf(
  context: Context,
  { header: { plan, setting } }: OpenOperation,
): Promise<readonly Sink[]> {
  const places = plan.sinks.map(parseSink).filter((spec) => spec.kind !== 'stdout');
  return openSinks(places, sinkContextOf(context, true, setting));
}

/** A refusal of what was asked keeps its exit code; everything else means that the operation is unfinished. */
function stillOpen({ header: { id } }: OpenOperation, error: KeysError): KeysError {
  const { failure } = error;
  if (failure.exit === 'usage' || failure.exit === 'auth') return error;
  const hints = [...(failure.hints ?? []), `keys recover ${id}`];
  return new KeysError({ ...failure, exit: 'unfinished', hints, operation: id, cause: error });
}

async function settle(recovery: Recovery): Promise<End | undefined> {
  const { context, input, operation } = recovery;
  if (isWaiting(operation, context.now) && !input.keep)
    return { outcome: 'waiting', reason: waitingFor(operation) };
  const standing = await look(recovery);
  if (standing.kind === 'pending') {
    const reason = `the API may still be at work on it: look again after ${standing.until}`;
    return { outcome: 'open', reason };
  }
  if (standing.kind === 'deliverable') {
    if (input.keep)
      throw usageError('--keep would lose the secret, which is in escrow: deliver it with --to');
    return input.revoke ? revoke(recovery, standing.key) : deliver(recovery, standing);
  }
  if (input.keep) {
    await recovery.operation.end();
    return { outcome: 'kept' };
  }
  if (standing.kind !== 'settled') return decide(recovery, standing);
  const isWantedElsewhere = input.to.length > 0 || input.secretOnly;
  if (standing.reason === 'delivered' && isWantedElsewhere) return deliverAgain(recovery, standing);
  return ended(recovery, standing);
}

/** Every sink has the secret, and another place is to have it as well: it can, where one of them can be read. */
async function deliverAgain(
  recovery: Recovery,
  { id = unidentified, secret }: Settled,
): Promise<End | undefined> {
  const { operation, rotates } = recovery;
  const { name } = operation.plan;
  if (secret) {
    const key: Key = { id, name, status: 'unknown' };
    return deliver(recovery, { kind: 'deliverable', key, secret, sinks: [] });
  }
  // A rotation that is run again makes another key for that place.
  if (rotates) return ended(recovery, { kind: 'settled', reason: 'delivered', id });
  throw new KeysError({
    code: 'not_readable',
    message: `the secret of ${name} is in ${operation.plan.sinks.join(' and ')}, and cannot be read from there`,
  });
}

type Settled = Extract<RecoveryState, { kind: 'settled' }>;

const reasons = {
  'nothing-made': 'nothing was made',
  'key-gone': 'what it made is revoked or gone',
  delivered: 'every sink has the secret',
} as const;

function waitingFor({ plan, steps }: Operation): string {
  const last = steps.at(-1);
  const until = last?.step === 'superseded' ? last.until : null;
  return `the old key ${plan.replaces?.id} works until ${until ?? 'nobody uses it any more'}`;
}

async function ended(recovery: Recovery, { reason, id }: Settled): Promise<End> {
  const { context, operation } = recovery;
  context.startMutation();
  if (reason === 'delivered') {
    const retirement = await completed(recovery);
    return { outcome: 'delivered', reason: reasons[reason], ...retirement, ...(id && { id }) };
  }
  await operation.end();
  return { outcome: 'ended', ...(id && { id }), reason: reasons[reason] };
}
