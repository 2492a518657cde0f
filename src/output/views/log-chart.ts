import { absoluteTime } from '../../base/time.ts';
import type { LogEntry } from '../../keys/ports.ts';
import { stackedChart, stacksIn } from '../charts/stacked-chart.ts';
import { stepsBetween } from '../charts/time-steps.ts';
import type { Style, Terminal } from '../style.ts';
import { count } from './key-values.ts';
import { joinParts } from './parts.ts';

interface StatusClass {
  name: string;
  color: keyof Style;
  character: string;
  ascii: string;
}

/** From the bottom up: failures stand on the axis, where their heights compare. */
const classes: readonly StatusClass[] = [
  { name: '5xx', color: 'red', character: '█', ascii: '#' },
  { name: '4xx', color: 'yellow', character: '▓', ascii: 'x' },
  { name: 'other', color: 'dim', character: '▞', ascii: '?' },
  { name: '3xx', color: 'cyan', character: '▒', ascii: '-' },
  { name: '2xx', color: 'green', character: '░', ascii: '.' },
];

/** Columns of one entry each would not show when there are many. */
const entriesPerColumn = 2;
const fewColumns = 12;

/** When these entries were made, by their class of status, with how many there are of each; empty for less than two. */
export function logChart(entries: readonly LogEntry[], terminal: Terminal): string {
  const { width, style, unicode } = terminal;
  const moments = entries.flatMap((entry) => {
    const at = Date.parse(entry.timestamp);
    return Number.isNaN(at) ? [] : [{ at, layer: layerOf(entry.statusCode) }];
  });
  const [first, last] = moments.reduce<readonly [number, number]>(
    ([least, most], { at }) => [Math.min(least, at), Math.max(most, at)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
  const usefulColumns = Math.max(fewColumns, Math.ceil(moments.length / entriesPerColumn));
  const maxColumns = Math.min(usefulColumns, stacksIn(width, moments.length));
  const steps = moments.length > 1 ? stepsBetween(first, last, maxColumns) : undefined;
  if (!steps) return '';
  const columns = steps.starts.map(() => classes.map(() => 0));
  for (const { at, layer } of moments) {
    const column = columns[Math.floor((at - (steps.starts[0] ?? 0)) / steps.stepMs)];
    if (column) column[layer] = (column[layer] ?? 0) + 1;
  }
  const layers = classes.map(({ color, character, ascii }) => ({
    character: unicode ? character : ascii,
    paint: style[color],
  }));
  const lines = stackedChart({ columns, layers, labels: steps.labels, width, unicode });
  return `${[headOf(steps.name, [first, last], terminal), ...lines].join('\n')}\n${legend(columns, terminal)}\n`;
}

function layerOf(status: number | undefined): number {
  const name = `${Math.floor((status ?? 0) / 100)}xx`;
  const index = classes.findIndex((one) => one.name === name);
  return index >= 0 ? index : classes.findIndex((one) => one.name === 'other');
}

function headOf(step: string, [first, last]: readonly [number, number], { style, width }: Terminal): string {
  const [from, to] = [first, last].map((at) => absoluteTime(new Date(at).toISOString()));
  const head = `entries per ${step}, ${from} to ${to}`;
  return style.bold(head.length <= width ? head : `entries per ${step}`);
}

/** `░ 2xx 40 · ▓ 4xx 3` */
function legend(columns: readonly (readonly number[])[], terminal: Terminal): string {
  const parts = classes.map(({ name, color, character, ascii }, layer) => {
    const total = columns.reduce((sum, counts) => sum + (counts[layer] ?? 0), 0);
    const sample = terminal.style[color](terminal.unicode ? character : ascii);
    return total > 0 ? [`${sample} ${name} ${count(total)}`] : [];
  });
  return joinParts(parts.reverse().flat(), terminal);
}
