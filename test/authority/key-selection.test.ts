import { afterAll, describe, expect, test } from 'vitest';
import { mint } from '../../src/authority/key-format.ts';
import { toKey } from '../../src/authority/key-row.ts';
import { isSelectable, selectedPages, summaryOf } from '../../src/authority/key-selection.ts';
import { KeyTable } from '../../src/authority/key-table.ts';
import type { Connection } from '../../src/authority/sqlite/connection.ts';
import { openDatabase } from '../../src/authority/sqlite/open-database.ts';
import { runNow } from '../../src/authority/sqlite/run-now.ts';
import { SqliteStore } from '../../src/authority/sqlite/sqlite-store.ts';
import type { Store } from '../../src/authority/store/store.ts';
import type { Work } from '../../src/authority/store/work.ts';
import { withSuperseded } from '../../src/keys/key.ts';
import type { Selection } from '../../src/keys/select.ts';
import { selectKeys, sortFields } from '../../src/keys/select.ts';
import { summarise } from '../../src/keys/summary.ts';
import { spec } from '../support/authority.ts';
import { collect } from '../support/collect.ts';
import { countReads } from '../support/count-reads.ts';

/** A store that reads by this connection. */
function storeOn(reader: Connection): Store {
  return Object.create(new SqliteStore({ path: '', timeoutMs: 0 }), {
    read: { value: async <T>(work: () => Work<T>) => runNow(reader, work()) },
  });
}

const dayMs = 86_400_000;
const now = new Date('2026-11-20T12:00:00Z');
const names = ['ci', 'CI', 'kiosk', '\u212aelvin', '\u0130stanbul', 'Ärger', 'a%b_c', "it's"];
const count = 1200;

const connection = openDatabase(undefined, 1000);
afterAll(() => connection.close());
const table = new KeyTable();
const done = <T>(work: Work<T>) => runNow(connection, work);
for (let at = 0; at < count; at += 1) {
  const value = mint('sk');
  const createdAt = now.getTime() - 400 * dayMs + (at % 380) * dayMs + (at % 7);
  const expiresAt = at % 3 === 0 ? null : new Date(now.getTime() + ((at % 90) - 20) * dayMs);
  done(
    table.insert(
      value,
      spec({
        name: `${names[at % names.length]}${at % 40}`,
        description: at % 5 === 0 ? null : `Nightly SUMMARY ${at}`,
        expiresAt,
        budgetUsd: at % 4 === 0 ? at / 10 : null,
        labels: at % 2 === 0 ? { team: `Shop-${at % 6}`, 'a"b': 'x=y' } : {},
      }),
      { owner: null },
      createdAt,
    ),
  );
  if (at % 11 === 0) done(table.revoke(value.id, now.getTime()));
  if (at % 13 === 0) done(table.update(value.id, { disabled: true }, now.getTime()));
  if (at % 6 === 0)
    connection.run(
      'UPDATE keys SET last_used_at = ?, requests = ? WHERE id = ?',
      createdAt + dayMs,
      at,
      value.id,
    );
}
const all = withSuperseded(done(table.all()).map((row) => toKey(row, now.getTime())));

const days = (count: number) => ({ months: 0, milliseconds: count * dayMs });
const selections: Selection[] = [
  {},
  { status: 'all' },
  ...(['active', 'expiring', 'expired', 'revoked', 'disabled', 'unknown'] as const).map((status) => ({
    status,
  })),
  { limit: 10 },
  { limit: 0 },
  { limit: 10, reverse: true, status: 'all' },
  { reverse: true },
  { limit: 700, status: 'all' },
  { expiring: days(30) },
  { olderThan: days(200), limit: 5 },
  { unused: days(100) },
  ...[
    '',
    'ci1',
    'KELVIN',
    'k',
    'i',
    'istanbul',
    'ärger',
    '%',
    '_c',
    "t's",
    'team=shop-2',
    'a"b=X',
    'summary 7',
    'sk_',
  ].map((search) => ({ search, status: 'all' as const })),
  { search: 'shop-4', limit: 3 },
  { search: 'summary', expiring: days(20), olderThan: days(30), unused: days(60), limit: 20 },
  ...sortFields.flatMap((sort) => [
    { sort, limit: 40, status: 'all' as const },
    { sort, limit: 40, reverse: true },
  ]),
];

describe('a selection that the database carries out is that of the whole list', () => {
  test.each(
    selections.filter(isSelectable).map((selection) => [JSON.stringify(selection), selection] as const),
  )('%s', async (_, selection) => {
    const pages = await collect(selectedPages(storeOn(connection), selection, now));
    const selected = pages.flat().map(({ id, superseded }) => ({
      id,
      superseded,
    }));
    const expected = selectKeys(all, selection, now).map(({ id, superseded }) => ({ id, superseded }));
    expect(selected).toEqual(expected);
  });

  test('so are its counts and sums', () => {
    expect(done(summaryOf(now, true))).toEqual(summarise(all));
  });

  test('counts alone leave the usage unknown', () => {
    const withoutUsage = { requests: undefined, tokens: undefined, spentUsd: undefined };
    expect(done(summaryOf(now, false))).toEqual({ ...summarise(all), ...withoutUsage });
  });
});

test('text is not put into order by the database, nor is a whole list by anything but its age', () => {
  expect(isSelectable({ sort: 'name', limit: 10 })).toBe(false);
  expect(isSelectable({ sort: 'createdAt' })).toBe(false);
  expect(isSelectable({ sort: 'createdAt', limit: 10 })).toBe(true);
});

test('a limit reads as many rows as it shows, by an index', async () => {
  const reads = countReads(connection);
  const store = storeOn(reads.connection);
  const pages = await collect(selectedPages(store, { limit: 10, status: 'all' }, now));
  expect(pages.flat()).toHaveLength(10);
  expect(reads.rows).toBe(10);
  expect(reads.plans().filter((plan) => /^SCAN keys$|TEMP B-TREE/.test(plan))).toEqual([]);
});

test('a reader that stops does not read on, and blocks no writes', async () => {
  const reads = countReads(connection);
  const keys = selectedPages(storeOn(reads.connection), { status: 'all' }, now);
  expect((await keys.next()).done).toBe(false);
  expect(reads.rows).toBe(500);
  done(table.update(String(done(table.all())[0]?.id), { description: 'changed' }, now.getTime()));
  expect((await keys.next()).done).toBe(false);
});
