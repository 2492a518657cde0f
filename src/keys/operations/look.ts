import { setTimeout as sleep } from 'node:timers/promises';
import { callSpan } from './candidates.ts';
import type { Recovery } from './end.ts';
import { inspectOperation } from './inspect-operation.ts';
import type { Operation } from './operation.ts';
import type { RecoveryState } from './recovery-state.ts';

/** Milliseconds that a recovery waits, at most, for what an API may still do or show. */
const maxWait = 45_000;
const lookEvery = 2_000;

/** Milliseconds in which an API that reads from a copy shows what it has made. */
const showsWithin = 10_000;

/** The API may still make or show the key, until then (RFC 3339). */
export interface Pending {
  kind: 'pending';
  until: string;
}

/**
 * Where the operation stands. That nothing was made, or that what was made is not there, is believed only when the time
 * limit of the call is over and the API has had the time to show it: a server goes on with what it was asked for although
 * its caller is gone. Until then it looks again every two seconds.
 */
export async function look(recovery: Recovery): Promise<RecoveryState | Pending> {
  const { context, operation, maker, places } = recovery;
  const until = shownBy(recovery);
  for (let waited = 0; ; waited += lookEvery) {
    const standing = await inspectOperation(operation, maker.issuer, places);
    const left = until - context.now.getTime();
    if (left <= 0 || !isEarly(standing)) return standing;
    if (waited >= maxWait || context.stop.aborted)
      return { kind: 'pending', until: new Date(until).toISOString() };
    if (waited === 0)
      await context.note(
        `waiting up to ${Math.ceil(Math.min(left, maxWait) / 1000)} s: the API may still be at work on ${operation.id}`,
      );
    await sleep(Math.min(left, lookEvery), undefined, { signal: context.stop }).catch(() => {});
  }
}

/** A key that is not there may be there in a moment. */
function isEarly(standing: RecoveryState): boolean {
  return standing.kind === 'settled' && (standing.reason === 'nothing-made' || standing.isAbsent === true);
}

/** When the key of an operation can be seen at the latest, if there is one. Milliseconds since 1970. */
export function shownBy({ operation, maker }: Pick<Recovery, 'operation' | 'maker'>): number {
  if (maker.issuer.callLimit === undefined) return 0;
  return (madeBy(operation) ?? Number.NEGATIVE_INFINITY) + showsWithin;
}

function madeBy(operation: Operation): number | undefined {
  const created = operation.steps.findLast(({ step }) => step === 'created');
  return created ? Date.parse(created.at) : callSpan(operation)?.until;
}
