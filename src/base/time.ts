import { InvalidValue } from './errors.ts';
import { meantSpan } from './meant-span.ts';

/** A span of time: whole calendar months plus milliseconds, because a month has no fixed length. */
export interface Duration {
  readonly months: number;
  readonly milliseconds: number;
}

const second = 1000;
const day = 86_400 * second;

const units = new Map<string, (amount: number) => Duration>([
  ['s', (amount) => ({ months: 0, milliseconds: amount * second })],
  ['min', (amount) => ({ months: 0, milliseconds: amount * 60 * second })],
  ['h', (amount) => ({ months: 0, milliseconds: amount * 3600 * second })],
  ['d', (amount) => ({ months: 0, milliseconds: amount * day })],
  ['w', (amount) => ({ months: 0, milliseconds: amount * 7 * day })],
  ['mo', (amount) => ({ months: amount, milliseconds: 0 })],
  ['y', (amount) => ({ months: amount * 12, milliseconds: 0 })],
]);

const durationExamples = '30s, 5min, 36h, 90d, 12w, 6mo, 1y';
const whenExamples = '36h, 90d, 12w, 6mo, 1y, 2027-01-31, 2027-01-31T18:00:00Z or never';

/** RFC 3339 has no form for years after 9999. */
const latest = Date.UTC(9999, 11, 31, 23, 59, 59);

/**
 * Parses a duration such as `90d`, `36h`, `6mo` or `0`. Throws `InvalidValue` for `m`, which could be minutes or months,
 * and for any other unit that is not in the list.
 */
export function parseDuration(text: string): Duration {
  const span = readSpan(text.trim());
  if (!span) {
    throw new InvalidValue(`'${text}' is not a duration${meantSpan(text)}: use one like ${durationExamples}`);
  }
  return span;
}

function readSpan(text: string): Duration | undefined {
  if (/^0+$/.test(text)) return { months: 0, milliseconds: 0 };
  const [, digits = '', unit = ''] = /^(\d{1,9})([A-Za-z]+)$/.exec(text) ?? [];
  if (unit.toLowerCase() === 'm') {
    throw new InvalidValue(`'${text}' is ambiguous: use ${digits}min for minutes or ${digits}mo for months`);
  }
  return units.get(unit)?.(Number(digits));
}

/** As `parseDuration`, but refuses zero. */
export function parsePositiveDuration(text: string): Duration {
  const span = parseDuration(text);
  if (isZero(span))
    throw new InvalidValue(`'${text}' must not be zero: use a duration like ${durationExamples}`);
  return span;
}

function isZero(span: Duration): boolean {
  return span.months === 0 && span.milliseconds === 0;
}

/** The moment a span after `from`. Months keep the day of the month, or take the last day of a shorter month. */
export function after(from: Date, span: Duration): Date {
  return shift(from, span, 1);
}

/** The moment a span before `from`. */
export function before(from: Date, span: Duration): Date {
  return shift(from, span, -1);
}

function shift(from: Date, { months, milliseconds }: Duration, direction: 1 | -1): Date {
  const movedDate = new Date(from.getTime() + direction * milliseconds);
  if (months === 0) return movedDate;
  const dayOfMonth = movedDate.getUTCDate();
  movedDate.setUTCDate(1);
  movedDate.setUTCMonth(movedDate.getUTCMonth() + direction * months);
  const lastDay = new Date(Date.UTC(movedDate.getUTCFullYear(), movedDate.getUTCMonth() + 1, 0)).getUTCDate();
  movedDate.setUTCDate(Math.min(dayOfMonth, lastDay));
  return movedDate;
}

/** A moment given as a span from another one: an API that takes spans gets that span, and not the time that is left. */
export class SpanEnd extends Date {
  /** Milliseconds from its beginning. */
  readonly span: number;

  constructor(from: Date, span: Duration) {
    const end = after(from, span).getTime();
    // Whole seconds, which all servers store, so that the stored time can be compared with the requested one.
    super(Math.floor(end / 1000) * 1000);
    this.span = end - from.getTime();
  }
}

/**
 * Parses an expiry: a span from now, a date (the end of that day, UTC), an RFC 3339 time, or `never` (null).
 * Throws `InvalidValue` for `0`, the past, `m`, a date that does not exist and a time without a zone.
 */
export function parseExpiry(text: string, now: Date): Date | null {
  const trimmedText = text.trim();
  if (trimmedText === 'never') return null;
  const moment = parseMoment(trimmedText, '23:59:59') ?? parseSpanFromNow(trimmedText, now);
  if (moment.getTime() <= now.getTime()) {
    throw new InvalidValue(`'${text}' is not in the future: use a time like ${whenExamples}`);
  }
  if (!(moment.getTime() <= latest)) {
    throw new InvalidValue(
      `'${text}' is too far in the future: the last possible day is 9999-12-31; or use never`,
    );
  }
  return moment;
}

