import { setTimeout as sleep } from 'node:timers/promises';
import { callSpan } from '../lifecycle/candidates.ts';
import type { Standing } from '../lifecycle/recovery.ts';
import { standingOf } from '../lifecycle/recovery.ts';
import type { Recovery } from './recover-end.ts';

/** Milliseconds that a recovery waits, at most, for a call that an API may still be at work on. */
const maxWait = 30_000;
const lookEvery = 2_000;

/** The API may still make the key, until then (RFC 3339). */
export interface Pending {
  kind: 'pending';
  until: string;
}

/**
 * Where the operation stands. That nothing was made is believed only when the time limit of the call is over: a server
 * goes on with what it was asked for although its caller is gone. Until then it looks again every two seconds.
 */
export async function look({ app, operation, maker, places }: Recovery): Promise<Standing | Pending> {
  const { until = 0 } = callSpan(operation) ?? {};
  for (let waited = 0; ; waited += lookEvery) {
    const standing = await standingOf(operation, maker.issuer, places);
    if (
      standing.kind !== 'settled' ||
      standing.reason !== 'nothing-made' ||
      maker.issuer.callLimit === undefined
    )
      return standing;
    const left = until - app.now.getTime();
    if (left <= 0) return standing;
    if (waited >= maxWait || app.stop.aborted)
      return { kind: 'pending', until: new Date(until).toISOString() };
    if (waited === 0)
      await app.note(
        `waiting up to ${Math.ceil(Math.min(left, maxWait) / 1000)} s: the API may still be at work on ${operation.id}`,
      );
    await sleep(Math.min(left, lookEvery), undefined, { signal: app.stop }).catch(() => {});
  }
}
