import { KeysError } from '../../base/errors.ts';
import type { OpenOperation } from '../operations/open-operation.ts';
import { creationIn, isWaiting } from '../operations/operation.ts';
import type { Outcome } from '../operations/outcome.ts';
import { recoverOperation } from '../operations/recover-operation.ts';
import { isIdle } from './idle.ts';
import type { RotationPolicy } from './policy.ts';
import { graceMs, isNone } from './policy.ts';
import type { RotationRecord } from './record.ts';
import { retire } from './retirement.ts';
import type { RotationJob, RotationServices } from './services.ts';

export interface Resumed {
  /** Ids of the old keys that were retired. */
  retired: string[];
  /** The keys have to be listed again: they were changed here, or by another process since they were listed. */
  hasChanged: boolean;
  /** The API replaced the secret of the key, and it was lost: the key is rotated again, due or not. */
  isRenewed: boolean;
  /** An earlier command had created a new key, which has arrived now. */
  rotated?: Pick<RotationRecord, 'changed' | 'delivered' | 'operation' | 'oldId'>;
}

/**
 * Finishes what earlier commands began for this name, according to the journal. Throws `KeysError` (5) if that needs a
 * decision.
 */
export async function resume(services: RotationServices, job: RotationJob): Promise<Resumed> {
  const { keys, old, policy, ahead } = job;
  const resumption: Resumed = { hasChanged: false, isRenewed: false, retired: [] };
  for (const open of ahead?.unfinished ?? (await services.openRotations(old.name))) {
    if (isWaiting(open)) {
      const createdId = creationIn(open.steps)?.id;
      resumption.hasChanged ||= Boolean(createdId) && !keys.some(({ id }) => id === createdId);
      if (await retireWaiting(services, open, policy)) {
        resumption.hasChanged = true;
        resumption.retired.push(open.header.plan.replaces?.id ?? '');
      }
      continue;
    }
    const outcome = await recoverRotation(services, open, job);
    resumption.hasChanged = true;
    const { replaces } = open.header.plan;
    resumption.isRenewed ||= outcome?.outcome === 'ended' && outcome.id === replaces?.id;
    if (outcome?.outcome !== 'delivered') continue;
    await services.tell({ type: 'resumed', name: old.name, reason: outcome.reason });
    // A secret that cannot be read back from its sinks cannot reach a new one: that gets a key of its own.
    const servedSinks = new Set(outcome.delivered.map(({ sink }) => sink));
    if (isElsewhere(policy, open) && !policy.to.every((sink) => servedSinks.has(sink))) continue;
    const { delivered, operation } = outcome;
    resumption.rotated = { changed: true, delivered, operation, oldId: replaces?.id ?? null };
  }
  return resumption;
}

/** Whether the policy names a sink that the operation does not have. */
function isElsewhere({ to }: RotationPolicy, { header }: OpenOperation): boolean {
  return to.some((sink) => !header.plan.sinks.includes(sink));
}

/** Throws `KeysError` (5) if the operation stays open. */
async function recoverRotation(
  services: RotationServices,
  open: OpenOperation,
  { old, policy, isOne }: RotationJob,
): Promise<Outcome | undefined> {
  const choice = {
    // A new sink is meant for the key that waits; the recorded ones are served where they were left.
    to: isElsewhere(policy, open) ? policy.to : [],
    secretOnly: false,
    revoke: false,
    keep: false,
    keyId: undefined,
    assumeYes: policy.assumeYes,
  };
  const mode = {
    isOne: false,
    mayAsk: isOne && services.mayAsk,
    rotates: !policy.finishOnly,
    grace: policy.grace && graceMs(policy, services.now),
  };
  const outcome = await recoverOperation(services.recovery, open, choice, mode);
  if (outcome?.outcome !== 'open') return outcome;
  const { id } = open.header;
  throw unfinished(
    `an earlier rotation of ${old.name} is unfinished: ${outcome.reason ?? 'its secret is in escrow'}`,
    [`keys recover ${id}`],
    id,
  );
}

/** Retires the old key of a rotation that waits for its end, if its time has come. Returns whether it did. */
async function retireWaiting(
  services: RotationServices,
  open: OpenOperation,
  { whenIdle, grace, finishOnly }: RotationPolicy,
): Promise<boolean> {
  const { replaces } = open.header.plan;
  if (!replaces) return false;
  const isRequested = finishOnly && grace !== undefined && isNone(grace);
  const hasGoneIdle = whenIdle !== undefined && (await isIdle(services, replaces.id, whenIdle));
  const isStillNeeded = whenIdle === undefined ? !isRequested && isWaiting(open, services.now) : !hasGoneIdle;
  if (isStillNeeded) return false;
  const operation = await services.recovery.claim(open);
  if (!operation) return false;
  try {
    services.startMutation();
    const atOnce = hasGoneIdle || isRequested;
    const { oldRevoked } = await retire(services.backend, operation, services.now, { atOnce });
    if (oldRevoked) await services.tell({ type: 'retired', id: replaces.id });
    return oldRevoked;
  } finally {
    await operation.leave();
  }
}

/** For what needs a decision of the user. */
export function unfinished(message: string, hints: readonly string[], operation?: string): KeysError {
  return new KeysError({
    code: 'rotation_unfinished',
    message,
    hints,
    ...(operation !== undefined && { operation }),
  });
}
