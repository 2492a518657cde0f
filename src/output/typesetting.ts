/** How texts are measured, taken apart and set in columns. Texts may be coloured. */
export interface Typesetting {
  /** In columns of a terminal. */
  widthOf(text: string): number;
  /** The characters of a text without colours, as people see them. */
  charactersOf(text: string): Iterable<string>;
  /** Lines of cells that fit their widths, with `gap` columns between them. */
  setLines(
    rows: readonly (readonly string[])[],
    widths: readonly number[],
    align: readonly Alignment[],
  ): string[];
}

export type Alignment = 'left' | 'right';

/** Columns between two cells. */
export const gap = 2;

/** Latin letters, digits, punctuation and what charts are drawn of, each one column wide and a character by itself; and colours. */
const narrowText = /^(?:[\x20-\x7e\u00b7-\u02ff\u2500-\u259f\u2800-\u28ff…]|\x1b\[[\d;]*m)*$/;

/** As `narrowText` without colours, which V8 tests several times as fast. */
const narrowCharacters = /^[\x20-\x7e\u00b7-\u02ff\u2500-\u259f\u2800-\u28ff…]*$/;

export function isNarrow(text: string): boolean {
  return text.includes('\x1b') ? narrowText.test(text) : narrowCharacters.test(text);
}

/** The width of a text without wide characters: its length, without colours. */
export function narrowWidth(text: string): number {
  return (text.includes('\x1b') ? text.replace(/\x1b\[[\d;]*m/g, '') : text).length;
}

/** For narrow texts. */
export const narrowTypesetting: Typesetting = {
  widthOf: narrowWidth,
  charactersOf: (text) => text,
  setLines: (rows, widths, align) =>
    rows.map((row) => {
      const cells = row.map((text, column) => {
        const space = ' '.repeat((widths[column] ?? 0) - narrowWidth(text));
        return align[column] === 'right' ? space + text : text + space;
      });
      return cells.join(' '.repeat(gap));
    }),
};
