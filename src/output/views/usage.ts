import { shown } from '../../base/sanitise.ts';
import type { UsageRow } from '../../keys/ports.ts';
import { bar } from '../charts/meter.ts';
import type { Terminal } from '../style.ts';
import type { Column } from '../table.ts';
import { renderTable } from '../table.ts';
import { count, dollars, plural } from './key-values.ts';
import { joinParts } from './parts.ts';
import { usageByDay } from './usage-by-day.ts';
import type { Metric } from './usage-totals.ts';
import { total, totals } from './usage-totals.ts';

export interface UsageScope {
  by: 'key' | 'day';
  /** The first day that was asked for; undefined: the first one with usage. */
  from: string | undefined;
}

/** The totals, a chart or bars of one counter, and all counters in a table. */
export async function usageView(
  rows: readonly UsageRow[],
  { by, from }: UsageScope,
  terminal: Terminal,
): Promise<string> {
  if (rows.length === 0) return 'no requests recorded\n';
  const metric = metricOf(rows);
  if (by === 'day') {
    const overview = metric === undefined ? '' : usageByDay(rows, metric, from, terminal);
    return `${overview}${await renderTable(rows, columns, terminal)}`;
  }
  if (metric === undefined) return renderTable(rows, columns, terminal);
  const sorted = [...rows].sort((a, b) => (b[metric] ?? 0) - (a[metric] ?? 0));
  const [sum, ...others] = totals(rows, metric);
  const overview = joinParts(
    [`total ${sum}`, ...others, plural(rows.filter(({ keyId }) => keyId !== null).length, 'key')],
    terminal,
  );
  return `${overview}\n${await renderTable(sorted, [...columns, barColumn(rows, metric)], terminal)}`;
}

/** Requests, unless only another counter tells the rows apart; undefined: none is reported. */
function metricOf(rows: readonly UsageRow[]): Metric | undefined {
  const metrics = ['requests', 'spentUsd', 'tokens'] as const;
  return (
    metrics.find((metric) => rows.some((row) => (row[metric] ?? 0) > 0)) ??
    metrics.find((metric) => rows.some((row) => row[metric] !== undefined))
  );
}

const maxBarWidth = 40;
const shareWidth = 5;

/** The share of each row in the whole; the bar of the greatest one is full. */
function barColumn(rows: readonly UsageRow[], metric: Metric): Column<UsageRow> {
  const whole = total(rows, metric);
  const most = rows.reduce((greatest, row) => Math.max(greatest, row[metric] ?? 0), 0);
  return {
    header: metric === 'spentUsd' ? 'SHARE OF SPENT' : `SHARE OF ${metric.toUpperCase()}`,
    text(row, { style, unicode }, width) {
      const value = row[metric] ?? 0;
      if (whole <= 0 || value <= 0) return '';
      const percent = `${Math.floor((value / whole) * 100) || '<1'}%`;
      return `${percent.padStart(shareWidth - 1)} ${style.cyan(bar(value / most, width - shareWidth, unicode))}`;
    },
    rank: 1,
    shrinkTo: 17,
    drawnUpTo: maxBarWidth + shareWidth,
  };
}

const columns: Column<UsageRow>[] = [
  { header: 'DAY', text: (row) => shown(row.date ?? ''), rank: 0 },
  { header: 'NAME', text: usedBy, rank: 0, shrinkTo: 12 },
  { header: 'ID', text: (row) => shown(row.keyId ?? ''), rank: 2 },
  {
    header: 'REQUESTS',
    text: (row) => (row.requests === undefined ? '' : count(row.requests)),
    align: 'right',
    rank: 0,
  },
  {
    header: 'TOKENS',
    text: (row) => (row.tokens === undefined ? '' : count(row.tokens)),
    align: 'right',
    rank: 0,
  },
  {
    header: 'SPENT',
    text: (row) => (row.spentUsd === undefined ? '' : dollars(row.spentUsd)),
    align: 'right',
    rank: 0,
  },
];

function usedBy({ keyId, name }: UsageRow, { style }: Terminal): string {
  return keyId === null ? style.dim('no listed key') : shown(name ?? '');
}
