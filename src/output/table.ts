import { bounded, shown } from '../base/sanitise.ts';
import { breakCell, truncateCell } from './cell.ts';
import { fitColumns } from './fit-columns.ts';
import type { Terminal } from './style.ts';
import type { Alignment, Typesetting } from './typesetting.ts';
import { gap, isNarrow, narrowTypesetting } from './typesetting.ts';

/** A column of a table for people. Its texts must be sanitised, and may be coloured. */
export interface Column<Row> {
  header: string;
  /** `width`: how many characters a picture may take. */
  text: (row: Row, terminal: Terminal, width: number) => string;
  align?: Alignment;
  /** Columns with the highest rank are dropped first if the terminal is too narrow; 0 always stays. */
  rank: number;
  /** May be truncated to this many characters, with `…`; absent: never. */
  shrinkTo?: number;
  /** A picture of up to this many characters: its text is drawn for the width that it gets. */
  drawnUpTo?: number;
  /** What tells nothing if every row has it: where space is short, such a column is dropped before anything is truncated. */
  usual?: string;
}

/** A table fitted to the terminal, or a card per row if not even the most important columns fit. */
export async function renderTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  terminal: Terminal,
): Promise<string> {
  const content = await contentOf(rows, columns, terminal);
  const natural = naturalWidths(content, ({ header }) => header);
  const widths = fitColumns(natural, terminal.width, usualColumns(content));
  const valueWidth = Math.max(1, terminal.width - labelWidth(content) - gap);
  const texts = new Map(content.texts);
  for (const [column, naturalWidth] of natural) {
    const width = widths ? widths.get(column) : valueWidth;
    // A picture is drawn again if it gets less than it would take.
    if (column.drawnUpTo === undefined || width === undefined || width >= naturalWidth) continue;
    texts.set(
      column,
      rows.map((row) => column.text(row, terminal, width)),
    );
  }
  const fitted = { ...content, texts };
  return widths ? drawTable(fitted, widths, terminal) : drawCards(fitted, terminal);
}

/** A table without its head, of which some rows at a time are set, a line each, for terminals of any width. */
export async function layOutRows<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  terminal: Terminal,
): Promise<(width: number, places: readonly number[]) => string[]> {
  const content = await contentOf(rows, columns, terminal);
  const natural = naturalWidths(content, () => '');
  const [main] = [...natural.keys()].filter(({ rank }) => rank === 0);
  const usual = usualColumns(content);
  return (width, places) =>
    drawRows(content, fitColumns(natural, width, usual) ?? new Map(main ? [[main, width]] : []), { places });
}

async function contentOf<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  terminal: Terminal,
): Promise<Content<Row>> {
  const texts = new Map(
    columns.map((column) => [
      column,
      rows.map((row) => bounded(column.text(row, terminal, column.drawnUpTo ?? 0))),
    ]),
  );
  return { count: rows.length, texts, typesetting: await typesettingFor([...texts.values()].flat()) };
}

/** The widths that the filled columns take, with what stands above them. */
function naturalWidths<Row>(
  { texts, typesetting }: Content<Row>,
  headOf: (column: Column<Row>) => string,
): Widths<Row> {
  const filled = [...texts].filter(([, values]) => values.some((text) => text !== ''));
  return new Map(
    filled.map(([column, values]) => [
      column,
      values.reduce(
        (widest, text) => Math.max(widest, typesetting.widthOf(text)),
        typesetting.widthOf(headOf(column)),
      ),
    ]),
  );
}

/**
 * Most tables hold only narrow text. The libraries that know wide and combined characters take longer to load and to
 * measure it than everything else in a command.
 */
async function typesettingFor(texts: readonly string[]): Promise<Typesetting> {
  if (texts.every(isNarrow)) return narrowTypesetting;
  return (await import('./wide-typesetting.ts')).wideTypesetting;
}

