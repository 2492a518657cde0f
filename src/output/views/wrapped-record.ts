import stringWidth from 'string-width';
import type { Terminal } from '../style.ts';
import type { Line } from './record.ts';
import { layOutRecord } from './record.ts';

/** As `renderRecord`, with long values broken between words and indented; values may have line breaks. */
export function renderWrappedRecord(lines: readonly Line[], { style, width }: Terminal): string {
  return layOutRecord(lines, style.dim, (value, indent) =>
    value
      .split('\n')
      .flatMap((paragraph) => wrapWords(paragraph, width - indent))
      .join(`\n${' '.repeat(indent)}`),
  );
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
