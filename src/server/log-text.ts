import { visible } from '../base/sanitise.ts';

/** In characters, for names that a caller chose. */
const defaultMaxLength = 200;

/**
 * Foreign text that is safe to log: well-formed, on one line, with control characters and anything else that could redraw
 * a terminal escaped, and at most `maxLength` characters long.
 */
export function logText(text: string, maxLength = defaultMaxLength): string {
  // Nearly all text is safe as it is, and this runs at each use of a key.
  if (text.length <= maxLength && /^[\x20-\x7e]*$/.test(text)) return text;
  const harmless = visible(text.slice(0, maxLength)).slice(0, maxLength);
  // The cut may have split a surrogate pair.
  return harmless.replace(/[\ud800-\udbff]$/, '');
}