/** A table of these fields; the first two always stay. */
export function renderFields<Field extends string>(
  records: readonly Readonly<Record<Field, string | boolean | null>>[],
  fields: readonly Field[],
  terminal: Terminal,
): Promise<string> {
  const text = (value: string | boolean | null) => (value === true ? 'yes' : value ? shown(value) : '');
  const columns = fields.map((field, index) => ({
    header: field.toUpperCase(),
    text: (record: Readonly<Record<Field, string | boolean | null>>) => text(record[field]),
    rank: Math.max(0, index - 1),
    ...(index > 1 && { shrinkTo: 12 }),
  }));
  return renderTable(records, columns, terminal);
}

type Widths<Row> = Map<Column<Row>, number>;

/** The columns that say the same of every row, and nothing of note. */
function usualColumns<Row>({ texts }: Content<Row>): ReadonlySet<Column<Row>> {
  const usual = [...texts].filter(([column, values]) => values.every((text) => text === column.usual));
  return new Set(usual.map(([column]) => column));
}

interface Content<Row> {
  /** How many rows there are. */
  count: number;
  texts: ReadonlyMap<Column<Row>, readonly string[]>;
  typesetting: Typesetting;
}

function drawTable<Row>(content: Content<Row>, widths: Widths<Row>, { style }: Terminal): string {
  const head = [...widths.keys()].map(({ header }) => style.bold(header));
  return `${drawRows(content, widths, { above: [head], wrapsNames: true }).join('\n')}\n`;
}

/** A line per row, or more of them if columns that always stay are to be shown whole, below the given lines. */
function drawRows<Row>(
  { count, texts, typesetting }: Content<Row>,
  widths: Widths<Row>,
  {
    above = [],
    places = Array.from({ length: count }, (_, row) => row),
    wrapsNames = false,
  }: { above?: readonly (readonly string[])[]; places?: readonly number[]; wrapsNames?: boolean },
): string[] {
  const columns = [...widths.keys()];
  const rows = places.map((row) => columns.map((column) => texts.get(column)?.[row] ?? ''));
  return draw(
    [...above, ...rows],
    columns.map((column) => ({
      width: widths.get(column) ?? 0,
      align: column.align,
      wraps: wrapsNames && column.rank === 0,
    })),
    typesetting,
  );
}

/** A card per row, with a line per value. */
function drawCards<Row>(content: Content<Row>, { style, width }: Terminal): string {
  const { count, texts, typesetting } = content;
  const label = labelWidth(content);
  const valueWidth = Math.max(1, width - label - gap);
  const cards = Array.from({ length: count }, (_, row) =>
    [...texts].flatMap(([{ header, rank }, values]) => {
      const columns = [{ width: label }, { width: valueWidth, wraps: rank === 0 }];
      return values[row] ? draw([[style.bold(header), values[row]]], columns, typesetting) : [];
    }),
  );
  return cards.map((card) => `${card.join('\n')}\n`).join('\n');
}

function labelWidth<Row>({ texts }: Content<Row>): number {
  return Math.max(...[...texts.keys()].map(({ header }) => header.length));
}

/** Lines of cells, each truncated to its width, or continued in the lines below its own. */
function draw(
  rows: readonly (readonly string[])[],
  columns: readonly CellLayout[],
  typesetting: Typesetting,
): string[] {
  const lines = rows.flatMap((row) => {
    const cells = columns.map(({ width, wraps }, column) => {
      const text = row[column] ?? '';
      return wraps ? breakCell(text, width, typesetting) : [truncateCell(text, width, typesetting)];
    });
    const height = Math.max(...cells.map((cell) => cell.length));
    return Array.from({ length: height }, (_, line) => cells.map((cell) => cell[line] ?? ''));
  });
  const widths = columns.map(({ width }) => width);
  const align = columns.map((column) => column.align ?? 'left');
  return typesetting.setLines(lines, widths, align).map((line) => line.trimEnd());
}

interface CellLayout {
  width: number;
  align?: Alignment | undefined;
  wraps?: boolean;
}
