import { setTimeout as sleep } from 'node:timers/promises';
import type { App } from '../app.ts';
import { openSinks } from '../delivery/open-sinks.ts';
import { parseSink } from '../delivery/sink-spec.ts';
import { isStop, KeysError, shellWord, usageError } from '../errors.ts';
import type { OpenOperation } from '../journal/journal.ts';
import type { Key } from '../lifecycle/key.ts';
import type { Operation } from '../lifecycle/operation.ts';
import { isWaiting } from '../lifecycle/operation.ts';
import type { Standing } from '../lifecycle/recovery.ts';
import { standingOf } from '../lifecycle/recovery.ts';
import type { Outcome } from '../output/views/operations.ts';
import { sinkContextOf } from '../places.ts';
import type { RecoverInput } from './recover.ts';
import { deliver } from './recover-delivery.ts';
import type { End, Recovery } from './recover-end.ts';
import { completed, revoke } from './recover-end.ts';
import { describe } from './recover-report.ts';

/**
 * Brings an operation as far towards its end as it can be brought without a decision that nobody has made; undefined
 * where everything has been printed. Throws `KeysError` for what makes a single one fail; of several, the others go on.
 */
export async function recoverOne(
  app: App,
  open: OpenOperation,
  input: RecoverInput,
  isOne: boolean,
): Promise<Outcome | undefined> {
  const { takeUp, makerOf } = await import('../operations.ts');
  const operation = await takeUp(app, open);
  if (!operation)
    return { ...describe(open), outcome: 'open', reason: 'another keys process is at work on it' };
  try {
    await tidy(app, open);
    const maker = await makerOf(app, open.header);
    const end = await settle({ app, open, operation, maker, input, isOne });
    const { reason: _, ...known } = describe(open);
    return end && { ...known, ...end };
  } catch (error) {
    if (!(error instanceof KeysError) || isStop(error)) throw error;
    if (isOne) throw stillOpen(open, error);
    const [hint] = error.failure.hints ?? [];
    return { ...describe(open), outcome: 'open', reason: [error.message, hint].filter(Boolean).join('; ') };
  } finally {
    await operation.leave();
  }
}

/** A process that was killed may have left half a delivery behind, with the secret in it. */
async function tidy(app: App, { header: { plan, setting } }: OpenOperation): Promise<void> {
  const places = plan.sinks.map(parseSink).filter((spec) => spec.kind !== 'stdout');
  for (const sink of await openSinks(places, sinkContextOf(app, true, setting.cwd))) await sink.tidy?.();
}

/** A refusal of what was asked keeps its exit code; everything else means that the operation is unfinished. */
function stillOpen({ header: { id } }: OpenOperation, error: KeysError): KeysError {
  const { failure } = error;
  if (failure.exit === 'usage' || failure.exit === 'auth') return error;
  const hints = [...(failure.hints ?? []), `keys recover ${id}`];
  return new KeysError({ ...failure, exit: 'unfinished', hints, operation: id, cause: error });
}

async function settle(recovery: Recovery): Promise<End | undefined> {
  const { app, input, operation } = recovery;
  if (isWaiting(operation, app.now)) return { outcome: 'waiting', reason: waitingFor(operation) };
  const standing = await settledStanding(recovery);
  if (standing.kind === 'deliverable') {
    if (input.keep)
      throw usageError('--keep would lose the secret, which is in escrow: deliver it with --to');
    return input.revoke ? revoke(recovery, standing.key) : deliver(recovery, standing);
  }
  if (standing.kind === 'settled') return ended(recovery, standing);
  if (input.keep) {
    await recovery.operation.end();
    return { outcome: 'kept' };
  }
  return standing.kind === 'ambiguous'
    ? chooseAmong(recovery, standing.candidates)
    : orphan(recovery, standing);
}

/** Milliseconds that an API may still be at work on a call whose caller has died. */
const settling = 5_000;

/** Waits a little before it believes that a call which was under way a moment ago has made nothing. */
async function settledStanding({ app, open, operation, maker }: Recovery): Promise<Standing> {
  const standing = await standingOf(operation, maker.issuer);
  if (standing.kind !== 'settled' || standing.reason !== 'nothing-made' || maker.inProcess) return standing;
  const called = operation.steps.findLast(({ step }) => step === 'creating' || step === 'lost');
  const wait = called ? Date.parse(called.at) + settling - app.now.getTime() : 0;
  if (wait <= 0) return standing;
  await app.note(`waiting ${Math.ceil(wait / 1000)} s: the API may still be at work on ${open.header.id}`);
  await sleep(Math.min(wait, settling), undefined, { signal: app.stop }).catch(() => {});
  return standingOf(operation, maker.issuer);
}

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

async function ended(
  recovery: Recovery,
  { reason, id }: Extract<Standing, { kind: 'settled' }>,
): Promise<End> {
  const { app, operation } = recovery;
  app.begin();
  if (reason === 'delivered') {
    const retirement = await completed(recovery);
    return { outcome: 'delivered', reason: reasons[reason], ...retirement, ...(id && { id }) };
  }
  await operation.end();
  return { outcome: 'ended', ...(id && { id }), reason: reasons[reason] };
}

/** A key that was made, and whose secret is gone for good. */
async function orphan(
  recovery: Recovery,
  { key, holders }: Extract<Standing, { kind: 'undeliverable' }>,
): Promise<End> {
  const { maker, open, input } = recovery;
  const held = holders.length > 0 ? `; ${holders.join(', ')} had got it` : '';
  if (
    input.revoke ||
    (await confirms(recovery, `Nobody can deliver the secret of ${key.id}${held}. Revoke it?`))
  )
    return revoke(recovery, key);
  return {
    outcome: 'open',
    id: key.id,
    reason: `the secret of the ${maker.subject.noun} ${key.id} is gone${held}: keys recover ${open.header.id} --yes revokes it`,
  };
}

async function chooseAmong(recovery: Recovery, candidates: readonly Key[]): Promise<End> {
  const { app, open, input } = recovery;
  const chosen = candidates.find(({ id }) => id === input.key);
  if (input.key !== undefined && !chosen) {
    throw usageError(
      `--key ${input.key} is not one of the candidates`,
      ...candidates.map(({ id }) => `keys recover ${open.header.id} --key ${shellWord(id)} --yes`),
    );
  }
  if (chosen && (input.revoke || (await confirms(recovery, `Revoke ${chosen.id}?`))))
    return revoke(recovery, chosen);
  if (!chosen && app.interactive && !app.globals.yes) {
    const id = await app.choose('The reply was lost. Which of these keys has nobody the secret of?', [
      ...candidates.map((key) => ({ value: key.id, name: `${key.id}  ${key.createdAt ?? ''}` })),
      { value: '', name: 'leave it as it is' },
    ]);
    const named = candidates.find((key) => key.id === id);
    if (named) return revoke(recovery, named);
  }
  return {
    outcome: 'open',
    candidates: candidates.map(({ id, name, createdAt }) => ({ id, name, ...(createdAt && { createdAt }) })),
    reason: `${candidates.length} keys may be the one: keys recover ${open.header.id} --key <id> --yes revokes it, --keep keeps all`,
  };
}

async function confirms({ app }: Recovery, question: string): Promise<boolean> {
  if (app.globals.yes) return true;
  if (!app.interactive) return false;
  const answer = await app.choose(question, [
    { value: 'no', name: 'no, leave it as it is' },
    { value: 'yes', name: 'yes, revoke it' },
  ]);
  return answer === 'yes';
}
