import { Chalk } from 'chalk';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import { shown } from '../../src/base/sanitise.ts';
import type { Column } from '../../src/output/table.ts';
import { renderTable } from '../../src/output/table.ts';
import type { Alignment, Typesetting } from '../../src/output/typesetting.ts';
import { isNarrow, narrowTypesetting, narrowWidth } from '../../src/output/typesetting.ts';
import { wideTypesetting } from '../../src/output/wide-typesetting.ts';
import { anyCharacter } from '../support/any-character.ts';
import { runs } from '../support/runs.ts';

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

function draw(list: readonly Row[], width: number, level: 0 | 1 = 0): Promise<string> {
  return renderTable(list, columns, { width, style: new Chalk({ level }), now: new Date(), unicode: true });
}

/** Lines, joined as a terminal gets them. */
function lines(...texts: string[]): string {
  return `${texts.join('\n')}\n`;
}

function widest(text: string): number {
  return Math.max(...text.split('\n').map((line) => stringWidth(line)));
}

describe('a table', () => {
  test('has columns under their headers, and numbers to the right', async () => {
    expect(await draw(rows, 80)).toBe(
      lines(
        'NAME                  ID         COUNT  NOTE',
        'ci                    aaaa0001       7  first',
        'deploy-to-production  bbbb0002  12,345  a longer remark',
      ),
    );
  });

  test('truncates columns on a narrow terminal, the last ones first', async () => {
    expect(await draw(rows, 46)).toBe(
      lines(
        'NAME                  ID         COUNT  NOTE',
        'ci                    aaaa0001       7  first',
        'deploy-to-production  bbbb0002  12,345  a lon…',
      ),
    );
  });

  test('drops the least important columns if that is not enough, and continues names in the next line last', async () => {
    expect(await draw(rows, 31)).toBe(
      lines('NAME                  ID', 'ci                    aaaa0001', 'deploy-to-production  bbbb0002'),
    );
    expect(await draw(rows, 24)).toBe(
      lines('NAME            ID', 'ci              aaaa0001', 'deploy-to-prod  bbbb0002', 'uction'),
    );
  });

  test('drops a column that says the same of every row, before anything is truncated', async () => {
    const scope: Column<Row> = { header: 'SCOPE', text: ({ note }) => note, rank: 1, usual: 'all' };
    const table = (list: readonly Row[], width: number) =>
      renderTable(list, [...columns.slice(0, 2), scope, ...columns.slice(2)], {
        ...{ width, style: new Chalk({ level: 0 }), now: new Date(), unicode: true },
      });
    const alike = rows.map((row) => ({ ...row, note: 'all' }));
    expect((await table(alike, 80)).split('\n')[0]).toContain('SCOPE');
    expect((await table(alike, 46)).split('\n')[0]).toBe('NAME                  ID         COUNT  NOTE');
    expect(await table(alike, 46)).toContain('deploy-to-production');
    const [first, ...others] = alike;
    const mixed = [...(first ? [{ ...first, note: 'one' }] : []), ...others];
    expect((await table(mixed, 46)).split('\n')[0]).toContain('SCOPE');
  });

  test('a name longer than half of the terminal makes room for other columns', async () => {
    const [first] = rows;
    const long = { ...rows[1], name: 'n'.repeat(70) } as Row;
    const [head, , row] = (await draw([...(first ? [first] : []), long], 80)).split('\n');
    expect(head).toMatch(/^NAME +ID +COUNT +NOTE$/);
    expect(row).toMatch(/^n{40,60} /);
  });

  test('drops a column that is empty in every row', async () => {
    const bare = rows.map((row) => ({ ...row, count: '' }));
    expect((await draw(bare, 80)).split('\n')[0]).toBe('NAME                  ID        NOTE');
  });

  test('counts wide characters as two places, and colours as none', async () => {
    const wide = rows.map((row, index) => ({ ...row, name: index === 0 ? '日本語' : 'latin' }));
    expect(await draw(wide, 80)).toBe(
      lines(
        'NAME    ID         COUNT  NOTE',
        '日本語  aaaa0001       7  first',
        'latin   bbbb0002  12,345  a longer remark',
      ),
    );
    const cut = await draw([{ name: '日本語のキーの名前です', id: 'x'.repeat(8), count: '', note: '' }], 20);
    expect(cut).toBe(lines('NAME        ID', '日本語のキ  xxxxxxxx', 'ーの名前で', 'す'));
    const uncoloured = (await draw(wide, 80, 1)).replaceAll(/\x1b\[\d+m/g, '');
    expect(uncoloured).toBe(await draw(wide, 80));
  });
});

test('truncates between whole characters, and wide characters never stick out', async () => {
  const list = [{ name: 'ci', id: 'aaaa0001', count: '', note: '𐀀⺀⺀𐀀𐀀⺀' }];
  expect(await draw(list, 23)).toBe(lines('NAME  ID        NOTE', 'ci    aaaa0001  𐀀⺀⺀𐀀…'));
});

describe('if not even the most important columns fit', () => {
  test('prints a card per row, separated by empty lines', async () => {
    expect(await draw(rows, 17)).toBe(
      lines(
        'NAME   ci',
        'ID     aaaa0001',
        'COUNT  7',
        'NOTE   first',
        '',
        'NAME   deploy-to-',
        '       production',
        'ID     bbbb0002',
        'COUNT  12,345',
        'NOTE   a longer …',
      ),
    );
  });

  test('a card omits empty values', async () => {
    const bare = rows.map((row) => ({ ...row, note: '' }));
    expect(await draw(bare, 17)).toMatchInlineSnapshot(`
      "NAME   ci
      ID     aaaa0001
      COUNT  7

      NAME   deploy-to-
             production
      ID     bbbb0002
      COUNT  12,345
      "
    `);
  });
});

const text = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.string({ unit: anyCharacter, maxLength: 20 }),
  fc
    .array(fc.constantFrom('日', '本', '한', 'a', 'é', '👍', '👩‍🚀', ' '), { maxLength: 30 })
    .map((parts) => parts.join('')),
);
const anyRow = fc.record({ name: text, id: text, count: text, note: text });

