import type { Terminal } from '../style.ts';

/** The widest frame, in characters: wider ones are harder to see as one. */
const widest = 72;

/**
 * A secret on a terminal, once: between two rules and set apart by empty lines. It stands alone on its line, so that a
 * double click or a selection of the line takes it whole, and nothing else.
 */
export function secretView(secret: string, noun: string, { style, width }: Terminal): string {
  const room = Math.min(width, widest);
  const title = ` ${noun} `;
  const above = `──${title}${'─'.repeat(Math.max(0, room - title.length - 2))}`;
  return `\n${style.dim(above)}\n\n${style.bold(secret)}\n\n${style.dim('─'.repeat(room))}\n`;
}
