import stringWidth from 'string-width';
import type { Terminal } from '../style.ts';
import { wrapWords } from '../wrap-words.ts';
import type { Line } from './record.ts';
import { layOutRecord } from './record.ts';

/** As `renderRecord`, with long values broken between words and indented; values may have line breaks. */
export function renderWrappedRecord(lines: readonly Line[], { style, width }: Terminal): string {
  return layOutRecord(lines, style.dim, (value, indent) =>
    value
      .split('\n')
      .flatMap((paragraph) => wrapWords(paragraph, width - indent, stringWidth))
      .join(`\n${' '.repeat(indent)}`),
  );
}
