import { KeysError } from '../base/errors.ts';
import type { Path, TimePath } from '../providers/declaration/field.ts';
import { timeStyles } from '../providers/declaration/styles.ts';

/*
 * Reads values from a response. A value of the wrong type is an error that names its place, such as
 * `data.keys[3].created`, and never repeats the value.
 */

/** A part of a response, and where it was. */
export interface Part {
  readonly value: unknown;
  readonly at: string;
}

export function part(value: unknown, at = ''): Part {
  return { value, at };
}

/** The value at the first of the paths that exists; undefined if none does. */
export function select(from: Part, path: Path): Part | undefined {
  for (const one of typeof path === 'string' ? [path] : path) {
    let found: Part | undefined = from;
    for (const name of one === '' ? [] : one.split('.')) found = found && child(found, name);
    if (found && found.value !== undefined) return found;
  }
  return undefined;
}

/** The value at a path that must exist. Throws `KeysError` (7), which calls it `what`. */
export function required(answer: Part, path: Path, what: string): Part {
  const found = select(answer, path);
  if (found && found.value !== null) return found;
  throw wrongShape(answer, `a response with the ${what} at ${[path].flat().join(' or ') || 'its top'}`);
}

/** Undefined if the API has no such field, null if it is null. */
export function optional<T>(
  from: Part,
  path: Path | undefined,
  read: (found: Part) => T,
): T | null | undefined {
  const found = path === undefined ? undefined : select(from, path);
  if (!found) return undefined;
  return found.value === null ? null : read(found);
}

/** A record without its undefined fields. */
export function withoutAbsent<T extends object>(fields: { [Name in keyof T]: T[Name] | undefined }): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}

function child({ value, at }: Part, name: string): Part | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return part((value as Record<string, unknown>)[name], at === '' ? name : `${at}.${name}`);
}

/** The parts of a list. */
export function elements(list: Part): Part[] {
  if (!Array.isArray(list.value)) throw wrongShape(list, 'a list');
  return list.value.map((value: unknown, index) => part(value, `${list.at}[${index}]`));
}

/** A longer text does not name or describe anything. */
const maxTextLength = 10_000;

/** A string. Numbers count, because some ids are, if JavaScript reads them exactly. */
export function text(found: Part): string {
  if (typeof found.value === 'number') {
    if (Number.isInteger(found.value) && !Number.isSafeInteger(found.value))
      throw wrongShape(found, 'a number that JavaScript reads exactly');
    return String(found.value);
  }
  if (typeof found.value !== 'string') throw wrongShape(found, 'a string');
  if (found.value.length > maxTextLength)
    throw wrongShape(found, `a string of at most ${maxTextLength} characters`);
  return found.value;
}

/** A number, or a string with one. */
export function number(found: Part): number {
  const value =
    typeof found.value === 'string' && found.value.trim() !== '' ? Number(found.value) : found.value;
  if (typeof value !== 'number' || !(Math.abs(value) <= Number.MAX_SAFE_INTEGER))
    throw wrongShape(found, 'a number');
  return value;
}

/** A list of strings; one string is a list of one. */
export function texts(found: Part): string[] {
  return typeof found.value === 'string' ? [found.value] : elements(found).map(text);
}

/** An object whose values are strings. Null values are omitted; any other value is omitted and passed to `onUnreadable`. */
export function textsByName(
  found: Part,
  onUnreadable: (problem: WrongShape) => void,
): Record<string, string> {
  const { value, at } = found;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrongShape(found, 'an object of strings');
  const entries = Object.entries(value).flatMap(([name, one]) => {
    if (one === null) return [];
    try {
      return [[name, text(part(one, `${at}.${name}`))] as const];
    } catch (error) {
      if (!(error instanceof WrongShape)) throw error;
      onUnreadable(error);
      return [];
    }
  });
  return Object.fromEntries(entries);
}

/** A time as RFC 3339 UTC. */
export function time(from: Part, path: TimePath): string | null | undefined {
  const { at, as } = typeof path === 'object' && 'as' in path ? path : { at: path };
  const found = select(from, at);
  if (!found) return undefined;
  if (found.value === null) return null;
  const isWritten = typeof found.value === 'string' || typeof found.value === 'number';
  const read = as === undefined ? Date.parse : timeStyles[as].read;
  const milliseconds = isWritten ? read(String(found.value)) : Number.NaN;
  // RFC 3339 ends with the year 9999; what lies past it is a time in another unit.
  if (!(milliseconds >= 0 && milliseconds < Date.UTC(10_000, 0))) throw wrongShape(found, 'a time');
  return new Date(milliseconds).toISOString();
}

/** A response that is not what the API documents. */
export class WrongShape extends KeysError {
  /** `the field keys[3].created is not a time`. */
  readonly what: string;

  constructor(what: string) {
    super({
      code: 'unexpected_answer',
      message: `${what}; this is not the API that the provider declares, or it has changed`,
      hints: ['check the URL of the profile: keys status', 'look at the traffic: --debug'],
    });
    this.what = what;
  }
}

export function wrongShape(found: Part, expected: string): WrongShape {
  const place = found.at === '' ? 'the response' : `the field ${found.at}`;
  return new WrongShape(`${place} is not ${expected}`);
}
