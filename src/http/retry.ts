import type { ExchangeFailure, RawResponse } from './exchange.ts';
import { retryAfter, retryHint } from './retry-hint.ts';
import type { TransportError } from './transport-error.ts';

/* When a request may be sent again, and after how long. */

/** How often a request is sent, redirects not counted. */
export const maxAttempts = 4;

/** A server that asks for more time than this gets no further attempt: the user decides. */
const maxHintSeconds = 60;

const firstDelayMs = 500;
const maxDelayMs = 20_000;

/** Full jitter, aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter. `attempt` is the one that failed, from 1. */
export function backoffMs(attempt: number, random: () => number): number {
  return Math.floor(random() * Math.min(maxDelayMs, firstDelayMs * 2 ** (attempt - 1)));
}

export interface Attempt {
  /** From 1. */
  attempt: number;
  repeatable: boolean;
  now: Date;
  /** At least 0, less than 1. */
  random: () => number;
}

/** Milliseconds to wait before the request is sent again; undefined if the response stands. */
export function delayAfterResponse(
  response: RawResponse,
  { attempt, repeatable, now, random }: Attempt,
): number | undefined {
  const { status, headers } = response;
  const isTransient = repeatable && [408, 500, 502, 503, 504].includes(status);
  if (attempt >= maxAttempts || !(isTransient || hadNoEffect(response, now))) return undefined;
  const hint = status === 429 || status === 503 ? retryHint(status, headers, now) : undefined;
  if (hint !== undefined && hint > maxHintSeconds) return undefined;
  // A hint of zero is ignored: four requests within a moment would help neither side.
  return hint ? Math.ceil(hint * 1000) : backoffMs(attempt, random);
}

/** A 429, and a 503 with a time to come back, had no effect: even a write may follow (RFC 9110 section 15.6.4). */
export function hadNoEffect({ status, headers }: RawResponse, now: Date): boolean {
  return status === 429 || (status === 503 && retryAfter(headers, now) !== undefined);
}

/** Milliseconds to wait before the request is sent again; undefined if the failure stands. */
export function delayAfterFailure(
  { isSent }: ExchangeFailure,
  error: TransportError,
  { attempt, repeatable, random }: Attempt,
): number | undefined {
  const mayRepeat = error.retryable && (repeatable || !isSent);
  return mayRepeat && attempt < maxAttempts ? backoffMs(attempt, random) : undefined;
}
