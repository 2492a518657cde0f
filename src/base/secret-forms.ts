import type { ByteTable, Layer } from './escape-layers.ts';
import {
  firstLayer,
  fold,
  foldedBytes,
  foldedText,
  nextLayer,
  unfoldedBytes,
  withoutEscapes,
} from './escape-layers.ts';

/** Shorter secrets are looked for as they are only: their encodings occur in ordinary text. */
export const minEncodedLength = 8;

/** How many layers of escapes are undone, as in a URL within a URL within JSON. */
const maxEscapeLayers = 3;

/** Bytes that one character may take where every character is escaped, as in `\\u0073`. */
const maxEscapeBytes = 12;

/** Bytes of a text that the secret is hidden in at once: positions are kept for each of them. */
const windowBytes = 64 * 1024;

/** The first characters of escapes, and the zeros of UTF-16. */
const escapeCharacters = ['\\', '%', '&', '\0'];
const escapeBytes = escapeCharacters.map((character) => character.charCodeAt(0));

/** What folding leaves as it is, but for the case. */
const unfoldedRow = /[^\u0080-\u00ff+/]+/g;

/**
 * The forms in which others may repeat a secret: as it is, in either case, backwards, in base64 of either alphabet at any
 * offset, in hex, in UTF-16, and with any of its characters escaped as URLs, JSON, HTML and programming languages do.
 * `isIn`, `hideIn` and `undecidedEnd` mean the same forms.
 */
export class SecretForms {
  readonly #secret: Buffer;
  /** Folded. */
  readonly #forms: readonly string[];
  readonly #traces: readonly string[];
  #patternBuffers: readonly Buffer[] | undefined;
  #characters: ReadonlySet<number> | undefined;

  constructor(secret: string) {
    const bytes = Buffer.from(secret);
    const encodedForms = bytes.length < minEncodedLength ? [] : encodingsOf(bytes);
    this.#secret = bytes;
    this.#forms = bytes.length === 0 ? [] : [bytes.toString('latin1'), ...encodedForms].map(foldedText);
    this.#traces = tracesOf(this.#forms);
  }

  /** Most texts have no trace of the secret, and are not searched for these. */
  get #patterns(): readonly Buffer[] {
    this.#patternBuffers ??= this.#forms.map((form) => Buffer.from(form, 'latin1'));
    return this.#patternBuffers;
  }

  /** No form of the secret takes more bytes. */
  get maxBytes(): number {
    return this.#secret.length * maxEscapeBytes;
  }

  isIn(text: Buffer | string): boolean {
    if (typeof text === 'string' && !this.#mayBeIn(text)) return false;
    const bytes = fold(typeof text === 'string' ? Buffer.from(text) : text);
    if (this.#matches(bytes)) return true;
    if (!bytes.includes('\\') && !bytes.includes('%') && !bytes.includes('&#')) return false;
    let escapedText = bytes.toString('latin1');
    for (let layer = 0; layer < maxEscapeLayers; layer++) {
      const plain = withoutEscapes(escapedText);
      if (plain === escapedText) return false;
      if (this.#matches(Buffer.from(plain, 'latin1'))) return true;
      escapedText = plain;
    }
    return false;
  }

  /** The text with every form of the secret replaced by `****`; a short secret only in its own case. */
  hideIn(text: string): string {
    if (!this.isIn(text)) return text;
    const bytes = Buffer.from(text);
    const parts: Buffer[] = [];
    for (let start = 0, size = windowBytes; start < bytes.length; ) {
      const window = bytes.subarray(start, start + size);
      const isLast = start + size >= bytes.length;
      const { shown, length } = this.#hideInWindow(window, isLast ? 0 : this.undecidedEnd(window));
      parts.push(shown);
      start += length;
      // Where all of a window may be the beginning of a secret, its end is in a larger one.
      size = length > 0 ? windowBytes : size * 2;
    }
    return Buffer.concat(parts).toString();
  }

  /** Hides the secret in a part of a text, and tells how many bytes of it that took; `undecided` at its end are left. */
  #hideInWindow(window: Buffer, undecided: number): { shown: Buffer; length: number } {
    const isShort = this.#secret.length < minEncodedLength;
    const spans = spansIn(
      window,
      isShort ? [this.#secret] : this.#patterns,
      isShort ? unfoldedBytes : foldedBytes,
    );
    const parts: Buffer[] = [];
    let length = 0;
    const decidedLength = window.length - undecided;
    for (const { start, end } of spans.toSorted((one, other) => one.start - other.start)) {
      if (start >= decidedLength) break;
      if (start >= length) parts.push(window.subarray(length, start), Buffer.from('****'));
      length = Math.max(length, end);
    }
    if (length < decidedLength) {
      parts.push(window.subarray(length, decidedLength));
      length = decidedLength;
    }
    return { shown: Buffer.concat(parts), length };
  }

  /** How many bytes at the end of a text could be the beginning of the secret, in any form. */
  undecidedEnd(text: Buffer): number {
    this.#characters ??= charactersOf(this.#secret.toString());
    const maxLength = Math.min(this.maxBytes, text.length);
    let length = 0;
    while (length < maxLength && this.#characters.has(text[text.length - 1 - length] ?? 0)) length += 1;
    const end = text.subarray(text.length - length);
    return escapeBytes.some((byte) => end.includes(byte)) ? length : this.#beginningAtEnd(fold(end));
  }

  /** How long a beginning of the secret a folded text ends with. */
  #beginningAtEnd(text: Buffer): number {
    const lengths = this.#patterns.map((pattern) => {
      let length = Math.min(pattern.length - 1, text.length);
      while (!text.subarray(text.length - length).equals(pattern.subarray(0, length))) length -= 1;
      return length;
    });
    return Math.max(0, ...lengths);
  }

  /** Long texts rarely hold a trace of the secret, and a search for those needs no folded copy. */
  #mayBeIn(text: string): boolean {
    if (escapeCharacters.some((character) => text.includes(character))) return true;
    const lowerCaseText = text.toLowerCase();
    return this.#traces.some((trace) => lowerCaseText.includes(trace));
  }

  #matches(bytes: Buffer): boolean {
    return this.#patterns.some((pattern) => bytes.includes(pattern));
  }
}

