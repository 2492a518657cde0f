import { createHash } from 'node:crypto';
import type { ValueFormat } from '../keys/value-format.ts';
import { minRowLength } from '../keys/value-format.ts';

/*
 * Finds values in bytes. Every value has a long row of letters, digits, `-` and `_`, and most text has none: so the search
 * looks at every 16th byte or so, and back from there only as far as a row reaches. Only within such rows it compares.
 */

/** A format with what tells a value from a lookalike. */
export interface SoughtFormat extends ValueFormat {
  /** Confirms it, such as by a checksum: then it is a value wherever it stands. */
  readonly confirms?: (value: string) => boolean;
}

/** A value in bytes. `format` is its place in the list of formats. */
export interface FoundValue {
  start: number;
  value: string;
  format: number;
}

const isRowByte = new Uint8Array(256);
for (const character of '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_')
  isRowByte[character.charCodeAt(0)] = 1;

/** A value may begin after these, though a letter comes before it: `\n`, `\u000a`, `%3D` and the end of a colour. */
const escapeBefore =
  /(?:\\(?:[abefnrtv]|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2})|%[0-9a-fA-F]{2}|\x1b\[[0-9;]*[A-Za-z])$/;
const maxHashedLength = 256;
/** The longest of them that is looked for. */
export const contextLength = 16;

export class ValueFinder {
  readonly #formats: readonly (SoughtFormat | undefined)[];
  readonly #hashes: ReadonlyMap<string, number>;
  /** The places of the formats by their first two bytes, those with the longest literal first. */
  readonly #byPair = new Map<number, number[]>();
  readonly #isPair = new Uint8Array(65_536);
  readonly #rowLength: number;
  readonly #maxLead: number;
  /** No value is longer. */
  readonly maxLength: number;

  /** `hashes`: of values without a format, with their places in the list. */
  constructor(
    formats: readonly (SoughtFormat | undefined)[],
    hashes: ReadonlyMap<string, number> = new Map(),
  ) {
    this.#formats = formats;
    this.#hashes = hashes;
    const known = formats.filter((format) => format !== undefined);
    const isAnyRow = hashes.size > 0 || known.length === 0;
    this.#rowLength = isAnyRow ? minRowLength : Math.min(...known.map(({ rowLength }) => rowLength));
    this.#maxLead = Math.max(0, ...known.map(({ maxLead }) => maxLead));
    this.maxLength = Math.max(
      hashes.size > 0 ? maxHashedLength : 0,
      ...known.map(({ maxLength }) => maxLength),
    );
    const places = [...formats.keys()].sort(
      (a, b) => (formats[b]?.literal.length ?? 0) - (formats[a]?.literal.length ?? 0),
    );
    for (const place of places) {
      const literal = formats[place]?.literal;
      if (literal === undefined) continue;
      const pair = (literal.charCodeAt(0) << 8) | literal.charCodeAt(1);
      this.#isPair[pair] = 1;
      this.#byPair.set(pair, [...(this.#byPair.get(pair) ?? []), place]);
    }
  }

  /** The values that start in `[from, to)`, in order, none inside another. Looks at no byte from `end` on. */
  valuesIn(bytes: Buffer, from: number, to: number, end: number): FoundValue[] {
    const values: FoundValue[] = [];
    const rowLength = this.#rowLength;
    let next = from;
    let start = from;
    // What is before it is known to be a row back to `start`.
    let checked = from;
    for (let last = start + rowLength - 1; last < end; last = start + rowLength - 1) {
      let at = last;
      while (at >= checked && isRowByte[bytes[at] as number] === 1) at -= 1;
      if (at >= checked) {
        start = at + 1;
        checked = last + 1;
        continue;
      }
      if (start - this.#maxLead >= to) break;
      let rowEnd = last + 1;
      while (rowEnd < end && isRowByte[bytes[rowEnd] as number] === 1) rowEnd += 1;
      next = this.#searchRow(bytes, { next, start, rowEnd, to, end }, values);
      start = rowEnd + 1;
      checked = start;
    }
    return values;
  }

  /** Adds the values that begin in a long row, or shortly before it. Returns where the next one may begin. */
  #searchRow(
    bytes: Buffer,
    {
      next,
      start,
      rowEnd,
      to,
      end,
    }: { next: number; start: number; rowEnd: number; to: number; end: number },
    values: FoundValue[],
  ): number {
    const hashed = this.#hashes.size > 0 && start < to ? this.#hashedRow(bytes, start, rowEnd) : undefined;
    if (hashed) {
      values.push(hashed);
      return rowEnd;
    }
    const isPair = this.#isPair;
    const last = Math.min(rowEnd, to);
    for (let at = Math.max(next, start - this.#maxLead); at < last; at++) {
      if (isPair[((bytes[at] as number) << 8) | (bytes[at + 1] as number)] === 0) continue;
      const found = this.#valueAt(bytes, at, end);
      if (!found) continue;
      values.push(found);
      at += found.value.length - 1;
      next = at + 1;
    }
    return next;
  }

  #hashedRow(bytes: Buffer, start: number, end: number): FoundValue | undefined {
    if (end - start > maxHashedLength) return undefined;
    const value = bytes.toString('latin1', start, end);
    const format = this.#hashes.get(createHash('sha256').update(value).digest('hex'));
    return format === undefined ? undefined : { start, value, format };
  }

  #valueAt(bytes: Buffer, at: number, end: number): FoundValue | undefined {
    const pair = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
    for (const place of this.#byPair.get(pair) ?? []) {
      const format = this.#formats[place];
      if (!format || !startsWith(bytes, format.literal, at, end)) continue;
      const text = bytes.toString('latin1', at, Math.min(at + format.maxLength, end));
      format.pattern.lastIndex = 0;
      const [value] = format.pattern.exec(text) ?? [];
      if (value === undefined) continue;
      const isValue = format.confirms ? format.confirms(value) : isWhole(bytes, at, value, format, end);
      if (isValue) return { start: at, value, format: place };
    }
    return undefined;
  }
}

function startsWith(bytes: Buffer, literal: string, at: number, end: number): boolean {
  if (at + literal.length > end) return false;
  for (let index = 2; index < literal.length; index++)
    if (bytes[at + index] !== literal.charCodeAt(index)) return false;
  return true;
}

/** Whether it is no part of a longer word. */
function isWhole(bytes: Buffer, at: number, value: string, format: SoughtFormat, end: number): boolean {
  const after = at + value.length;
  if (isPlaceholder(value.slice(format.literal.length))) return false;
  if (after < end && format.continues.test(String.fromCharCode(bytes[after] as number))) return false;
  if (at === 0 || !/[0-9A-Za-z]/.test(String.fromCharCode(bytes[at - 1] as number))) return true;
  return escapeBefore.test(bytes.toString('latin1', Math.max(0, at - contextLength), at));
}

/** Words of lower case with hyphens between them, as in the name of a class, or a row of x. */
function isPlaceholder(text: string): boolean {
  return /^(?:[a-z]+(?:[-_][a-z]+)+|[xX]+)$/.test(text);
}
