import { nearestStep, SpanEnd } from '../../base/time.ts';

/*
 * The styles in which APIs write moments, spans and times. A style is declared here and nowhere else: its name, its line
 * in the reference, how it is written or read, and how exact it is.
 */

const dayMs = 86_400_000;

/** What an expiry is written against. */
export interface Clock {
  now: Date;
  /** The spans on offer, if the API has only these. */
  steps: readonly string[];
}

export interface MomentStyle {
  meaning: string;
  /** Milliseconds between two moments that the style can tell apart. */
  resolutionMs: number;
  /** The API counts from its own clock. */
  isSpan?: true;
  write: (moment: Date, clock: Clock) => string | number;
}

/** `{since:STYLE}` and `{until:STYLE}`. Whole seconds would lose entries of the last one. */
export const momentStyles = {
  time: {
    meaning: 'RFC 3339, milliseconds, UTC',
    resolutionMs: 1,
    write: (moment) => moment.toISOString(),
  },
  date: {
    meaning: '`YYYY-MM-DD`, UTC',
    resolutionMs: dayMs,
    write: (moment) => moment.toISOString().slice(0, 10),
  },
} as const satisfies Record<string, MomentStyle>;

/** `{expiresAt:STYLE}` */
export const expiryStyles = {
  iso: {
    meaning: 'RFC 3339, whole seconds, UTC',
    resolutionMs: 1000,
    write: (moment) => moment.toISOString().replace(/\.\d+Z$/, 'Z'),
  },
  ...momentStyles,
  seconds: {
    meaning: 'seconds from now',
    resolutionMs: 1000,
    isSpan: true,
    write: (moment, clock) => Math.round(timeLeft(moment, clock) / 1000),
  },
  days: {
    meaning: 'days from now, rounded up',
    resolutionMs: dayMs,
    isSpan: true,
    write: (moment, clock) => Math.ceil(timeLeft(moment, clock) / dayMs),
  },
  duration: {
    meaning: 'seconds from now with their unit, such as `86400s`',
    resolutionMs: 1000,
    isSpan: true,
    write: (moment, clock) => `${Math.round(timeLeft(moment, clock) / 1000)}s`,
  },
  step: {
    meaning: 'one of `expirySteps`',
    resolutionMs: 1000,
    isSpan: true,
    write: (moment, { now, steps }) => nearestStep(steps, moment, now),
  },
} as const satisfies Record<string, MomentStyle>;

/** Milliseconds until a moment; a span that was asked for counts as that span, whenever it is written. */
function timeLeft(moment: Date, { now }: Clock): number {
  return moment instanceof SpanEnd ? moment.span : moment.getTime() - now.getTime();
}

interface SpanStyle {
  meaning: string;
  write: (seconds: number) => string | number;
}

/** `{grace:STYLE}`: how long a rotated secret keeps working. */
export const graceStyles = {
  seconds: { meaning: 'a number of seconds', write: (seconds) => seconds },
  minutes: { meaning: 'a number of minutes, rounded up', write: (seconds) => Math.ceil(seconds / 60) },
  hours: { meaning: 'a number of hours, rounded up', write: (seconds) => Math.ceil(seconds / 3600) },
  duration: {
    meaning: 'hours with their unit, such as `24h`, rounded up',
    write: (seconds) => `${Math.ceil(seconds / 3600)}h`,
  },
} as const satisfies Record<string, SpanStyle>;

interface TimeStyle {
  meaning: string;
  /** Milliseconds between two times that the style can tell apart. */
  resolutionMs: number;
  /** Milliseconds since 1970; NaN for what is not written in this style. */
  read: (text: string) => number;
}

/** How an answer writes a time that is not RFC 3339: `{ "at": "created", "as": STYLE }`. */
export const timeStyles = {
  epochSeconds: {
    meaning: 'seconds since 1970, UTC',
    resolutionMs: 1000,
    read: (seconds) => Number(seconds.trim() || Number.NaN) * 1000,
  },
  date: {
    meaning: '`YYYY-MM-DD`: the start of that day, UTC',
    resolutionMs: dayMs,
    read: (date) => Date.parse(date),
  },
} as const satisfies Record<string, TimeStyle>;
