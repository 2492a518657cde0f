import type { ValueFinder } from './find-values.ts';
import { contextLength } from './find-values.ts';

/*
 * Searches a text that comes in pieces, such as a file of any size, in constant memory. The end of a block is searched with
 * the next one, so that no value is cut. UTF-16 with a byte order mark is decoded; other binaries are not searched.
 */

/** A value in a text. Lines and columns count from 1; a column is a UTF-16 unit, as editors count. */
export interface PlacedValue {
  line: number;
  column: number;
  value: string;
  format: number;
}

/** Searched at a time. */
export const blockSize = 524_288;
/** Where NUL bytes tell a binary, as in git. */
const headLength = 8_000;
const [newline, firstOfFour] = [0x0a, 0xf0];

export class TextSearch {
  readonly #finder: ValueFinder;
  readonly #onValue: (value: PlacedValue) => void;
  readonly #buffer: Buffer;
  readonly #overlap: number;
  /** Bytes in the buffer, and from which of them on values have not been looked for. */
  #filled = 0;
  #unsearched = 0;
  /** The position of the first byte of the buffer. */
  #line = 1;
  #column = 1;
  #isStarted = false;
  #isBinary = false;
  #countsLines = true;
  #isUncounted = false;
  #isMisplaced = false;
  #wide: { decoder: InstanceType<typeof TextDecoder>; text: TextSearch } | undefined;
  /** Of the text so far. */
  bytes = 0;

  constructor(finder: ValueFinder, onValue: (value: PlacedValue) => void) {
    this.#finder = finder;
    this.#onValue = onValue;
    this.#overlap = finder.maxLength + 1;
    this.#buffer = Buffer.allocUnsafeSlow(blockSize + this.#overlap + contextLength);
  }

  /**
   * Begins another text. Counting lines takes as long as searching: without it, the values in the first half megabyte have
   * their right places, and `isMisplaced` says if there are others.
   */
  begin({ countsLines = true } = {}): void {
    this.#countsLines = countsLines;
    this.#isUncounted = false;
    this.#isMisplaced = false;
    this.#filled = 0;
    this.#unsearched = 0;
    this.#line = 1;
    this.#column = 1;
    this.#isStarted = false;
    this.#isBinary = false;
    this.#wide = undefined;
    this.bytes = 0;
  }

  /** Where the next bytes go, at least one. `advance` says how many there are. */
  get space(): Buffer {
    return this.#buffer.subarray(this.#filled);
  }

  /** Whether the text turned out to be binary: the rest of it has no use. */
  get isBinary(): boolean {
    return this.#isBinary;
  }

  get isMisplaced(): boolean {
    return this.#isMisplaced;
  }

  advance(count: number): void {
    this.#filled += count;
    this.bytes += count;
    if (this.#filled === this.#buffer.length) this.#search(false);
  }

  write(piece: Buffer): void {
    let at = 0;
    while (at < piece.length && !this.#isBinary) {
      const count = piece.copy(this.#buffer, this.#filled, at);
      this.advance(count);
      at += count;
    }
  }

  /** Searches the rest. What was read may hold secrets, and is not left behind. */
  end(): void {
    this.#search(true);
  }

  #search(isLast: boolean): void {
    if (!this.#isStarted) this.#start();
    if (this.#isBinary) {
      this.#filled = 0;
      return;
    }
    if (this.#wide) {
      this.#decode(isLast);
      return;
    }
    const to = isLast ? this.#filled : this.#filled - this.#overlap;
    let from = 0;
    for (const found of this.#finder.valuesIn(this.#buffer, this.#unsearched, to, this.#filled)) {
      this.#moveTo(from, found.start);
      from = found.start;
      this.#isMisplaced ||= this.#isUncounted;
      this.#onValue({ line: this.#line, column: this.#column, value: found.value, format: found.format });
      this.#unsearched = found.start + found.value.length;
    }
    if (isLast) return;
    this.#unsearched = Math.max(to, this.#unsearched);
    const kept = Math.max(from, to - contextLength);
    if (this.#countsLines) this.#moveTo(from, kept);
    else this.#isUncounted = true;
    this.#buffer.copyWithin(0, kept, this.#filled);
    this.#filled -= kept;
    this.#unsearched -= kept;
  }

  /** Looks at the first bytes. */
  #start(): void {
    this.#isStarted = true;
    const head = this.#buffer.subarray(0, Math.min(this.#filled, headLength));
    const encoding = wideEncoding(head);
    if (encoding !== undefined) {
      const text = new TextSearch(this.#finder, this.#onValue);
      text.#isStarted = true;
      this.#wide = { decoder: new TextDecoder(encoding), text };
    } else if (head.includes(0)) this.#isBinary = true;
    else if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) {
      this.#buffer.copyWithin(0, 3, this.#filled);
      this.#filled -= 3;
    }
  }

  #decode(isLast: boolean): void {
    const piece = this.#wide?.decoder.decode(this.#buffer.subarray(0, this.#filled), { stream: !isLast });
    this.#wide?.text.write(Buffer.from(piece ?? ''));
    if (isLast) this.#wide?.text.end();
    this.#filled = 0;
  }

  /** Moves line and column from one byte of the buffer to another one. */
  #moveTo(from: number, to: number): void {
    const buffer = this.#buffer;
    for (let at = from; at < to; at++) {
      const byte = buffer[at] as number;
      if (byte === newline) {
        this.#line += 1;
        this.#column = 1;
      } else if (byte < 0x80 || byte >= 0xc0) this.#column += byte >= firstOfFour ? 2 : 1;
    }
  }
}

function wideEncoding(head: Buffer): string | undefined {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  return undefined;
}