/** The bytes of which the forms of a secret consist. */
function charactersOf(secret: string): Set<number> {
  const letters = Array.from(`${secret}abcdefghijklmnopqrstuvwxyz0123456789`);
  const forms = letters.map((letter) => letter + letter.toUpperCase());
  return new Set(Buffer.from(`\0+/=-_%\\{}&#;.~${forms.join('')}`));
}

/** Short texts of which one is, in lower case, in every text that has one of the folded forms and no escapes. */
function tracesOf(forms: readonly string[]): string[] {
  const rows = shortest(forms).map(longestRow);
  return shortest(rows).map(fromRarest);
}

/** Characters of JSON, rarest first. */
const rarestFirst = 'qzjxwvkyfghbpumcdlnorsaite9876543210';

/** A shorter trace is in many texts by chance, which are then searched for the patterns. */
const minTraceLength = 5;

/** The end of a trace that begins with a rare character: a search skips to the next one of those. */
function fromRarest(trace: string): string {
  const ranks = Array.from(trace.slice(0, 1 - minTraceLength), (character) => rarestFirst.indexOf(character));
  const rarest = Math.min(...ranks.filter((rank) => rank >= 0));
  return trace.slice(Math.max(0, ranks.indexOf(rarest)));
}

/** Those that contain no other one. */
function shortest(texts: readonly string[]): string[] {
  const distinctTexts = [...new Set(texts)];
  return distinctTexts.filter((text) => !distinctTexts.some((one) => one !== text && text.includes(one)));
}

/** The longest row of characters that folding leaves as they are; empty, and so in every text, if there is none. */
function longestRow(form: string): string {
  const rows = form.match(unfoldedRow) ?? [];
  return rows.reduce((longest, row) => (row.length > longest.length ? row : longest), '');
}

/** As texts of bytes. */
function encodingsOf(secret: Buffer): string[] {
  const plain = secret.toString('latin1');
  // Escapes are undone by removing backslashes, those of the secret included.
  const unslashedSecret = plain.replaceAll('\\', '');
  const hasSlashes = unslashedSecret.length < plain.length && unslashedSecret.length >= minEncodedLength;
  const whole = secret.toString('base64');
  return [
    ...base64(secret),
    whole,
    whole.replace(/=+$/, ''),
    secret.toString('hex'),
    Buffer.from(secret).reverse().toString('latin1'),
    ...(hasSlashes ? [unslashedSecret] : []),
  ];
}

/** The digits that depend on the secret alone, wherever it begins in the text that is encoded. */
function base64(secret: Buffer): string[] {
  return [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), secret]).toString('base64');
    return text.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + secret.length) * 8) / 6));
  });
}

/** A range of bytes in a text. */
interface Span {
  start: number;
  end: number;
}

/** Where the patterns stand in a text, under any number of layers of escapes. */
function spansIn(bytes: Buffer, patterns: readonly Buffer[], table: ByteTable): Span[] {
  const spans: Span[] = [];
  let layer: Layer | undefined = firstLayer(bytes, table);
  for (let depth = 0; layer && depth <= maxEscapeLayers; depth++) {
    for (const pattern of patterns) spans.push(...spansOf(pattern.toString('latin1'), layer));
    layer = nextLayer(layer);
  }
  return spans;
}

function spansOf(pattern: string, { text, starts, ends }: Layer): Span[] {
  const spans: Span[] = [];
  for (let at = text.indexOf(pattern); at >= 0; at = text.indexOf(pattern, at + 1)) {
    spans.push({ start: starts[at] as number, end: ends[at + pattern.length - 1] as number });
  }
  return spans;
}
