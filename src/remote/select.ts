import { KeysError } from '../base/errors.ts';
import type { Path } from '../providers/declaration/field.ts';

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

/** A part of another one. Where it was is worked out when it is told: of most of a long list it never is. */
class InnerPart implements Part {
  readonly value: unknown;
  readonly outer: Part;
  readonly name: string | number;

  constructor(value: unknown, outer: Part, name: string | number) {
    this.value = value;
    this.outer = outer;
    this.name = name;
  }

  get at(): string {
    const { at } = this.outer;
    if (typeof this.name === 'number') return `${at}[${this.name}]`;
    return at === '' ? this.name : `${at}.${this.name}`;
  }
}

/** The value at the first of the paths that exists; undefined if none does. */
export function select(from: Part, path: Path): Part | undefined {
  if (typeof path === 'string') return selectAt(from, path);
  for (const one of path) {
    const selectedPart = selectAt(from, one);
    if (selectedPart) return selectedPart;
  }
  return undefined;
}

function selectAt(from: Part, path: string): Part | undefined {
  let current: Part | undefined = from;
  for (const name of namesOf(path)) {
    current = child(current, name);
    if (!current) return undefined;
  }
  return current.value === undefined ? undefined : current;
}

/** The names in the paths of a declaration, which are the same for every item of a list. */
const pathNames = new Map<string, readonly string[]>([['', []]]);

function namesOf(path: string): readonly string[] {
  let names = pathNames.get(path);
  if (!names) {
    names = path.split('.');
    pathNames.set(path, names);
  }
  return names;
}

/** The value of `select`, without where it was: of most of a long list, only an error needs to know. */
export function valueIn({ value }: Part, path: Path): unknown {
  if (typeof path === 'string') return valueInside(value, path);
  for (const one of path) {
    const selectedValue = valueInside(value, one);
    if (selectedValue !== undefined) return selectedValue;
  }
  return undefined;
}

function valueInside(value: unknown, path: string): unknown {
  const names = namesOf(path);
  let current = value;
  // An iterator for each field of each key would be a tenth of the memory that a short list takes.
  for (let at = 0; at < names.length; at++) {
    const name = names[at] as string;
    if (!hasField(current, name)) return undefined;
    current = current[name];
  }
  return current;
}

function hasField(value: unknown, name: string): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name);
}

/** What `text` returns as it is. */
export function isPlainText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= maxTextLength;
}

/** The value at a path that must exist. Throws `KeysError` (7), which calls it `what`. */
export function required(answer: Part, path: Path, what: string): Part {
  const requiredPart = select(answer, path);
  if (requiredPart && requiredPart.value !== null) return requiredPart;
  throw missing(answer, `${what} at ${[path].flat().join(' or ') || 'its top'}`);
}

/** The values at a path in which `*` stands for each item of a list. Throws `KeysError` (7) if one is missing. */
export function requiredAll(answer: Part, path: Path, what: string): Part[] {
  const paths = [path].flat().map((one) => one.split('.*.'));
  const existing = paths.find(([first = '']) => select(answer, first)) ?? paths[0] ?? [];
  const [first = '', ...others] = existing;
  const start = required(answer, first, what);
  return others.length === 0
    ? [start]
    : elements(start).flatMap((item) => requiredAll(item, others.join('.*.'), what));
}

/** Undefined if the API has no such field, null if it is null. */
export function optional<T>(
  from: Part,
  path: Path | undefined,
  readField: (field: Part) => T,
): T | null | undefined {
  const optionalPart = path === undefined ? undefined : select(from, path);
  if (!optionalPart) return undefined;
  return optionalPart.value === null ? null : readField(optionalPart);
}

/** A record without its undefined fields: itself if it has none, since a copy takes longer to make and to print. */
export function withoutAbsent<T extends object>(fields: { [Name in keyof T]: T[Name] | undefined }): T {
  if (isComplete(fields)) return fields as T;
  const present: Partial<T> = {};
  for (const name in fields) if (fields[name] !== undefined) present[name] = fields[name];
  return present as T;
}

function isComplete(fields: object): boolean {
  for (const name in fields) if (fields[name as keyof typeof fields] === undefined) return false;
  return true;
}

function child(outer: Part, name: string): Part | undefined {
  const { value } = outer;
  return hasField(value, name) ? new InnerPart(value[name], outer, name) : undefined;
}

/** The parts of a list. */
export function elements(list: Part): Part[] {
  if (!Array.isArray(list.value)) throw wrongShape(list, 'a list');
  return list.value.map((value: unknown, index) => new InnerPart(value, list, index));
}

/** A longer text does not name or describe anything. */
const maxTextLength = 10_000;

/** A string. Numbers count, because some ids are, if JavaScript reads them exactly. */
export function text(field: Part): string {
  if (typeof field.value === 'number') {
    if (Number.isInteger(field.value) && !Number.isSafeInteger(field.value))
      throw wrongShape(field, 'a number that JavaScript reads exactly');
    return String(field.value);
  }
  if (typeof field.value !== 'string') throw wrongShape(field, 'a string');
  if (field.value.length > maxTextLength)
    throw wrongShape(field, `a string of at most ${maxTextLength} characters`);
  return field.value;
}

/** A number, or a string with one. */
export function number(field: Part): number {
  const value =
    typeof field.value === 'string' && field.value.trim() !== '' ? Number(field.value) : field.value;
  if (typeof value !== 'number' || !(Math.abs(value) <= Number.MAX_SAFE_INTEGER))
    throw wrongShape(field, 'a number');
  return value;
}

/** What `textsByName` returns as it is. */
export function areTextsByName(value: unknown): value is Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  for (const name in value) if (!isPlainText(value[name as keyof typeof value])) return false;
  return true;
}

/** An object whose values are strings. Null values are omitted; any other value is omitted and passed to `onUnreadable`. */
export function textsByName(
  field: Part,
  onUnreadable: (problem: WrongShape) => void,
): Readonly<Record<string, string>> {
  const { value } = field;
  if (areTextsByName(value)) return value;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrongShape(field, 'an object of strings');
  const entries: [name: string, value: string][] = [];
  for (const [name, one] of Object.entries(value)) {
    if (one === null) continue;
    try {
      entries.push([name, text(new InnerPart(one, field, name))]);
    } catch (error) {
      if (!(error instanceof WrongShape)) throw error;
      onUnreadable(error);
    }
  }
  return Object.fromEntries(entries);
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

export function wrongShape(field: Part, expectation: string): WrongShape {
  return new WrongShape(`${placeOf(field)} is not ${expectation}`);
}

/** `what`: `list keys`. */
export function missing(field: Part, what: string): WrongShape {
  return new WrongShape(`${placeOf(field)} has no ${what}`);
}

function placeOf({ at }: Part): string {
  return at === '' ? 'the response' : `the field ${at}`;
}
