import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addDays, daysBetween, isDay, seriesOf } from '../../../src/output/charts/periods.ts';

test('days without a value are in the series', () => {
  const series = seriesOf(
    new Map([
      ['2026-02-27', 3],
      ['2026-03-02', 1],
    ]),
    ['2026-02-27', '2026-03-02'],
    60,
  );
  expect(series).toEqual({
    unit: 'day',
    starts: ['2026-02-27', '2026-02-28', '2026-03-01', '2026-03-02'],
    values: [3, 0, 0, 1],
  });
});

test('what does not fit by day is drawn by week, month or year', () => {
  const values = new Map([
    ['2025-12-31', 1],
    ['2026-01-01', 2],
    ['2026-11-20', 4],
  ]);
  const within = (count: number) => seriesOf(values, ['2025-12-31', '2026-11-20'], count);
  expect(within(60)).toMatchObject({ unit: 'week', values: [3, ...Array(45).fill(0), 4] });
  expect(within(60)?.starts.slice(0, 2)).toEqual(['2025-12-29', '2026-01-05']);
  expect(within(12)).toMatchObject({ unit: 'month', values: [1, 2, ...Array(9).fill(0), 4] });
  expect(within(12)?.starts.slice(0, 3)).toEqual(['2025-12', '2026-01', '2026-02']);
  expect(within(2)).toEqual({ unit: 'year', starts: ['2025', '2026'], values: [1, 6] });
  expect(within(1)).toBeUndefined();
});

test('a series has every value once, whatever its periods', () => {
  const day = fc.integer({ min: 0, max: 20_000 }).map((count) => addDays('1999-12-27', count));
  fc.assert(
    fc.property(
      fc.dictionary(day, fc.nat(1000), { minKeys: 1 }),
      fc.integer({ min: 1, max: 200 }),
      (entries, max) => {
        const values = new Map(Object.entries(entries));
        const days = [...values.keys()].sort();
        const series = seriesOf(values, [days[0] ?? '', days.at(-1) ?? ''], max);
        if (!series) return;
        const sum = (list: Iterable<number>) => [...list].reduce((total, one) => total + one, 0);
        expect(sum(series.values)).toBe(sum(values.values()));
        expect(series.starts.length).toBeLessThanOrEqual(max);
        expect([...series.starts].sort()).toEqual(series.starts);
      },
    ),
  );
});

test('days are told from other text', () => {
  expect(['2026-02-28', '2024-02-29'].every(isDay)).toBe(true);
  expect(['2026-02-30', '2026-13-01', '2026-1-1', 'today', '', undefined].some(isDay)).toBe(false);
  expect(daysBetween('2026-02-27', '2026-03-02')).toBe(4);
});
