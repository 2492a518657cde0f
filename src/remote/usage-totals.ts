import type { UsageQuery, UsageRow } from '../keys/ports.ts';
import { withoutAbsent } from './select.ts';

export const counters = ['requests', 'tokens', 'spentUsd'] as const;
export type Counter = (typeof counters)[number];

/** Counters are added as whole numbers of this fraction: then no order of adding them changes a total. */
const unitsPerOne = 10n ** 12n;

/** A difference of totals that rounding explains. */
const roundingUnits = unitsPerOne / 1_000_000n;

/** Undefined: one of the parts is not reported, so neither is the sum. */
type Sums = Record<Counter, bigint | undefined>;

type Group = Pick<UsageRow, 'keyId' | 'name' | 'date'>;

/** Adds usage up, by key or by day. */
export class UsageTotals {
  readonly #by: UsageQuery['by'];
  readonly #groups = new Map<string, { group: Group; sums: Sums }>();
  readonly #partial = new Set<Counter>();

  constructor(by: UsageQuery['by']) {
    this.#by = by;
  }

  add(row: UsageRow): void {
    const { keyId, name, date } = row;
    const id = JSON.stringify(this.#by === 'key' ? (keyId ?? null) : date);
    const known = this.#groups.get(id);
    const group = this.#by === 'key' ? { keyId, name: known?.group.name ?? name } : { date };
    const sums = known ? this.#added(known.sums, sumsOf(row)) : sumsOf(row);
    this.#groups.set(id, { group: withoutAbsent<Group>(group), sums });
  }

  /** The counters that are left out of a total because only a part of its usage reports them. */
  get partial(): readonly Counter[] {
    return [...this.#partial];
  }

  /** The days in order, or the keys, the greatest use first. */
  get rows(): UsageRow[] {
    const rows = [...this.#groups.values()].map(({ group, sums }) => ({ ...group, ...countersIn(sums) }));
    if (this.#by === 'day') return rows.sort((a, b) => ((a.date ?? '') < (b.date ?? '') ? -1 : 1));
    const first = [...counters].reverse().find((counter) => rows.some((row) => row[counter] !== undefined));
    return first ? rows.sort((a, b) => (b[first] ?? 0) - (a[first] ?? 0)) : rows;
  }

  #added(some: Sums, others: Sums): Sums {
    const sum = (counter: Counter) => {
      const [one, other] = [some[counter], others[counter]];
      if ((one === undefined) !== (other === undefined)) this.#partial.add(counter);
      return one === undefined || other === undefined ? undefined : one + other;
    };
    return { requests: sum('requests'), tokens: sum('tokens'), spentUsd: sum('spentUsd') };
  }
}

/**
 * What the parts leave of the whole; undefined: nothing. Null if the parts are more than the whole, so that they cannot
 * all be parts of it.
 */
export function remainder(whole: UsageRow, parts: readonly UsageRow[]): UsageRow | undefined | null {
  const rest = sumsOf(whole);
  for (const counter of counters) {
    for (const one of parts) {
      const part = sumsOf(one)[counter];
      const left = rest[counter];
      rest[counter] = left === undefined || part === undefined ? undefined : left - part;
    }
  }
  const left = counters.map((counter) => rest[counter] ?? 0n);
  if (left.some((units) => units < -roundingUnits)) return null;
  if (!left.some((units) => units > roundingUnits)) return undefined;
  for (const counter of counters) if ((rest[counter] ?? 0n) < 0n) rest[counter] = 0n;
  return countersIn(rest);
}

function sumsOf(row: UsageRow): Sums {
  return { requests: units(row.requests), tokens: units(row.tokens), spentUsd: units(row.spentUsd) };
}

function countersIn({ requests, tokens, spentUsd }: Sums): Pick<UsageRow, Counter> {
  return withoutAbsent({
    requests: numberOf(requests),
    tokens: numberOf(tokens),
    spentUsd: numberOf(spentUsd),
  });
}

function units(value: number | undefined): bigint | undefined {
  if (value === undefined) return undefined;
  const whole = Math.trunc(value);
  return BigInt(whole) * unitsPerOne + BigInt(Math.round((value - whole) * Number(unitsPerOne)));
}

function numberOf(sum: bigint | undefined): number | undefined {
  return sum === undefined
    ? undefined
    : Number(sum / unitsPerOne) + Number(sum % unitsPerOne) / Number(unitsPerOne);
}
