/*
 * Text that every database stores and reads back. A lone surrogate, which JSON allows (`"\ud800"`), is not UTF-8: libsql
 * aborts the process on it. A NUL ends a text for some functions of SQLite and not for others; PostgreSQL has none.
 */

const replacement = '\ufffd';

/** The text with U+FFFD for everything that cannot be stored. */
export function storable(text: string): string {
  const wellFormed = text.toWellFormed();
  return wellFormed.includes('\0') ? wellFormed.replaceAll('\0', replacement) : wellFormed;
}

/** Whether a text can be stored unchanged. */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

/** The start of a text, made storable. Never cuts a character in two. */
export function clipped(text: string, maxLength: number): string {
  if (text.length <= maxLength) return storable(text);
  const start = text.slice(0, maxLength);
  return storable(/[\ud800-\udbff]$/.test(start) ? start.slice(0, -1) : start);
}

/** A text, also one that was read as bytes because any program may have written it; null if the value is neither. */
export function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value;
  // libsql returns blobs as either type, depending on the call.
  if (!(value instanceof Uint8Array || value instanceof ArrayBuffer)) return null;
  return storable(new TextDecoder('utf-8', { ignoreBOM: true }).decode(value));
}