test.each([0, 1] as const)(
  'no line is ever wider than the terminal, whatever the rows hold (colour %d)',
  async (level) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyRow, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 20, max: 120 }),
        async (list, width) => {
          expect(widest(await draw(list, width, level))).toBeLessThanOrEqual(width);
        },
      ),
      runs(150),
    );
  },
);

test('a table has one line per row and one header line', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyRow, { minLength: 1, maxLength: 4 }), async (list) => {
      const named = list.map((row, index) => ({ ...row, id: `id${index}` }));
      expect((await draw(named, 1000)).trimEnd().split('\n')).toHaveLength(list.length + 1);
    }),
    runs(100),
  );
});

const style = new Chalk({ level: 1 });
const narrowText = fc
  .string({ unit: fc.constantFrom('a', 'Z', '7', ' ', '~', 'é', 'ß', 'ő', '…'), maxLength: 12 })
  .chain((plain) => fc.constantFrom(plain, style.green(plain), style.bold(plain), `${style.dim(plain)} a`));

test('narrow text is set without libraries as they would set it', () => {
  const alignment = fc.constantFrom<Alignment>('left', 'right');
  fc.assert(
    fc.property(
      fc.array(fc.tuple(narrowText, narrowText, narrowText), { minLength: 1, maxLength: 5 }),
      fc.tuple(alignment, alignment, alignment),
      fc.integer({ min: 0, max: 9 }),
      (cells, align, extra) => {
        expect(cells.flat().every(isNarrow)).toBe(true);
        const columns = [0, 1, 2].map((column) => cells.map((row) => row[column] ?? ''));
        const widths = columns.map((column) => Math.max(1, ...column.map(narrowWidth)) + extra);
        const set = ({ setLines }: Typesetting) =>
          setLines(cells, widths, align).map((line) => line.trimEnd());
        expect(set(narrowTypesetting)).toEqual(set(wideTypesetting));
        for (const text of cells.flat()) {
          expect(narrowWidth(text)).toBe(wideTypesetting.widthOf(text));
          const plain = text.replaceAll(/\x1b\[\d+m/g, '');
          expect([...narrowTypesetting.charactersOf(plain)]).toEqual([
            ...wideTypesetting.charactersOf(plain),
          ]);
        }
      },
    ),
  );
});

test.each(['日本', 'e\u0301', '👍', '©', '\u200d'])('%j is not narrow', (text) => {
  expect(isNarrow(`a${text}`)).toBe(false);
});

test('measures no more of a long text than fits', async () => {
  const name = '東'.repeat(10_000_000);
  const row = { name, id: 'a1', count: '1', note: '\x1b'.repeat(30_000_000) };
  for (const width of [30, 100]) {
    const terminal = { width, style: new Chalk({ level: 1 }), now: new Date(), unicode: true };
    const text = await renderTable([row], columns, terminal);
    expect(text.length).toBeLessThan(10_000);
  }
}, 20_000);
