import { Chalk } from 'chalk';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import { shown } from '../../src/base/sanitise.ts';
import type { Column } from '../../src/output/table.ts';
import { renderTable } from '../../src/output/table.ts';

interface Row {
  name: string;
  id: string;
  count: string;
  note: string;
}

const columns: Column<Row>[] = [
  { header: 'NAME', text: ({ name }) => shown(name), rank: 0, shrinkTo: 8 },
  { header: 'ID', text: ({ id }) => shown(id), rank: 0 },
  { header: 'COUNT', text: ({ count }, { style }) => style.green(shown(count)), align: 'right', rank: 1 },
  { header: 'NOTE', text: ({ note }) => shown(note), rank: 2, shrinkTo: 6 },
];

const rows: Row[] = [
  { name: 'ci', id: 'aaaa0001', count: '7', note: 'first' },
  { name: 'deploy-to-production', id: 'bbbb0002', count: '12,345', note: 'a longer remark' },
];

function draw(list: readonly Row[], width: number, level: 0 | 1 = 0): string {
  return renderTable(list, columns, { width, style: new Chalk({ level }), now: new Date() });
}

/** Lines, joined as a terminal gets them. */
function lines(...texts: string[]): string {
  return `${texts.join('\n')}\n`;
}

function widest(text: string): number {
  return Math.max(...text.split('\n').map((line) => stringWidth(line)));
}

describe('a table', () => {
  test('has columns under their headers, and numbers to the right', () => {
    expect(draw(rows, 80)).toBe(
      lines(
        'NAME                  ID         COUNT  NOTE',
        'ci                    aaaa0001       7  first',
        'deploy-to-production  bbbb0002  12,345  a longer remark',
      ),
    );
  });

  test('truncates columns on a narrow terminal, the last ones first', () => {
    expect(draw(rows, 46)).toBe(
      lines(
        'NAME                  ID         COUNT  NOTE',
        'ci                    aaaa0001       7  first',
        'deploy-to-production  bbbb0002  12,345  a lon…',
      ),
    );
  });

  test('drops the least important columns if that is not enough', () => {
    expect(draw(rows, 31)).toBe(
      lines(
        'NAME           ID         COUNT',
        'ci             aaaa0001       7',
        'deploy-to-pr…  bbbb0002  12,345',
      ),
    );
    expect(draw(rows, 24).split('\n')[0]).toBe('NAME            ID');
  });

  test('drops a column that is empty in every row', () => {
    const bare = rows.map((row) => ({ ...row, count: '' }));
    expect(draw(bare, 80).split('\n')[0]).toBe('NAME                  ID        NOTE');
  });

  test('counts wide characters as two places, and colours as none', () => {
    const wide = rows.map((row, index) => ({ ...row, name: index === 0 ? '日本語' : 'latin' }));
    expect(draw(wide, 80)).toBe(
      lines(
        'NAME    ID         COUNT  NOTE',
        '日本語  aaaa0001       7  first',
        'latin   bbbb0002  12,345  a longer remark',
      ),
    );
    const cut = draw([{ name: '日本語のキーの名前です', id: 'x'.repeat(8), count: '', note: '' }], 20);
    expect(cut).toBe(lines('NAME        ID', '日本語の…   xxxxxxxx'));
    const uncoloured = draw(wide, 80, 1).replaceAll(/\x1b\[\d+m/g, '');
    expect(uncoloured).toBe(draw(wide, 80));
  });
});

test('truncates between whole characters, and wide characters never stick out', () => {
  const list = [{ name: 'ci', id: 'aaaa0001', count: '', note: '𐀀⺀⺀𐀀𐀀⺀' }];
  expect(draw(list, 23)).toBe(lines('NAME  ID        NOTE', 'ci    aaaa0001  𐀀⺀⺀𐀀…'));
});

describe('if not even the most important columns fit', () => {
  test('prints a card per row, separated by empty lines', () => {
    expect(draw(rows, 17)).toBe(
      lines(
        'NAME   ci',
        'ID     aaaa0001',
        'COUNT  7',
        'NOTE   first',
        '',
        'NAME   deploy-to…',
        'ID     bbbb0002',
        'COUNT  12,345',
        'NOTE   a longer …',
      ),
    );
  });

  test('a card omits empty values', () => {
    const bare = rows.map((row) => ({ ...row, note: '' }));
    expect(draw(bare, 17)).toMatchInlineSnapshot(`
      "NAME   ci
      ID     aaaa0001
      COUNT  7

      NAME   deploy-to…
      ID     bbbb0002
      COUNT  12,345
      "
    `);
  });
});

const text = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc
    .array(fc.constantFrom('日', '本', '한', 'a', 'é', '👍', '👩‍🚀', ' '), { maxLength: 30 })
    .map((parts) => parts.join('')),
);
const anyRow = fc.record({ name: text, id: text, count: text, note: text });

test.each([0, 1] as const)(
  'no line is ever wider than the terminal, whatever the rows hold (colour %d)',
  (level) => {
    fc.assert(
      fc.property(
        fc.array(anyRow, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 20, max: 120 }),
        (list, width) => {
          expect(widest(draw(list, width, level))).toBeLessThanOrEqual(width);
        },
      ),
      { numRuns: 150 },
    );
  },
);

test('a table has one line per row and one header line', () => {
  fc.assert(
    fc.property(fc.array(anyRow, { minLength: 1, maxLength: 4 }), (list) => {
      const named = list.map((row, index) => ({ ...row, id: `id${index}` }));
      expect(draw(named, 1000).trimEnd().split('\n')).toHaveLength(list.length + 1);
    }),
    { numRuns: 100 },
  );
});

test('measures no more of a long text than fits', () => {
  const name = '東'.repeat(10_000_000);
  const row = { name, id: 'a1', count: '1', note: '\x1b'.repeat(30_000_000) };
  for (const width of [30, 100]) {
    const terminal = { width, style: new Chalk({ level: 1 }), now: new Date() };
    const text = renderTable([row], columns, terminal);
    expect(text.length).toBeLessThan(10_000);
  }
}, 20_000);
