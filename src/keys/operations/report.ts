import type { Result } from '../../output/present.ts';
import type { Terminal } from '../../output/style.ts';
import type { Outcome } from '../../output/views/operations.ts';
import type { OpenOperation } from './open-operation.ts';
import { isWaiting } from './operation.ts';

export function listing(open: readonly OpenOperation[]): Result {
  const rows: Outcome[] = open.map((operation) => ({
    ...describe(operation),
    outcome: isWaiting(operation) ? 'waiting' : 'open',
  }));
  return { ...view(rows), exit: 'done' };
}

/** What is known of an operation without asking anybody; `reason` is why it stopped. */
export function describe({
  header: { id, at, plan, setting },
  escrow,
  steps,
}: OpenOperation): Omit<Outcome, 'outcome'> {
  const made = steps.findLast(({ step }) => step === 'created');
  const last = steps.findLast((one) => one.step === 'undelivered' || one.step === 'lost');
  return {
    operation: id,
    kind: plan.kind,
    name: plan.name,
    ...(made?.step === 'created' && { id: made.id }),
    at,
    profile: setting.profile,
    provider: setting.provider,
    sinks: plan.sinks,
    escrow: escrow ?? 'none',
    delivered: steps.flatMap((one) =>
      one.step === 'delivered' ? [{ sink: one.sink, verified: one.verified }] : [],
    ),
    ...(last && 'reason' in last && { reason: last.reason }),
  };
}

export function report(outcomes: readonly Outcome[], alone: boolean): Result {
  const exit = outcomes.some(({ outcome }) => outcome === 'open') ? 'unfinished' : 'done';
  const [only] = outcomes;
  if (alone && only) return { ...view(outcomes), kind: 'one', record: only, exit };
  return { ...view(outcomes), exit };
}

function view(rows: readonly Outcome[]) {
  return {
    kind: 'rows' as const,
    rows,
    columns: ['operation', 'outcome', 'kind', 'name', 'id', 'at', 'profile', 'sinks'],
    table: async (_: unknown, terminal: Terminal) =>
      (await import('../../output/views/operations.ts')).operationsView(rows, terminal),
  };
}
