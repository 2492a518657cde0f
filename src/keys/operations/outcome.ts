import type { Key } from '../key.ts';
import type { Delivered } from '../ports.ts';
import type { OpenOperation } from './open-operation.ts';
import { attemptIn, creationIn } from './operation.ts';

/**
 * An unfinished operation, and what became of it. `open`: still unfinished; `waiting`: only the old key of a rotation
 * is left to retire, when its grace period ends.
 */
export interface Outcome {
  operation: string;
  outcome: 'open' | 'waiting' | 'delivered' | 'revoked' | 'kept' | 'ended';
  kind: string;
  name: string;
  /** The key or session that was created, if it is known. */
  id?: string;
  at: string;
  profile: string;
  provider: string;
  sinks: readonly string[];
  escrow: 'keychain' | 'file' | 'none';
  delivered: readonly Delivered[];
  /** The keys that this operation may have created. */
  candidates?: readonly Pick<Key, 'id' | 'name' | 'createdAt'>[];
  /** Why it is open, or what was found. */
  reason?: string;
}

/** What recovery adds to the description of an operation. */
export type Conclusion = Partial<Outcome> & Pick<Outcome, 'outcome'>;

/** What the journal alone tells of an operation; `reason` is why it stopped. */
export function describe(open: OpenOperation): Omit<Outcome, 'outcome'> {
  const { header, escrow, steps } = open;
  const { id, at, plan, setting } = header;
  const creation = creationIn(steps);
  const stop = steps.findLast(
    (step) => step.step === 'undelivered' || step.step === 'lost' || step.step === 'undone',
  );
  return {
    operation: id,
    kind: plan.kind,
    name: plan.name,
    ...(creation && { id: creation.id }),
    at,
    profile: setting.profile,
    provider: setting.provider,
    sinks: plan.sinks,
    escrow: escrow ?? 'none',
    delivered: attemptIn(steps).flatMap((step) =>
      step.step === 'delivered' ? [{ sink: step.sink, verified: step.verified }] : [],
    ),
    ...(stop && { reason: stop.reason }),
  };
}

/** The outcome of an operation; its reason is that of the recovery, not why it stopped before. */
export function concluded(open: OpenOperation, conclusion: Conclusion): Outcome {
  const { reason: _, ...description } = describe(open);
  return { ...description, ...conclusion };
}
