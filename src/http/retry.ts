import type { Breakdown, Reply } from './exchange.ts';
import { retryAfter, retryHint } from './retry-hint.ts';
import type { Fault } from './transport-error.ts';

/** How often a request is sent at most, redirects not counted. */
export const maxAttempts = 4;

/** Longer than this, in seconds, no hint of a server is followed: the caller gets the reply, and the user the choice. */
const longestHint = 60;

const base = 500;
const cap = 20_000;

/** Milliseconds before attempt `attempt` + 1: full jitter, aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter */
export function backoff(attempt: number, random: () => number): number {
  return Math.floor(random() * Math.min(cap, base * 2 ** (attempt - 1)));
}

/** Milliseconds to wait before a request is sent again; undefined: its reply stands. */
export function waitAfterReply(
  reply: Reply,
  {
    attempt,
    repeatable,
    now,
    random,
  }: { attempt: number; repeatable: boolean; now: Date; random: () => number },
): number | undefined {
  if (!mayRepeat(reply, repeatable, now)) return undefined;
  const hinted = reply.status === 429 || reply.status === 503;
  const hint = hinted ? retryHint(reply.status, reply.headers, now) : undefined;
  if (hint !== undefined && hint > longestHint) return undefined;
  // A hint of no time at all is none: four requests within a moment would help nobody.
  return hint ? Math.ceil(hint * 1000) : backoff(attempt, random);
}

function mayRepeat(reply: Reply, repeatable: boolean, now: Date): boolean {
  return didNothing(reply, now) || (repeatable && [408, 500, 502, 503, 504].includes(reply.status));
}

/** A 429, and a 503 that says when to come back, did nothing: even a write may follow them (RFC 9110 section 15.6.4). */
export function didNothing({ status, headers }: Reply, now: Date): boolean {
  return status === 429 || (status === 503 && retryAfter(headers, now) !== undefined);
}

/** Whether a request may be sent again after its connection failed. */
export function mayRepeatAfter(breakdown: Breakdown, fault: Fault, repeatable: boolean): boolean {
  return (repeatable || !breakdown.sent) && !fault.lasting;
}