function parseSpanFromNow(text: string, now: Date): Date {
  const span = readSpan(text);
  if (!span) {
    throw new InvalidValue(`'${text}' is not a time${meantSpan(text)}: use one like ${whenExamples}`);
  }
  if (isZero(span)) throw new InvalidValue(`'${text}' would expire at once: use a time like ${whenExamples}`);
  return new SpanEnd(now, span);
}

/**
 * Parses a moment in the past, for filters: a span (that long ago), a date (its first or last millisecond, UTC), or
 * RFC 3339. Throws `InvalidValue`.
 */
export function parsePast(text: string, now: Date, edge: 'start' | 'end'): Date {
  const trimmedText = text.trim();
  const moment =
    parseMoment(trimmedText, edge === 'end' ? '23:59:59.999' : '00:00:00') ??
    readSpanBefore(trimmedText, now);
  if (Number.isNaN(moment.getTime())) throw new InvalidValue(`'${text}' is too long ago`);
  return moment;
}

function readSpanBefore(text: string, now: Date): Date {
  const span = readSpan(text);
  if (span) return before(now, span);
  const [today = '', yesterday = ''] = [0, 1].map((days) => dateOf(now, days));
  const date = { today, yesterday }[text.toLowerCase()];
  const meant = date === undefined ? meantSpan(text) : ` (did you mean ${date}?)`;
  throw new InvalidValue(
    `'${text}' is not a time${meant}: use one like 30min, 36h, 7d, ${yesterday} or ${yesterday}T18:00:00Z`,
  );
}

/** The date of so many days ago, in UTC. */
function dateOf(now: Date, days: number): string {
  return new Date(now.getTime() - days * day).toISOString().slice(0, 10);
}

const rfc3339 = /^(\d{4}-\d{2}-\d{2})(?:[Tt ](\d{2}:\d{2}:\d{2}(?:\.\d+)?)([Zz]|[+-]\d{2}:\d{2})?)?$/;

/**
 * A calendar date, at the given time of day, or an RFC 3339 time (RFC 3339 section 5.6); undefined if the text looks like
 * neither.
 */
function parseMoment(text: string, timeOfDay: string): Date | undefined {
  const match = rfc3339.exec(text);
  if (!match) {
    if (/^\d{4}-\d{2}-\d{2}/.test(text)) {
      throw new InvalidValue(`'${text}' is not an RFC 3339 time: use one like 2027-01-31T18:00:00Z`);
    }
    return undefined;
  }
  const [, date = '', time, zone] = match;
  if (Number.isNaN(Date.parse(date)) || new Date(date).toISOString().slice(0, 10) !== date) {
    throw new InvalidValue(`'${text}' names a day that does not exist`);
  }
  if (!time) return new Date(`${date}T${timeOfDay}Z`);
  if (!zone)
    throw new InvalidValue(
      `'${text}' has no time zone: end it with Z for UTC, or with an offset like +02:00`,
    );
  const moment = new Date(`${date}T${time}${zone.toUpperCase()}`);
  // JavaScript also accepts 24:00:00, for midnight at the end of the day; RFC 3339 does not.
  if (Number.isNaN(moment.getTime()) || time.startsWith('24'))
    throw new InvalidValue(`'${text}' names a time that does not exist`);
  return moment;
}

/** How far a moment may be from a step and still count as that step. */
const stepToleranceMs = 60_000;

/** The span, such as `90d`, that ends at this moment; undefined if none does. */
export function stepAt(steps: readonly string[], moment: Date, now: Date): string | undefined {
  if (steps.length === 0) return undefined;
  const step = nearestStep(steps, moment, now);
  return distance(step, moment, now) < stepToleranceMs ? step : undefined;
}

/** The span that ends closest to a moment: minutes may have passed since it was chosen. Throws if there are no spans. */
export function nearestStep(steps: readonly string[], moment: Date, now: Date): string {
  return steps.reduce((best, step) =>
    distance(step, moment, now) < distance(best, moment, now) ? step : best,
  );
}

function distance(step: string, moment: Date, now: Date): number {
  return Math.abs(after(now, parseDuration(step)).getTime() - moment.getTime());
}

/** An RFC 3339 time without its fraction of a second. */
export function absoluteTime(time: string): string {
  return time.replace(/\.\d+Z$/, 'Z');
}

/** A span as a person writes it: `90d`, `6mo`, `36h`. */
export function spanText({ months, milliseconds }: Duration): string {
  const parts = [
    ...(months > 0 ? [months % 12 === 0 ? `${months / 12}y` : `${months}mo`] : []),
    ...(milliseconds > 0 || months === 0 ? [shortSpan(milliseconds)] : []),
  ];
  return parts.join(' ');
}

function shortSpan(milliseconds: number): string {
  const [unit, size] = spanUnits.find(([, length]) => milliseconds % length === 0) ?? ['s', second];
  return `${milliseconds / size}${unit}`;
}

const spanUnits = [
  ['d', day],
  ['h', 3600 * second],
  ['min', 60 * second],
] as const;
