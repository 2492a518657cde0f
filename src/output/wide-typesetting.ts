import Table from 'cli-table3';
import stringWidth from 'string-width';
import type { Typesetting } from './typesetting.ts';
import { gap } from './typesetting.ts';

/** For any text: wide characters take two columns, and combined ones are not taken apart. */
export const wideTypesetting: Typesetting = {
  widthOf: stringWidth,
  *charactersOf(text) {
    for (const { segment } of new Intl.Segmenter().segment(text)) yield segment;
  },
  setLines(rows, widths, align) {
    const table = new Table({
      colWidths: widths.map((width) => width + gap),
      colAligns: [...align],
      chars: noLines,
      style: { 'padding-left': 0, 'padding-right': gap, head: [], border: [], compact: true },
    });
    table.push(...rows.map((row) => [...row]));
    return table.toString().split('\n');
  },
};

const borders = ['top', 'bottom', 'left', 'right', 'mid'].flatMap((side) => [
  side,
  `${side}-mid`,
  `${side}-left`,
  `${side}-right`,
]);
const noLines = Object.fromEntries([...borders, 'middle'].map((name) => [name, '']));
