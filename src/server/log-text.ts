import { visible } from '../base/sanitise.ts';

/** How much of a name that a caller chose is kept in a log, in characters. */
const usualLength = 200;

/**
 * Foreign text as a log keeps it: well-formed, on one line, with control characters and everything else that could
 * redraw a terminal written as escapes, and no longer than `longest` characters.
 */
export function logText(text: string, longest = usualLength): string {
  // Nearly all of it is, and this runs at each use of a key.
  if (text.length <= longest && /^[\x20-\x7e]*$/.test(text)) return text;
  const harmless = visible(text.slice(0, longest)).slice(0, longest);
  // The cut can go through a pair of surrogates.
  return harmless.replace(/[\ud800-\udbff]$/, '');
}
