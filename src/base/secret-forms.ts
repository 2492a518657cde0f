/* The forms in which a value can come back from somebody who was told it. */

/** With fewer characters a value stands in many texts that have nothing to do with it. */
const shortest = 8;

/** Expressions, each for every occurrence, that find a value and its usual encodings. */
export function formsOf(value: string): RegExp[] {
  const isLong = value.length >= shortest;
  const characters = [...value].map(escapesOf).join('');
  const encoded = isLong ? [...base64Forms(value), new RegExp(Buffer.from(value).toString('hex'), 'gi')] : [];
  return [new RegExp(characters, isLong ? 'gi' : 'g'), ...encoded];
}

/** A character as it is, or as URLs, JSON and HTML may write it. */
function escapesOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const literal = character.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  if (code > 0x7f) return `(?:${literal}|${escapeAll(encodeURIComponent(character))})`;
  const hex = code.toString(16).padStart(2, '0');
  const short = '/"\\'.includes(character) ? `\\\\${literal}|` : '';
  return `(?:${short}${literal}|%(?:25)?${hex}|\\\\u00${hex}|&#(?:0*${code}|x0*${hex});)`;
}

function escapeAll(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

/** The digits of base64 that have two forms, and escapes in JSON: `\\u002B`, `\\/`. */
const [plus, slash] = ['(?:[+-]|\\\\u002[bB])', '(?:\\\\?/|_|\\\\u002[fF])'];

/**
 * Base64 of a text that has the value in it, at each of the three places where it can stand among the groups of three bytes:
 * the digits that follow from the value alone. With both alphabets (RFC 4648, sections 4 and 5).
 */
function base64Forms(value: string): RegExp[] {
  const bytes = Buffer.from(value);
  return [0, 1, 2].map((before) => {
    const digits = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    const from = Math.ceil((before * 8) / 6);
    const to = Math.floor(((before + bytes.length) * 8) / 6);
    const own = digits.slice(from, to).replace(/[+/]/g, (digit) => (digit === '+' ? plus : slash));
    // The last digit may have bits of what follows, or be filled up.
    return new RegExp(`${own}(?:[\\w+/-]?={1,2})?`, 'g');
  });
}
