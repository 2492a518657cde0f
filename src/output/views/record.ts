import { bounded } from '../../base/sanitise.ts';
import type { Terminal } from '../style.ts';

export type Line = readonly [label: string, value: string | undefined];

/** Labelled lines; lines without a value are left out. Values must be sanitised, and may be coloured. */
export function renderRecord(lines: readonly Line[], { style }: Terminal): string {
  return layOutRecord(lines, style.dim, (value) => value);
}

/** `layOut` says what follows the label, given the column in which it begins. */
export function layOutRecord(
  lines: readonly Line[],
  dim: (text: string) => string,
  layOut: (value: string, indent: number) => string,
): string {
  const shownLines = lines.filter((line): line is readonly [string, string] => Boolean(line[1]));
  const width = Math.max(...shownLines.map(([label]) => label.length)) + 2;
  return shownLines
    .map(([label, value]) => `${dim(label.padEnd(width))}${layOut(bounded(value), width)}\n`)
    .join('');
}
