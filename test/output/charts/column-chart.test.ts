import { expect, test } from 'vitest';
import type { Columns } from '../../../src/output/charts/column-chart.ts';
import { columnChart, columnsIn } from '../../../src/output/charts/column-chart.ts';

const plain = (text: string) => text;

function draw(values: readonly number[], options: Partial<Columns> = {}): string {
  const labels = values.map((_, index) => `11-${String(index + 1).padStart(2, '0')}`);
  const chart = { values, labels, width: 60, isWhole: true, unicode: true, textOf: String, paint: plain };
  return columnChart({ ...chart, ...options }).join('\n');
}

test('draws zero as a gap, and anything more as something', () => {
  expect(draw([1000, 0, 1, 500, 0, 250])).toMatchInlineSnapshot(`
    "1000 ┤█████
         │█████
         │█████
         │█████
     500 ┤█████             █████
         │█████             █████
         │█████             █████       █████
         │█████       ▁▁▁▁▁ █████       █████
       0 └────────────────────────────────────
          11-01       11-03       11-05"
  `);
  expect(draw([1000, 0, 1, 500, 0, 250], { unicode: false })).toMatchInlineSnapshot(`
    "1000 +#####
         |#####
         |#####
         |#####
     500 +#####             #####
         |#####             #####
         |#####             #####       #####
         |#####       ..... #####       #####
       0 +------------------------------------
          11-01       11-03       11-05"
  `);
});

test('draws one value, nothing but zeros, huge and tiny values', () => {
  expect(draw([7], { width: 40 })).toMatchInlineSnapshot(`
    "8 ┤
      │█████
      │█████
      │█████
    4 ┤█████
      │█████
      │█████
      │█████
    0 └──────
       11-01"
  `);
  expect(draw([0, 0, 0], { width: 40 })).toMatchInlineSnapshot(`
    "1 ┤
      │
      │
      │
      │
      │
      │
      │
    0 └──────────────────
       11-01       11-03"
  `);
  expect(draw([Number.MAX_SAFE_INTEGER, 1], { width: 40 })).toMatchInlineSnapshot(`
    "10000000000000000 ┤▂▂▂▂▂
                      │█████
                      │█████
                      │█████
     5000000000000000 ┤█████
                      │█████
                      │█████
                      │█████ ▁▁▁▁▁
                    0 └────────────
                       11-01"
  `);
  expect(draw([0.00004, 0.00001], { width: 40, isWhole: false })).toMatchInlineSnapshot(`
    "0.00004 ┤█████
            │█████
            │█████
            │█████
    0.00002 ┤█████
            │█████
            │█████ █████
            │█████ █████
          0 └────────────
             11-01"
  `);
});

test.each([60, 80, 100, 160])('is no wider than %d columns, however many values fit', (width) => {
  const count = columnsIn(width, 1e6, { isWhole: true, textOf: String });
  const values = Array.from({ length: count }, (_, index) => (index * 7919) % 1_000_000);
  for (const shown of [values, values.slice(0, count / 2), values.slice(0, count / 7)]) {
    for (const unicode of [true, false]) {
      const lines = draw(shown, { width, unicode }).split('\n');
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
      expect(lines).toHaveLength(10);
    }
  }
});
