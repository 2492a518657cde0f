import stringWidth from 'string-width';
import { bounded } from '../../base/sanitise.ts';
import type { Terminal } from '../style.ts';

type Line = readonly [label: string, value: string | undefined];

/** Labelled lines; lines without a value are left out. Values must be sanitised, and may be coloured. */
export function renderRecord(lines: readonly Line[], { style }: Terminal): string {
  return render(lines, style.dim, (value) => value);
}

/** As `renderRecord`, with long values broken between words and indented; values may have line breaks. */
export function renderWrappedRecord(lines: readonly Line[], { style, width }: Terminal): string {
  return render(lines, style.dim, (value, indent) =>
    value
      .split('\n')
      .flatMap((paragraph) => wrapWords(paragraph, width - indent))
      .join(`\n${' '.repeat(indent)}`),
  );
}

function render(
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

/** Lines of at most this width, unless a word is longer. */
function wrapWords(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const extendedLine = `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && stringWidth(extendedLine) <= width) lines[lines.length - 1] = extendedLine;
    else lines.push(word);
  }
  return lines;
}
