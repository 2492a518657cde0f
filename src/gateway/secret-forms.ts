import { setImmediate } from 'node:timers/promises';

/** Secrets shorter than this are looked for as they are only: their other forms would be found in much else. */
const shortest = 8;

/** How often text may be encoded over and over, as in a URL within a URL. */
const rounds = 3;

/** How many bytes a character of a secret may take where every one is escaped, as in `\\u0073`. */
const longestEscape = 12;

const folded = foldingTable();

/** What escapes begin with, and the zeros of UTF-16. */
const escapeBytes = [...Buffer.from('\\%&\0')];

/**
 * What a secret looks like in the text of others: as it is, in either case, backwards, in base64 of either alphabet at
 * any offset, in hex, in UTF-16, and with any of its characters escaped as URLs, JSON, HTML and programming languages do.
 */
export class SecretForms {
  readonly #patterns: readonly Buffer[];
  readonly #characters = new Set<number>(Buffer.from('\0+/=-_%\\{}&#;.~'));
  /** No form of the secret takes more bytes. */
  readonly longest: number;

  constructor(secret: string) {
    const bytes = Buffer.from(secret);
    const forms = bytes.length < shortest ? [] : [...base64(bytes), bytes.toString('hex'), reversed(bytes)];
    const all = [bytes, ...forms.map((form) => Buffer.from(form, 'latin1'))];
    this.#patterns = bytes.length === 0 ? [] : all.map(fold);
    this.longest = bytes.length * longestEscape;
    for (const letter of `${secret}abcdefghijklmnopqrstuvwxyz0123456789`) {
      for (const byte of Buffer.from(letter + letter.toUpperCase())) this.#characters.add(byte);
    }
  }

  isIn(text: Buffer | string): boolean {
    const bytes = fold(typeof text === 'string' ? Buffer.from(text, 'latin1') : text);
    if (this.#matches(bytes)) return true;
    if (!bytes.includes('\\') && !bytes.includes('%') && !bytes.includes('&#')) return false;
    let escaped = bytes.toString('latin1');
    for (let round = 0; round < rounds; round++) {
      const plain = unescaped(escaped);
      if (plain === escaped) return false;
      if (this.#matches(Buffer.from(plain, 'latin1'))) return true;
      escaped = plain;
    }
    return false;
  }

  /** How many bytes at the end of a text could be the beginning of the secret, in whichever form. */
  undecidedEnd(text: Buffer): number {
    const most = Math.min(this.longest, text.length);
    let length = 0;
    while (length < most && this.#characters.has(text[text.length - 1 - length] ?? 0)) length += 1;
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

  #matches(bytes: Buffer): boolean {
    return this.#patterns.some((pattern) => bytes.includes(pattern));
  }
}

/** Bytes that are looked through at once. */
const pieceSize = 256 * 1024;

/** Whether a secret is in a body of any size. Lets other work go on in between. */
export async function isInBody(forms: SecretForms, body: Buffer): Promise<boolean> {
  const search = new SecretSearch(forms);
  for (let at = 0; at < body.length; at += pieceSize) {
    if (at > 0) await setImmediate();
    if (!search.add(body.subarray(at, at + pieceSize))) return true;
  }
  return false;
}

/** Looks for a secret in bytes as they come, in whatever pieces. */
export class SecretSearch {
  readonly #forms: SecretForms;
  #held: Buffer = Buffer.alloc(0);

  constructor(forms: SecretForms) {
    this.#forms = forms;
  }

  /** What can be handed over by now; undefined where the secret is in it. What could be its beginning is held back. */
  add(chunk: Buffer): Buffer | undefined {
    const text = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    if (this.#forms.isIn(text)) return undefined;
    const decided = text.length - this.#forms.undecidedEnd(text);
    // A copy, for the chunk may be a small part of much that would be kept with it.
    this.#held = Buffer.from(text.subarray(decided));
    return text.subarray(0, decided);
  }

  /** How many bytes are held back. */
  get held(): number {
    return this.#held.length;
  }

  /** What was held back, after the last piece. */
  end(): Buffer {
    return this.#held;
  }
}

/** What stands for the secret wherever it begins in what is encoded: without the characters that its neighbours change. */
function base64(secret: Buffer): string[] {
  return [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), secret]).toString('base64');
    return text.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + secret.length) * 8) / 6));
  });
}

function reversed(secret: Buffer): string {
  return [...secret.toString('latin1')].reverse().join('');
}

/** The bytes with lower case letters, one alphabet of base64, and without the zeros of UTF-16. */
function fold(bytes: Buffer): Buffer {
  const result = Buffer.allocUnsafe(bytes.length);
  let size = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (byte !== 0) result[size++] = folded[byte] as number;
  }
  return result.subarray(0, size);
}

function foldingTable(): Uint8Array {
  const table = Uint8Array.from({ length: 256 }, (_, byte) =>
    byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte,
  );
  // RFC 4648 section 5: `-` and `_` in URLs.
  table[0x2d] = 0x2b;
  table[0x5f] = 0x2f;
  return table;
}

/** A folded text without one layer of escapes. */
function unescaped(text: string): string {
  const escapes =
    /%(?:u00)?([0-9a-f]{2})|\\+u(?:00([0-9a-f]{2})|\{0*([0-9a-f]{2})\})|\\+x([0-9a-f]{2})|&#(?:x0*([0-9a-f]{2})|0*(\d{2,3}));?|\\+([0-7]{3})|\\+/g;
  return text.replace(escapes, (_, ...groups: (string | undefined)[]) => {
    const hex = groups[0] ?? groups[1] ?? groups[2] ?? groups[3] ?? groups[4];
    if (hex !== undefined) return character(Number.parseInt(hex, 16));
    if (groups[5] !== undefined) return character(Number(groups[5]));
    return groups[6] === undefined ? '' : character(Number.parseInt(groups[6], 8));
  });
}

function character(code: number): string {
  return String.fromCharCode(folded[code & 0xff] as number);
}
