import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { UsageRow } from '../../src/keys/ports.ts';
import { remainder, UsageTotals } from '../../src/remote/usage-totals.ts';

const dollars = fc.nat(100_000_000).map((micros) => micros / 1_000_000);
const row = fc.record({
  keyId: fc.constantFrom('k1', 'k2', 'k3', null),
  date: fc.constantFrom('2026-11-18', '2026-11-19', '2026-11-20'),
  requests: fc.nat(1_000_000_000),
  tokens: fc.nat(1_000_000_000),
  spentUsd: dollars,
});

function totalsOf(by: 'key' | 'day', rows: readonly UsageRow[]): UsageRow[] {
  const totals = new UsageTotals(by);
  for (const one of rows) totals.add(one);
  return totals.rows;
}

/** All rows as one. */
function sumOf(rows: readonly UsageRow[]): UsageRow | undefined {
  return totalsOf(
    'day',
    rows.map(({ requests = 0, tokens = 0, spentUsd = 0 }) => ({ requests, tokens, spentUsd })),
  )[0];
}

test('keys and days add up to exactly the same, which is the whole', () => {
  fc.assert(
    fc.property(fc.array(row), (rows) => {
      expect(sumOf(totalsOf('key', rows))).toEqual(sumOf(rows));
      expect(sumOf(totalsOf('day', rows))).toEqual(sumOf(rows));
    }),
  );
});

test('the order of rows changes no total', () => {
  fc.assert(
    fc.property(fc.array(row), (rows) => {
      const byId = (some: readonly UsageRow[]) =>
        new Map(some.map(({ keyId, ...counters }) => [keyId, counters]));
      expect(byId(totalsOf('key', [...rows].reverse()))).toEqual(byId(totalsOf('key', rows)));
    }),
  );
});

test('each row counts in one total, and no total has no row', () => {
  fc.assert(
    fc.property(fc.array(row), (rows) => {
      const ids = totalsOf('key', rows).map(({ keyId }) => keyId);
      expect(new Set(ids)).toEqual(new Set(rows.map(({ keyId }) => keyId)));
      expect(ids).toHaveLength(new Set(ids).size);
      const dates = totalsOf('day', rows).map(({ date }) => date);
      expect(dates).toEqual([...new Set(rows.map(({ date }) => date))].sort());
    }),
  );
});

test('what some keys leave of the whole is what the others used', () => {
  fc.assert(
    fc.property(fc.array(row), fc.array(row), (own, others) => {
      const whole = sumOf([...own, ...others]) ?? { requests: 0, tokens: 0, spentUsd: 0 };
      const rest = remainder(whole, totalsOf('key', own)) ?? { requests: 0, tokens: 0, spentUsd: 0 };
      const expected = sumOf(others) ?? { requests: 0, tokens: 0, spentUsd: 0 };
      expect(rest.requests).toBe(expected.requests);
      expect(rest.tokens).toBe(expected.tokens);
      expect(rest.spentUsd).toBeCloseTo(expected.spentUsd ?? 0, 5);
    }),
  );
});

test('parts that are more than the whole are no parts of it, however little the rest is', () => {
  expect(remainder({ requests: 2 }, [{ requests: 2 }, { requests: 1 }])).toBeNull();
  expect(remainder({ requests: 2, spentUsd: 1 }, [{ requests: 1, spentUsd: 1.1 }])).toBeNull();
  expect(remainder({ requests: 2, spentUsd: 0.3 }, [{ requests: 2, spentUsd: 0.1 + 0.2 }])).toBeUndefined();
  expect(remainder({ requests: 2 }, [])).toEqual({ requests: 2 });
});

test('amounts are added as they are written', () => {
  const rows = [0.1, 0.2, 0.3, 1e-9, 123_456.789].map((spentUsd) => ({ keyId: 'k1', spentUsd }));
  expect(totalsOf('key', rows)).toEqual([{ keyId: 'k1', spentUsd: 123_457.389000001 }]);
});

test('a counter that one of the rows lacks is left out', () => {
  const totals = new UsageTotals('key');
  for (const one of [{ requests: 1, tokens: 1 }, { requests: 1 }, { requests: 1, tokens: 1 }])
    totals.add(one);
  expect(totals.rows).toEqual([{ requests: 3 }]);
  expect(totals.partial).toEqual(['tokens']);
});
