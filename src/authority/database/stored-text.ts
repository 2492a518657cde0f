/*
 * Text that SQLite keeps and libsql can read back. A lone surrogate, which JSON allows (`"\ud800"`), is no UTF-8: libsql
 * ends the process on it. A NUL ends a text for some functions of SQLite and not for others.
 */

const replacement = '\ufffd';

/** The text with U+FFFD in place of what cannot be stored. */
export function storable(text: string): string {
  const whole = text.toWellFormed();
  return whole.includes('\0') ? whole.replaceAll('\0', replacement) : whole;
}

/** Whether a text is stored as it is. */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

/** The start of a text, as it can be stored; no character is cut in two. */
export function clipped(text: string, longest: number): string {
  if (text.length <= longest) return storable(text);
  const cut = text.slice(0, longest);
  return storable(/[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut);
}

/** Text that was read as bytes, for it may have been written by a program that did not look; null for no bytes. */
export function textOf(value: unknown): string | null {
  // libsql gives blobs as the one or as the other, depending on how they are asked for.
  if (!(value instanceof Uint8Array || value instanceof ArrayBuffer)) return null;
  return storable(new TextDecoder('utf-8', { ignoreBOM: true }).decode(value));
}
