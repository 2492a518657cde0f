import { gap } from './typesetting.ts';

/** What decides how wide a column of a table is. */
interface Fitted {
  /** Columns with the highest rank are dropped first; 0 always stays. */
  rank: number;
  /** May be truncated to this many characters; absent: never. */
  shrinkTo?: number;
}

/**
 * Drops and narrows columns until they fit; undefined if they cannot. Columns that always stay, such as names, are truncated
 * last, but for what is longer than half of the terminal.
 */
export function fitColumns<Column extends Fitted>(
  natural: ReadonlyMap<Column, number>,
  available: number,
  usual: ReadonlySet<Column>,
): Map<Column, number> | undefined {
  const naturalOf = (column: Column) => natural.get(column) ?? 0;
  const least = (column: Column) => Math.min(naturalOf(column), column.shrinkTo ?? Number.POSITIVE_INFINITY);
  const preferred = (column: Column) =>
    column.rank > 0
      ? least(column)
      : Math.max(least(column), Math.min(naturalOf(column), Math.floor(available / 2)));
  const total = (list: readonly Column[], width: (column: Column) => number) =>
    list.reduce((sum, column) => sum + width(column), gap * Math.max(0, list.length - 1));
  let keptColumns = [...natural.keys()];
  if (total(keptColumns, naturalOf) > available)
    keptColumns = keptColumns.filter((column) => column.rank === 0 || !usual.has(column));
  while (total(keptColumns, preferred) > available) {
    const last = Math.max(...keptColumns.map(({ rank }) => rank));
    if (last <= 0) break;
    keptColumns = keptColumns.filter(({ rank }) => rank !== last);
  }
  if (total(keptColumns, least) > available) return undefined;
  const start = total(keptColumns, preferred) <= available ? preferred : least;
  const widths = new Map<Column, number>();
  let unusedWidth = available - total(keptColumns, start);
  for (const column of keptColumns) {
    const extra = Math.min(unusedWidth, naturalOf(column) - start(column));
    widths.set(column, start(column) + extra);
    unusedWidth -= extra;
  }
  return widths;
}
