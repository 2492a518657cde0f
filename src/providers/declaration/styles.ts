import type { LogQuery, Reason, UsageQuery } from '../../keys/ports.ts';

/* The inputs of the calls that are not about one key, and the styles in which moments and spans are written. */

/** What can be said of the log entries, and of the sums, that are wanted. */
export const logInputs = [
  'keyId',
  'since',
  'until',
  'status',
  'method',
  'pathPrefix',
] as const satisfies readonly (keyof LogQuery)[];
export const usageInputs = ['by', 'since', 'keyId'] as const satisfies readonly (keyof UsageQuery)[];

/** How the API is told `since` and `until`: whole seconds would lose entries of the last one. */
export const momentStyles = {
  time: 'RFC 3339, milliseconds, UTC',
  date: 'YYYY-MM-DD, UTC',
} as const;

/** How the API writes an expiry when a key is made. */
export const expiryStyles = {
  iso: 'RFC 3339, whole seconds, UTC',
  ...momentStyles,
  seconds: 'seconds from now',
  days: 'days from now, rounded up',
  duration: 'seconds from now with their unit, such as 86400s',
  step: 'one of the expirySteps',
} as const;

/** Milliseconds between two expiries that the API can tell apart. */
export const expiryResolutions: Readonly<Record<keyof typeof expiryStyles, number>> = {
  iso: 1000,
  time: 1,
  date: 86_400_000,
  seconds: 1000,
  days: 86_400_000,
  duration: 1000,
  step: 1000,
};

/** How the API is told for how long a rotated secret goes on working. */
export const graceStyles = {
  seconds: 'a whole number of seconds',
  minutes: 'a whole number of minutes, rounded up',
  hours: 'a whole number of hours, rounded up',
  duration: 'hours with their unit, such as 24h, rounded up',
} as const;

/** How the API writes a time in its answers; absent: RFC 3339. */
export const timeStyles = {
  epochSeconds: 'seconds since 1970, UTC',
  date: 'YYYY-MM-DD, which is its first moment, UTC',
} as const;

export type ExpiryStyle = keyof typeof expiryStyles;
export type GraceStyle = keyof typeof graceStyles;
export type TimeStyle = keyof typeof timeStyles;

/** What a key can turn out to be when it is tried. */
export const verdictReasons = [
  ...(['ok', 'invalid', 'expired', 'revoked', 'forbidden', 'no-models', 'budget', 'rate-limited'] as const),
  'unreachable',
] as const satisfies readonly Reason[];
