import type {
  AmountPath,
  ListPath,
  Path,
  TextPath,
  TimePath,
  ValuePath,
} from '../providers/declaration/field.ts';
import { amountStyles, listStyles, timeStyles } from '../providers/declaration/styles.ts';
import type { Part } from './select.ts';
import {
  elements,
  isPlainText,
  number,
  optional,
  part,
  requiredAll,
  select,
  text,
  valueIn,
  wrongShape,
} from './select.ts';

/*
 * Reads values as a declaration describes them. Each function returns undefined if the response has no such value, and
 * null if the value means none. A value of the wrong shape is a `WrongShape`.
 */

export function textAt(from: Part, where: TextPath | undefined): string | null | undefined {
  if (where === undefined) return undefined;
  if (isPath(where)) {
    const value = valueIn(from, where);
    if (isNone(value) || isPlainText(value)) return value;
  }
  return read(from, where, text);
}

export function amountAt(from: Part, where: AmountPath | undefined): number | null | undefined {
  if (where === undefined) return undefined;
  if (isPath(where)) {
    const value = valueIn(from, where);
    if (isNone(value) || (typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER))
      return value;
  }
  return isPath(where) ? read(from, where, number) : amountInUnit(from, where);
}

function amountInUnit(from: Part, where: Exclude<AmountPath, Path>): number | null | undefined {
  const unit = styleOf(where);
  const perDollar = unit === undefined ? 1 : amountStyles[unit].perDollar;
  if ('sum' in where) return sumAt(from, where.sum, perDollar);
  return read(from, where, (found) => number(found) / perDollar);
}

/** Null without one of the numbers: the rest would pass for the whole. */
function sumAt(from: Part, paths: readonly Path[], perDollar: number): number | null {
  const numbers = paths.map((path) => optional(from, path, number) ?? null);
  const sum = numbers.reduce((total, one) => (total === null || one === null ? null : total + one), 0);
  return sum === null ? null : sum / perDollar;
}

export function listAt(from: Part, where: ListPath | undefined): readonly string[] | null | undefined {
  if (where === undefined) return undefined;
  if (isPath(where)) {
    const value = valueIn(from, where);
    if (isNone(value) || (Array.isArray(value) && value.every(isPlainText))) return value;
  }
  const values = read(from, where, (found) => itemsIn(found, where));
  const words = Object.entries(wordsOf(where));
  if (!values || words.length === 0) return values;
  return values.map((value) => words.find(([, written]) => String(written) === value)?.[0] ?? value);
}

function itemsIn(list: Part, where: ListPath | undefined): string[] {
  const item = where !== undefined && !isPath(where) && 'item' in where ? where.item : undefined;
  const style = styleOf(where);
  if (item !== undefined)
    return elements(list).flatMap((one) => requiredAll(one, item, 'text of the item').map(word));
  if (style === undefined) return Array.isArray(list.value) ? elements(list).map(word) : [word(list)];
  return text(list)
    .split(listStyles[style].separator)
    .map((one) => one.trim())
    .filter(Boolean);
}

/** A text, or what stands for one in `words`. */
function word(field: Part): string {
  return typeof field.value === 'boolean' ? String(field.value) : text(field);
}

/** The values of a list as the API calls them. */
export function inApiWords(
  values: readonly string[],
  where: ListPath | undefined,
): readonly (string | number | boolean)[] {
  const words = wordsOf(where);
  return values.map((value) => (Object.hasOwn(words, value) ? (words[value] ?? value) : value));
}

function wordsOf(where: ListPath | undefined): Readonly<Record<string, string | number | boolean>> {
  return typeof where === 'object' && 'words' in where ? (where.words ?? {}) : {};
}

/** RFC 3339, UTC. */
export function timeAt(from: Part, where: TimePath | undefined): string | null | undefined {
  if (where === undefined) return undefined;
  const style = styleOf(where);
  const path = pathOnly(where);
  if (path !== undefined) {
    const value = valueIn(from, path);
    if (isNone(value)) return value;
    const time = timeOf(value, style);
    if (time !== undefined) return time;
  }
  return read(from, where, timeReader(style));
}

/** Apart, because functions within functions take memory for each field of each key, whether they are called or not. */
function timeReader(style: TimeStyleName | undefined): (found: Part) => string {
  return (found) => {
    const time = timeOf(found.value, style);
    if (time === undefined) throw wrongShape(found, 'a time');
    return time;
  };
}

type TimeStyleName = keyof typeof timeStyles;

/** RFC 3339 ends with the year 9999; what lies past it is a time in another unit. */
const endOfTimes = Date.UTC(10_000, 0);

/** Undefined if the value is no time in this style, or without one, in ISO 8601. */
function timeOf(value: unknown, style: TimeStyleName | undefined): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  if (style === undefined && typeof value === 'string' && isOurs.test(value)) return value;
  const milliseconds = style === undefined ? parseTime(String(value)) : timeStyles[style].read(String(value));
  return milliseconds >= 0 && milliseconds < endOfTimes ? new Date(milliseconds).toISOString() : undefined;
}

/** A time as `toISOString` writes it, on any day but 29 February: most are, and writing them again takes long. */
const isOurs =
  /^(?:19[7-9]|[2-9]\d\d)\d-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)T(?:[01]\d|2[0-3])(?::[0-5]\d){2}\.\d{3}Z$/;

/** An ISO 8601 time without a zone is taken as UTC; `Date.parse` would take the zone of this machine. */
function parseTime(text: string): number {
  const isZoneless = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?$/.test(text);
  return Date.parse(isZoneless ? `${text.replace(' ', 'T')}Z` : text);
}

/** The value itself; null if it means none. */
export function valueAt(from: Part, where: Single<ValuePath> | undefined): Part | undefined {
  if (where === undefined) return undefined;
  if (isPath(where)) return select(from, where);
  if ('always' in where) return part(where.always, from.at);
  const found = select(from, where.at);
  if (!found) return where.missing === undefined ? undefined : part(where.missing, from.at);
  const meansNone = where.none?.some((none) => String(none) === String(found.value));
  return meansNone ? part(null, found.at) : found;
}

function read<T>(
  from: Part,
  where: Single<ValuePath> | undefined,
  of: (found: Part) => T,
): T | null | undefined {
  const found = valueAt(from, where);
  if (!found) return undefined;
  return found.value === null ? null : of(found);
}

/** No value, or one that means none: a path alone has no other. */
function isNone(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

/** What describes one value. */
type Single<Where> = Exclude<Where, { sum: unknown }>;

/** The path of a value that is described by no more than a path and a style. */
function pathOnly(where: TimePath): Path | undefined {
  if (isPath(where)) return where;
  return 'at' in where && !('none' in where) && !('missing' in where) ? where.at : undefined;
}

function isPath(where: ValuePath): where is Path {
  return typeof where === 'string' || Array.isArray(where);
}

function styleOf<Where extends ValuePath>(
  where: Where | undefined,
): Extract<Where, { as?: unknown }>['as'] | undefined {
  return typeof where === 'object' && 'as' in where ? where.as : undefined;
}
