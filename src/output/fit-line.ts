/** One column wide: Latin letters, punctuation, and what bars and spinners are drawn of. */
const narrowCharacter = /^[\x20-\x7e\u00a1-\u02ff\u2500-\u259f\u2800-\u28ff…]$/;

/**
 * A line without colours, truncated to less than the width of the terminal, so that it can be drawn again in its place. What
 * may be two columns wide counts as two: a line that is too short does no harm.
 */
export function fitLine(line: string, columns: number): string {
  let width = 0;
  let fitting = '';
  for (const character of line) {
    width += narrowCharacter.test(character) ? 1 : 2;
    if (width >= columns) return `${[...fitting].slice(0, -1).join('')}…`;
    fitting += character;
  }
  return line;
}
