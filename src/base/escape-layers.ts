import { isAscii } from 'node:buffer';

/** What each of the 256 bytes becomes, filled when it is first read: few processes look at more than ASCII. */
export type ByteTable = () => Uint8Array;

/** Maps a byte to lower case, and the alphabet of base64url (RFC 4648 section 5) to that of base64. */
export const foldedBytes = byteTable((byte) => {
  if (byte === 0x2d) return 0x2b;
  if (byte === 0x5f) return 0x2f;
  return byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
});
export const unfoldedBytes = byteTable((byte) => byte);

function byteTable(become: (byte: number) => number): ByteTable {
  let table: Uint8Array | undefined;
  return () => {
    table ??= Uint8Array.from({ length: 256 }, (_, byte) => become(byte));
    return table;
  };
}

/** Escapes of URLs, JavaScript, JSON, HTML and C; a backslash before any other character means that character. */
const escapes =
  /%(?:u00)?([0-9a-f]{2})|\\+u(?:00([0-9a-f]{2})|\{0*([0-9a-f]{2})\})|\\+x([0-9a-f]{2})|&#(?:x0*([0-9a-f]{2})|0*(\d{2,3}));?|\\+([0-7]{3})|\\+/gi;

/** Those that only drop backslashes, which most are. */
const plainBackslashes = /\\+(?![ux0-7])/gi;

/** The bytes without the zeros of UTF-16, each replaced by its entry in the table. */
export function fold(bytes: Buffer, table: ByteTable = foldedBytes): Buffer {
  if (table === foldedBytes && isAscii(bytes))
    return Buffer.from(foldedAscii(bytes.toString('latin1')), 'latin1');
  const entries = table();
  const result = Buffer.allocUnsafe(bytes.length);
  let size = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (byte !== 0) result[size++] = entries[byte] as number;
  }
  return result.subarray(0, size);
}

/** The same without a loop of our own, which is slow in a process that has just started. */
function foldedAscii(text: string): string {
  return text.toLowerCase().replaceAll('\0', '').replaceAll('-', '+').replaceAll('_', '/');
}

/** `fold` of a text whose characters are bytes. */
export function foldedText(text: string): string {
  return /[^\0-\x7f]/.test(text) ? fold(Buffer.from(text, 'latin1')).toString('latin1') : foldedAscii(text);
}

/** A folded text with one layer of escapes undone. */
export function withoutEscapes(text: string): string {
  return text.replace(plainBackslashes, '').replace(escapes, (...match) => unescaped(match, foldedBytes));
}

/** A text with some layers of escapes undone, and where in the original text each of its characters begins and ends. */
export interface Layer {
  text: string;
  starts: readonly number[];
  ends: readonly number[];
  table: ByteTable;
}

export function firstLayer(bytes: Buffer, table: ByteTable): Layer {
  const starts: number[] = [];
  for (let at = 0; at < bytes.length; at++) if (bytes[at] !== 0) starts.push(at);
  return {
    text: fold(bytes, table).toString('latin1'),
    starts,
    ends: starts.map((start) => start + 1),
    table,
  };
}

/** Undoes one more layer of escapes; undefined where there is none. */
export function nextLayer({ text, starts, ends, table }: Layer): Layer | undefined {
  const next = { text: '', starts: [] as number[], ends: [] as number[], table };
  let copiedLength = 0;
  // A backslash belongs to the character after it.
  let pending: number | undefined;
  const copy = (plain: string, start: number, end: number) => {
    next.text += plain;
    next.starts.push(pending ?? start);
    next.ends.push(end);
    pending = undefined;
  };
  const copyUntil = (end: number) => {
    for (; copiedLength < end; copiedLength++)
      copy(text[copiedLength] as string, starts[copiedLength] as number, ends[copiedLength] as number);
  };
  for (const match of text.matchAll(escapes)) {
    copyUntil(match.index);
    copiedLength = match.index + match[0].length;
    const plain = unescaped(match, table);
    if (plain) copy(plain, starts[match.index] as number, ends[copiedLength - 1] as number);
    else pending ??= starts[match.index];
  }
  copyUntil(text.length);
  return next.text === text ? undefined : next;
}

/** What a match of `escapes` stands for; nothing for a backslash. */
function unescaped([, ...groups]: readonly (string | undefined)[], table: ByteTable): string {
  const hex = groups[0] ?? groups[1] ?? groups[2] ?? groups[3] ?? groups[4];
  if (hex !== undefined) return characterOf(Number.parseInt(hex, 16), table);
  if (groups[5] !== undefined) return characterOf(Number(groups[5]), table);
  return groups[6] === undefined ? '' : characterOf(Number.parseInt(groups[6], 8), table);
}

function characterOf(code: number, table: ByteTable): string {
  return String.fromCharCode(table()[code & 0xff] as number);
}
