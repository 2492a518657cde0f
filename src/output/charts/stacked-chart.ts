import type { Plot } from './axis.ts';
import { columnsBeside, roundTop, scaleWidthOf, withAxes } from './axis.ts';

/** One of the kinds that columns are stacked of. Its character tells it from the others where there is no colour. */
export interface Layer {
  character: string;
  paint: (text: string) => string;
}

export interface Stacks extends Pick<Plot, 'labels' | 'unicode'> {
  /** For each column, how many there are of each layer, from the bottom up. */
  columns: readonly (readonly number[])[];
  layers: readonly Layer[];
  /** Characters that the chart may take, axes included. */
  width: number;
}

const maxColumnWidth = 4;
const scale = { isWhole: true, textOf: String };

/** Lines of the plot, without the axis: no less than a column can have layers. */
function heightOf(top: number): number {
  return top <= 4 ? 4 : 8;
}

/** Columns of counts, each in as many layers as it has kinds: what occurs at all is seen. */
export function stackedChart({ columns, layers, width, labels, unicode }: Stacks): string[] {
  const top = roundTop(Math.max(...columns.map(sum)), true);
  const height = heightOf(top);
  const room = width - scaleWidthOf({ ...scale, top, height });
  const columnWidth = Math.max(1, Math.min(maxColumnWidth, Math.floor(room / columns.length)));
  const barWidth = columnWidth > 2 ? columnWidth - 1 : columnWidth;
  const stacks = columns.map((counts) => stackOf(counts, top, height));
  const rows = Array.from({ length: height }, (_, row) =>
    stacks
      .map((stack) => {
        const layer = layers[stack[height - 1 - row] ?? -1];
        const space = ' '.repeat(columnWidth - barWidth);
        return layer ? layer.paint(layer.character.repeat(barWidth)) + space : ' '.repeat(columnWidth);
      })
      .join(''),
  );
  return withAxes({ ...scale, rows, columnWidth, labels, top, unicode });
}

/** How many columns fit into a width, if none is higher than this. */
export function stacksIn(width: number, most: number): number {
  const top = roundTop(most, true);
  return columnsBeside(scaleWidthOf({ ...scale, top, height: heightOf(top) }), width);
}

/** The layer of each line from the bottom up. */
function stackOf(counts: readonly number[], top: number, height: number): number[] {
  const whole = sum(counts);
  const kinds = counts.filter((count) => count > 0).length;
  const size = Math.max(kinds, Math.min(height, Math.round((whole / top) * height)));
  const lines = counts.map((count) => (count > 0 ? Math.max(1, Math.round((count / whole) * size)) : 0));
  // What rounding and the least of one line add or leave is the largest layer's.
  const largest = lines.indexOf(Math.max(...lines));
  lines[largest] = (lines[largest] ?? 0) + size - sum(lines);
  return lines.flatMap((count, layer) => Array(Math.max(0, count)).fill(layer));
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
