import { bounded } from '../../base/sanitise.ts';
import type { Terminal } from '../style.ts';

/** Labelled lines; lines without a value are left out. Values must be sanitised, and may be coloured. */
export function renderRecord(
  lines: readonly (readonly [label: string, value: string | undefined])[],
  { style }: Terminal,
): string {
  const shownLines = lines.filter((line): line is readonly [string, string] => Boolean(line[1]));
  const width = Math.max(...shownLines.map(([label]) => label.length)) + 2;
  return shownLines.map(([label, value]) => `${style.dim(label.padEnd(width))}${bounded(value)}\n`).join('');
}
