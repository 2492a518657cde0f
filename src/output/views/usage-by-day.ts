import type { UsageRow } from '../../keys/ports.ts';
import { columnChart, columnsIn } from '../charts/column-chart.ts';
import type { Series } from '../charts/periods.ts';
import { daysBetween, isDay, seriesOf } from '../charts/periods.ts';
import type { Terminal } from '../style.ts';
import { count, dollars, shortCount } from './key-values.ts';
import { joinParts } from './parts.ts';
import type { Metric } from './usage-totals.ts';
import { total, totals } from './usage-totals.ts';

/** A chart of one counter from a day until today, in days, weeks, months or years, as they fit; and what it adds up to. */
export function usageByDay(
  rows: readonly UsageRow[],
  metric: Metric,
  from: string | undefined,
  terminal: Terminal,
): string {
  const byDay = new Map(rows.flatMap((row) => (isDay(row.date) ? [[row.date, row[metric] ?? 0]] : [])));
  const days = [...byDay.keys(), terminal.now.toISOString().slice(0, 10)].sort();
  const first = [from, days[0]].filter(isDay).sort()[0] ?? '';
  const last = days.at(-1) ?? first;
  const sum = total(rows, metric);
  const scale = { isWhole: metric !== 'spentUsd', textOf: metric === 'spentUsd' ? dollars : shortCount };
  const series =
    byDay.size > 0 ? seriesOf(byDay, [first, last], columnsIn(terminal.width, sum, scale)) : undefined;
  const average = sum / daysBetween(first, last);
  const [whole, ...others] = totals(rows, metric);
  const summary = [
    `total ${whole}`,
    `average ${metric === 'spentUsd' ? dollars(average) : aboutCount(average)} a day`,
    ...(series ? [peak(series, metric)] : []),
    ...others,
  ];
  return `${series ? chart(headOf(metric, series.unit, [first, last], terminal), series, scale, terminal) : ''}${joinParts(summary, terminal)}\n`;
}

function chart(
  head: string,
  { unit, starts, values }: Series,
  scale: Pick<Parameters<typeof columnChart>[0], 'isWhole' | 'textOf'>,
  { width, style, unicode }: Terminal,
): string {
  const lines = columnChart({
    values,
    labels: starts.map((start) => (unit === 'day' || unit === 'week' ? start.slice(5) : start)),
    width,
    unicode,
    paint: style.cyan,
    ...scale,
  });
  return `${[head, ...lines, ''].join('\n')}\n`;
}

function headOf(
  metric: Metric,
  unit: string,
  [first, last]: readonly [string, string],
  { style, width }: Terminal,
): string {
  const name = `${metric === 'spentUsd' ? 'US dollars spent' : metric} per ${unit}`;
  const head = `${name}, ${first} to ${last} (UTC)`;
  return style.bold(head.length <= width ? head : name);
}

function peak({ unit, starts, values }: Series, metric: Metric): string {
  const most = Math.max(...values);
  const start = starts[values.indexOf(most)] ?? '';
  const when = unit === 'day' ? `on ${start}` : `in ${unit === 'week' ? 'the week of ' : ''}${start}`;
  return `peak ${metric === 'spentUsd' ? dollars(most) : count(most)} ${most > 0 ? when : ''}`.trimEnd();
}

/** A whole number, or a small one with one decimal. */
function aboutCount(value: number): string {
  return value >= 100 || Number.isInteger(value) ? count(Math.round(value)) : value.toFixed(1);
}
