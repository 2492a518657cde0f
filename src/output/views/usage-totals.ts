import type { UsageRow } from '../../keys/ports.ts';
import { dollars, plural } from './key-values.ts';

/** A counter of usage. */
export type Metric = 'requests' | 'tokens' | 'spentUsd';

/** The given counter, and others that count anything, summed. */
export function totals(rows: readonly UsageRow[], first: Metric): string[] {
  const metrics = [first, ...(['requests', 'tokens', 'spentUsd'] as const).filter((one) => one !== first)];
  return metrics
    .map((metric) => ({ metric, sum: total(rows, metric) }))
    .filter(({ metric, sum }) => metric === first || sum > 0)
    .map(({ metric, sum }) => amount(sum, metric));
}

function amount(value: number, metric: Metric): string {
  if (metric === 'spentUsd') return dollars(value);
  return plural(value, metric === 'requests' ? 'request' : 'token');
}

export function total(rows: readonly UsageRow[], metric: Metric): number {
  const sum = rows.reduce((result, row) => result + (row[metric] ?? 0), 0);
  // Rounding removes the error of adding binary fractions.
  return metric === 'spentUsd' ? Math.round(sum * 1e6) / 1e6 : sum;
}
