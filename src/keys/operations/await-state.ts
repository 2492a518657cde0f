import { setTimeout as sleep } from 'node:timers/promises';
import { unidentified } from '../key.ts';
import { callSpan } from './candidates.ts';
import { inspectOperation } from './inspect-operation.ts';
import type { Operation } from './operation.ts';
import { creationIn } from './operation.ts';
import type { Recovery } from './recovery.ts';
import type { RecoveryState } from './recovery-state.ts';

const maxWaitMs = 45_000;
const pollIntervalMs = 2_000;

/** An API that reads from a replica shows within this time what it has created. */
const replicationMs = 10_000;

/** The API may still create or show the key until then (RFC 3339). */
export interface Pending {
  kind: 'pending';
  until: string;
}

/**
 * The state of an operation. That nothing was created, or that the key is gone, is believed only once the time limit of
 * the call is over and the API has had time to show the key: a server keeps working on a call whose caller is gone. Until
 * then this inspects the operation again every two seconds.
 */
export async function awaitState(recovery: Recovery): Promise<RecoveryState | Pending> {
  const { services, operation, issuer, places } = recovery;
  const until = visibleBy(recovery);
  for (let waitedMs = 0; ; waitedMs += pollIntervalMs) {
    const state = await inspectOperation(operation, issuer.issuer, places);
    const leftMs = until - services.now.getTime();
    if (leftMs <= 0 || !mayChange(state)) return state;
    if (waitedMs >= maxWaitMs || services.stop.aborted)
      return { kind: 'pending', until: new Date(until).toISOString() };
    if (waitedMs === 0) {
      const seconds = Math.ceil(Math.min(leftMs, maxWaitMs) / 1000);
      await services.tell({ type: 'waiting-for-api', operation: operation.id, seconds });
    }
    await sleep(Math.min(leftMs, pollIntervalMs), undefined, { signal: services.stop }).catch(() => {});
  }
}

/** A key that is absent now may appear in a moment. That no id is known of its secret may change then, too. */
function mayChange(state: RecoveryState): boolean {
  if (state.kind === 'ambiguous') return state.isUnlisted === true;
  if (state.kind === 'deliverable') return state.isUnlisted === true && state.key.id === unidentified;
  return state.kind === 'settled' && (state.reason === 'nothing-made' || state.isAbsent === true);
}

/** Waits until the API must show the key; not at all if that time is over. Returns whether it waited. */
export async function waitUntilVisible(recovery: Recovery): Promise<boolean> {
  const leftMs = visibleBy(recovery) - recovery.services.now.getTime();
  if (leftMs <= 0) return false;
  await sleep(leftMs, undefined, { signal: recovery.services.stop }).catch(() => {});
  return true;
}

/** Whether a key of the operation would be visible by now. */
export function isVisible(recovery: Recovery): boolean {
  return visibleBy(recovery) <= recovery.services.now.getTime();
}

/** When the key of an operation is visible at the latest, if there is one. Milliseconds since 1970. */
function visibleBy({ operation, issuer }: Pick<Recovery, 'operation' | 'issuer'>): number {
  if (issuer.issuer.callLimit === undefined) return 0;
  return (createdBy(operation) ?? Number.NEGATIVE_INFINITY) + replicationMs;
}

function createdBy(operation: Operation): number | undefined {
  const creation = creationIn(operation.steps);
  return creation ? Date.parse(creation.at) : callSpan(operation)?.until;
}
