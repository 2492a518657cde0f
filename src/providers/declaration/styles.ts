import { after, nearestStep, parseDuration, SpanEnd } from '../../base/time.ts';

/*
 * The styles in which APIs write moments, spans, times, amounts and lists. A style is declared here and nowhere else: its name, its line
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
  epochSeconds: {
    meaning: 'seconds since 1970, UTC',
    resolutionMs: 1000,
    write: (moment) => Math.round(moment.getTime() / 1000),
  },
  epochMilliseconds: {
    meaning: 'milliseconds since 1970, UTC',
    resolutionMs: 1,
    write: (moment) => moment.getTime(),
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
  milliseconds: {
    meaning: 'milliseconds from now',
    resolutionMs: 1000,
    isSpan: true,
    write: (moment, clock) => Math.round(timeLeft(moment, clock)),
  },
  minutes: {
    meaning: 'minutes from now, rounded up',
    resolutionMs: 60_000,
    isSpan: true,
    write: (moment, clock) => Math.ceil(timeLeft(moment, clock) / 60_000),
  },
  hours: {
    meaning: 'hours from now, rounded up',
    resolutionMs: 3_600_000,
    isSpan: true,
    write: (moment, clock) => Math.ceil(timeLeft(moment, clock) / 3_600_000),
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
  stepMilliseconds: {
    meaning: 'one of `expirySteps`, in milliseconds',
    resolutionMs: 1000,
    isSpan: true,
    write: (moment, { now, steps }) => stepMs(nearestStep(steps, moment, now), now),
  },
} as const satisfies Record<string, MomentStyle>;

/** Milliseconds until a moment; a span that was asked for counts as that span, whenever it is written. */
function timeLeft(moment: Date, { now }: Clock): number {
  return moment instanceof SpanEnd ? moment.span : moment.getTime() - now.getTime();
}

function stepMs(step: string, now: Date): number {
  return after(now, parseDuration(step)).getTime() - now.getTime();
}

interface SpanStyle {
  meaning: string;
  write: (seconds: number) => string | number;
}

/** `{grace:STYLE}`: how long a rotated secret keeps working. */
export const graceStyles = {
  seconds: { meaning: 'a number of seconds', write: (seconds) => seconds },
  milliseconds: { meaning: 'a number of milliseconds', write: (seconds) => seconds * 1000 },
  minutes: { meaning: 'a number of minutes, rounded up', write: (seconds) => Math.ceil(seconds / 60) },
  hours: { meaning: 'a number of hours, rounded up', write: (seconds) => Math.ceil(seconds / 3600) },
  duration: {
    meaning: 'hours with their unit, such as `24h`, rounded up',
    write: (seconds) => `${Math.ceil(seconds / 3600)}h`,
  },
} as const satisfies Record<string, SpanStyle>;

interface AmountStyle {
  meaning: string;
  /** How many of its units a US dollar has. */
  perDollar: number;
}

/** How an API writes an amount of money that is not in US dollars: `{budgetUsd:STYLE}`, or `as` where it is read. */
export const amountStyles = {
  cents: { meaning: 'a number of US cents', perDollar: 100 },
  micros: { meaning: 'a number of millionths of a US dollar', perDollar: 1_000_000 },
} as const satisfies Record<string, AmountStyle>;

export interface ListStyle {
  meaning: string;
  /** Between two items of a text; absent: the style is no text. */
  separator?: string;
}

/** `{permissions:STYLE}` and `{models:STYLE}`, where an API does not take a list of texts. */
export const listStyles = {
  comma: { meaning: 'one text with commas between the items', separator: ',' },
  space: { meaning: 'one text with spaces between the items', separator: ' ' },
  one: { meaning: 'the only item; several are refused before any call' },
  each: { meaning: 'one item; the item of the list that contains the placeholder is repeated for each' },
} as const satisfies Record<string, ListStyle>;

interface TextStyle {
  meaning: string;
}

/** A value with slashes in it, in a path. */
const pathStyles = {
  path: {
    meaning: 'in a path: several segments, each percent-encoded; the slashes between them are kept',
  },
} as const satisfies Record<string, TextStyle>;

/** `{id:STYLE}` */
export const idStyles = {
  ...pathStyles,
  number: { meaning: 'a number, if the id is one' },
} as const satisfies Record<string, TextStyle>;

/** `{option.NAME:STYLE}` */
export const optionStyles = {
  ...pathStyles,
  json: {
    meaning:
      'the JSON in the text, such as an object; a call that needs it is refused if the setting has no value',
  },
} as const satisfies Record<string, TextStyle>;
interface EncodingStyle {
  meaning: string;
  write: (bytes: Buffer) => string;
}

/** How a secret that the client makes is written. */
export const encodingStyles = {
  base64: { meaning: 'base64 with padding', write: (bytes) => bytes.toString('base64') },
  base64url: { meaning: 'base64 for URLs, without padding', write: (bytes) => bytes.toString('base64url') },
  hex: { meaning: 'hexadecimal digits in lower case', write: (bytes) => bytes.toString('hex') },
} as const satisfies Record<string, EncodingStyle>;

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
    read: (seconds) => numberIn(seconds) * 1000,
  },
  epochMilliseconds: {
    meaning: 'milliseconds since 1970, UTC',
    resolutionMs: 1,
    read: (milliseconds) => numberIn(milliseconds),
  },
  date: {
    meaning: '`YYYY-MM-DD`: the start of that day, UTC',
    resolutionMs: dayMs,
    read: (date) => Date.parse(date),
  },
} as const satisfies Record<string, TimeStyle>;

function numberIn(written: string): number {
  return Number(written.trim() || Number.NaN);
}
