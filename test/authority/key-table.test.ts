import { afterAll, describe, expect, test } from 'vitest';
import { mint } from '../../src/authority/key-format.ts';
import { toKey } from '../../src/authority/key-row.ts';
import { KeyTable } from '../../src/authority/key-table.ts';
import { openDatabase } from '../../src/authority/sqlite/open-database.ts';
import { runNow } from '../../src/authority/sqlite/run-now.ts';
import type { Row, Work } from '../../src/authority/store/work.ts';
import type { Failure } from '../../src/base/errors.ts';
import { KeysError } from '../../src/base/errors.ts';
import { findKey } from '../../src/keys/find.ts';
import type { Key } from '../../src/keys/key.ts';
import { withSuperseded } from '../../src/keys/key.ts';
import { spec } from '../support/authority.ts';
import type { CountedReads } from '../support/count-reads.ts';
import { countReads } from '../support/count-reads.ts';

const now = Date.parse('2026-11-20T12:00:00Z');

/** Two keys of each name, the older one of every fifth name revoked. */
function tableOf(names: number): {
  about: (references: readonly string[]) => Row[];
  reads: CountedReads;
  all: Key[];
} {
  const connection = openDatabase(undefined, 1000);
  afterAll(() => connection.close());
  const table = new KeyTable();
  const done = <T>(work: Work<T>) => runNow(connection, work);
  for (let at = 0; at < 2 * names; at += 1) {
    const value = mint('sk');
    done(table.insert(value, spec({ name: `service-${at % names}` }), { owner: null }, now + at));
    if (at < names && at % 5 === 0) done(table.revoke(value.id, now));
  }
  const reads = countReads(connection);
  const about = (references: readonly string[]) => runNow(reads.connection, table.about(references));
  return { about, reads, all: keysIn(done(table.all())) };
}

function keysIn(rows: Parameters<typeof toKey>[0][]): Key[] {
  return withSuperseded(rows.map((row) => toKey(row, now)));
}

/** The key that a reference names, or the failure. */
function found(keys: readonly Key[], reference: string): Key | Failure {
  try {
    return findKey(keys, reference);
  } catch (error) {
    if (error instanceof KeysError) return error.failure;
    throw error;
  }
}

describe('the keys that a reference is about', () => {
  const { about, reads, all } = tableOf(400);
  const [newest = all[0], oldest = all[0]] = [all[0], all.at(-1)];
  const references: [what: string, reference: string][] = [
    ['an id', newest?.id ?? ''],
    ['the id of a superseded key', oldest?.id ?? ''],
    ['a name', 'service-7'],
    ['a name whose older key is revoked', 'service-5'],
    ['the first 4 characters of an id', newest?.id.slice(0, 4) ?? ''],
    ['more of an id', newest?.id.slice(0, 12) ?? ''],
    ['too short a beginning of an id', newest?.id.slice(0, 3) ?? ''],
    ['the prefix of a secret', newest?.prefix ?? ''],
    ['a name that no key has', 'service-x'],
    ['nothing', ''],
    ['text that is no key', 'a b\u{10ffff}%_'],
  ];

  test.each(references)('are enough to tell what is meant by %s', (_, reference) => {
    expect(found(keysIn(about([reference])), reference)).toEqual(found(all, reference));
  });

  test('are few rows of the table, found by an index', () => {
    const before = reads.rows;
    about(references.map(([, reference]) => reference));
    expect(reads.rows - before).toBeLessThan(40);
    expect(reads.plans().filter((plan) => /^SCAN keys/.test(plan))).toEqual([]);
  });

  test('come newest first, whatever the order of the references', () => {
    const names = about(['service-3', 'service-9', 'service-1']).map(({ name }) => name);
    expect(names).toEqual(['service-9', 'service-3', 'service-1', 'service-9', 'service-3', 'service-1']);
  });
});
