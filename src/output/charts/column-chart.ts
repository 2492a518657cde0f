import type { Plot } from './axis.ts';
import { columnsBeside, roundTop, scaleWidthOf, withAxes } from './axis.ts';

export interface Columns extends Pick<Plot, 'labels' | 'isWhole' | 'unicode' | 'textOf'> {
  values: readonly number[];
  /** Characters that the chart may take, axes included. */
  width: number;
  paint: (text: string) => string;
}

/** Lines of the plot, without the axis. */
const height = 8;
const maxColumnWidth = 6;

const blocks = ' ▁▂▃▄▅▆▇█';
const marks = ' .:#';

/** A chart of upright columns; zero is a gap. The values must fit, see `columnsIn`. */
export function columnChart({ values, width, paint, ...chart }: Columns): string[] {
  const top = roundTop(Math.max(...values), chart.isWhole);
  const room = width - scaleWidthOf({ ...chart, top, height });
  const columnWidth = Math.max(1, Math.min(maxColumnWidth, Math.floor(room / values.length)));
  const levels = chart.unicode ? blocks : marks;
  const steps = levels.length - 1;
  const sizes = values.map((value) => sizeOf(value, top, height * steps));
  const barWidth = columnWidth === 1 ? 1 : columnWidth - 1;
  const rows = Array.from({ length: height }, (_, row) => {
    const below = (height - 1 - row) * steps;
    const cells = sizes.map((size) => levels[Math.max(0, Math.min(steps, size - below))] ?? ' ');
    const text = cells.map((cell) => cell.repeat(barWidth).padEnd(columnWidth)).join('');
    return text.trim() === '' ? '' : paint(text.trimEnd());
  });
  return withAxes({ ...chart, rows, top, columnWidth });
}

/** How many columns fit into a width, for a greatest value that can be no more than this. */
export function columnsIn(
  width: number,
  most: number,
  { isWhole, textOf }: Pick<Columns, 'isWhole' | 'textOf'>,
): number {
  return columnsBeside(scaleWidthOf({ top: roundTop(most, isWhole), isWhole, textOf, height }), width);
}

function sizeOf(value: number, top: number, size: number): number {
  return value > 0 ? Math.max(1, Math.round((value / top) * size)) : 0;
}
