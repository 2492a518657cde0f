import { bounded } from '../../base/sanitise.ts';
import type { Terminal } from '../style.ts';
import { isNarrow, narrowWidth } from '../typesetting.ts';
import { wrapWords } from '../wrap-words.ts';

export type Line = readonly [label: string, value: string | undefined];

/**
 * Labelled lines; lines without a value are left out. Values must be sanitised, and may be coloured. A long value is broken
 * between words and indented, unless it has wide characters: measuring them takes a library, and the terminal breaks them
 * anywhere.
 */
export function renderRecord(lines: readonly Line[], { style, width }: Terminal): string {
  return layOutRecord(lines, style.dim, (value, indent) =>
    isNarrow(value) && narrowWidth(value) > width - indent
      ? wrapWords(value, width - indent).join(`\n${' '.repeat(indent)}`)
      : value,
  );
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
