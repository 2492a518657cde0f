/** The lines of a chart before its axes are drawn. */
export interface Plot {
  /** From the top down; each `columnWidth` characters per column, and may be coloured. */
  rows: readonly string[];
  columnWidth: number;
  /** What stands below each column, if there is room for it. */
  labels: readonly string[];
  /** The value at the top. */
  top: number;
  /** Whether only whole numbers mean something. */
  isWhole: boolean;
  unicode: boolean;
  textOf: (value: number) => string;
}

/** Characters between two labels. */
const labelGap = 2;

/** The plot with an axis of values on the left and labels below it. */
export function withAxes(plot: Plot): string[] {
  const { rows, columnWidth, labels, unicode } = plot;
  const { bottom, corner, line, tick } = unicode ? lines : asciiLines;
  const ticks = ticksOf(plot);
  const scaleWidth = Math.max(...[...ticks.values(), '0'].map((text) => text.length));
  return [
    ...rows.map((row, index) => {
      const text = ticks.get(index);
      return `${(text ?? '').padStart(scaleWidth)} ${text === undefined ? line : tick}${row}`.trimEnd();
    }),
    `${'0'.padStart(scaleWidth)} ${corner}${bottom.repeat(columnWidth * labels.length)}`,
    `${' '.repeat(scaleWidth + 2)}${labelLine(labels, columnWidth)}`.trimEnd(),
  ];
}

const lines = { tick: '┤', line: '│', corner: '└', bottom: '─' };
const asciiLines = { tick: '+', line: '|', corner: '+', bottom: '-' };

/** How many columns of one character fit beside the axis of values; none into a plot that is too narrow to read. */
export function columnsBeside(scaleWidth: number, width: number): number {
  const room = width - scaleWidth;
  return room < minPlotWidth ? 0 : room;
}

const minPlotWidth = 12;

/** The width of the axis of values with what separates it from the plot. */
export function scaleWidthOf(plot: Pick<Plot, 'top' | 'isWhole' | 'textOf'> & { height: number }): number {
  const texts = ticksOf({ ...plot, rows: Array.from({ length: plot.height }, () => '') }).values();
  return Math.max(...[...texts, '0'].map((text) => text.length)) + 2;
}

/** The values at the top and in the middle, by row. */
function ticksOf({ rows, top, isWhole, textOf }: Pick<Plot, 'rows' | 'top' | 'isWhole' | 'textOf'>) {
  const ticks = new Map([[0, textOf(top)]]);
  const middle = rows.length / 2;
  if (Number.isInteger(middle) && !(isWhole && top % 2 !== 0)) ticks.set(middle, textOf(top / 2));
  return ticks;
}

/** As many labels, at equal distances, as there is room for. */
function labelLine(labels: readonly string[], columnWidth: number): string {
  const longest = Math.max(...labels.map(({ length }) => length));
  const step = Math.ceil((longest + labelGap) / columnWidth);
  let line = '';
  for (const [index, label] of labels.entries()) {
    const end = index * columnWidth + label.length;
    const isFirst = index === 0;
    if (index % step === 0 && (isFirst || end <= labels.length * columnWidth)) {
      line = line.padEnd(index * columnWidth) + label;
    }
  }
  return line;
}

/** The least round number, at or above the value, of which the half is round, too. */
export function roundTop(value: number, isWhole: boolean): number {
  if (!(value > 0)) return 1;
  const size = 10 ** Math.floor(Math.log10(value));
  const tops = roundShares.map((share) => Number((share * size).toPrecision(2)));
  return tops.find((top) => top >= value && !(isWhole && !Number.isInteger(top))) ?? value;
}

const roundShares = [1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10];
