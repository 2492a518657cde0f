import type { Terminal } from '../style.ts';

/** Characters: a wider frame is harder to see as one. */
const maxWidth = 72;

/**
 * A secret on a terminal: framed, and alone on its line, so that a double click selects all of it and nothing else.
 */
export function secretView(secret: string, noun: string, { style, width }: Terminal): string {
  const frame = Math.min(width, maxWidth);
  const title = ` ${noun} `;
  const above = `──${title}${'─'.repeat(Math.max(0, frame - title.length - 2))}`;
  return `\n${style.dim(above)}\n\n${style.bold(secret)}\n\n${style.dim('─'.repeat(frame))}\n`;
}
