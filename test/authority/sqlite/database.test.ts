import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'libsql';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Connection } from '../../../src/authority/sqlite/connection.ts';
import { inspectDatabase } from '../../../src/authority/sqlite/inspect.ts';
import { migrations } from '../../../src/authority/sqlite/migrations.ts';
import { openDatabase } from '../../../src/authority/sqlite/open-database.ts';
import { openSqliteAuthority } from '../../../src/authority/sqlite/sqlite-authority.ts';
import type { TestAuthority } from '../../support/authority.ts';
import { spec, testAuthority } from '../../support/authority.ts';
import { failureIn, failureOf } from '../../support/failure.ts';
import { filesBelow } from '../../support/sandbox.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

function connect(path: string | undefined, timeout = 1000) {
  const connection = openDatabase(path, timeout);
  onTestFinished(() => connection.close());
  return connection;
}

/** A plain SQLite connection, like another process's. */
function foreign(path: string) {
  const database = new Database(path);
  onTestFinished(() => void database.close());
  return database;
}

/** Pages of the write-ahead log of a file. */
function logPages(path: string): number {
  return statSync(`${path}-wal`).size / 4096;
}

function mode(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}

/** An authority whose file, which tests find with its tables, does not exist. */
async function withoutFile(): Promise<TestAuthority> {
  const made = await testAuthority();
  rmSync(dirname(made.path), { recursive: true });
  return made;
}

describe('the file', () => {
  test('is 0600 in a 0700 folder, and so is everything that SQLite puts beside it', async () => {
    const { authority, path } = await withoutFile();
    await authority.create(spec());
    expect(mode(dirname(path))).toBe('700');
    const files = filesBelow(dirname(path));
    expect(files).toContain(path);
    expect(files.map(mode)).toEqual(files.map(() => '600'));
  });

  test('is not created by reading', async () => {
    const { authority, path } = await withoutFile();
    expect(await authority.list()).toEqual([]);
    expect(await authority.usage({ by: 'key' })).toEqual([]);
    expect(filesBelow(dirname(dirname(path)))).toEqual([]);
  });

  test('is found by a reader that started before it existed', async () => {
    const { authority: reader, clock, path } = await withoutFile();
    expect(await reader.list()).toEqual([]);
    const writer = openSqliteAuthority({ path, timeoutMs: 1000 }, clock.now);
    onTestFinished(() => writer.close());
    const { key } = await writer.create(spec({ name: 'made elsewhere' }));
    expect(await reader.list()).toEqual([key]);
  });

  test('shows a reader what another connection commits later', async () => {
    const { authority: reader, clock, path } = await withoutFile();
    await reader.create(spec({ name: 'first' }));
    const writer = openSqliteAuthority({ path, timeoutMs: 1000 }, clock.now);
    onTestFinished(() => writer.close());
    await writer.create(spec({ name: 'second' }));
    expect((await reader.list()).map(({ name }) => name).sort()).toEqual(['first', 'second']);
  });
});

function spendingIn(connection: Connection): Record<string, number> {
  const rows = connection.all('SELECT month, micros FROM spending');
  return Object.fromEntries(rows.map(({ month, micros }) => [String(month), Number(micros)]));
}

describe('the version of the tables', () => {
  test('is current in a new file, and unchanged when the file is opened again', () => {
    const path = join(temporaryFolder(), 'authority.db');
    openDatabase(path, 1000).close();
    const outside = foreign(path);
    expect(outside.pragma('user_version')).toMatchObject([{ user_version: migrations.length }]);
    const tables = () =>
      outside.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").all();
    expect(tables()).toEqual(
      ['keys', 'places', 'replies', 'sessions', 'settings', 'spending', 'usage_days', 'users', 'uses'].map(
        (name) => ({
          name,
        }),
      ),
    );
    outside.exec('CREATE TABLE of_another_program (id INTEGER)');
    openDatabase(path, 1000).close();
    expect(tables()).toHaveLength(10);
  });

  test('migrates what an earlier version wrote: keys, slots reserved under rate limits, and the spending of months', () => {
    const path = join(temporaryFolder(), 'authority.db');
    const old = foreign(path);
    old.exec([migrations[0]].flat().concat('PRAGMA user_version = 1').join(';'));
    old.exec(`INSERT INTO keys (id, name, prefix, secret_hash, created_at, permissions, models, labels)
              VALUES ('old', 'ci', 'sk_old', x'00', 1, '[]', '[]', '{}')`);
    old.exec("INSERT INTO admissions VALUES ('old', 5), ('old', 5), ('old', 9)");
    old.exec(`INSERT INTO usage_days VALUES ('old', '2026-10-31', 1, 1, 9), ('old', '2026-11-01', 1, 1, 700),
              ('old', '2026-11-30', 1, 1, 300)`);

    const connection = connect(path);
    expect(connection.get('SELECT name, owner FROM keys')).toMatchObject({ name: 'ci', owner: null });
    expect(connection.all('SELECT at, taken FROM places ORDER BY at')).toEqual([
      { at: 5, taken: 2 },
      { at: 9, taken: 1 },
    ]);
    expect(spendingIn(connection)).toEqual({ '2026-10': 9, '2026-11': 1000 });
  });

  test('of a newer keys is refused, and the file stays unchanged', () => {
    const path = join(temporaryFolder(), 'authority.db');
    openDatabase(path, 1000).close();
    const outside = foreign(path);
    outside.pragma(`user_version = ${migrations.length + 1}`);
    expect(failureOf(() => openDatabase(path, 1000))).toMatchObject({
      exit: 'failed',
      code: 'authority_newer',
    });
    expect(outside.pragma('user_version')).toMatchObject([{ user_version: migrations.length + 1 }]);
  });
});

describe('a file that cannot be used', () => {
  test('because it is not a database is an error with its path, and stays unchanged', () => {
    const path = join(temporaryFolder(), 'authority.db');
    writeFileSync(path, 'a shopping list, long enough to be looked at as a header of SQLite: '.repeat(20));
    const before = statSync(path).size;
    expect(failureOf(() => openDatabase(path, 1000))).toMatchObject({
      exit: 'failed',
      code: 'authority_unusable',
      hints: ['keys doctor'],
      message: expect.stringContaining(path),
    });
    expect(statSync(path).size).toBe(before);
  });

  test('because it is a folder', () => {
    const path = join(temporaryFolder(), 'authority.db');
    mkdirSync(path);
    expect(failureOf(() => openDatabase(path, 1000)).code).toBe('authority_unusable');
  });

  test('because its folder cannot be created', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'data'), '');
    const path = join(folder, 'data', 'authority.db');
    expect(failureOf(() => openDatabase(path, 1000)).code).toBe('authority_unusable');
  });

  test('because another process has locked it has an error code of its own, and reading still works', async () => {
    const path = join(temporaryFolder(), 'authority.db');
    openDatabase(path, 1000).close();
    const outside = foreign(path);
    outside.exec('BEGIN EXCLUSIVE');
    const service = openSqliteAuthority({ path, timeoutMs: 50 }, () => new Date());
    onTestFinished(() => service.close());
    expect(await service.list()).toEqual([]);
    expect(await failureIn(service.create(spec()))).toMatchObject({ exit: 'failed', code: 'authority_busy' });
    outside.exec('COMMIT');
    expect((await service.create(spec())).key.status).toBe('active');
  });
});

describe('a transaction', () => {
  test('that throws leaves nothing behind and does not block the next one', () => {
    const connection = connect(join(temporaryFolder(), 'authority.db'));
    connection.run('CREATE TABLE notes (text TEXT)');
    const cause = new RangeError('half-way');
    expect(() =>
      connection.transaction(() => {
        connection.run("INSERT INTO notes VALUES ('lost')");
        throw cause;
      }),
    ).toThrow(cause);
    expect(connection.transaction(() => connection.run("INSERT INTO notes VALUES ('kept')"))).toBe(1);
    expect(connection.all('SELECT text FROM notes')).toEqual([{ text: 'kept' }]);
  });

  test('excludes other writers from the start, before it has written anything', () => {
    const path = join(temporaryFolder(), 'authority.db');
    const connection = connect(path);
    const outside = foreign(path);
    connection.transaction(() => {
      expect(() => outside.exec('BEGIN IMMEDIATE')).toThrow('database is locked');
    });
    outside.exec('BEGIN IMMEDIATE');
    expect(outside.inTransaction).toBe(true);
  });

  test('is visible to others only once it is complete', () => {
    const path = join(temporaryFolder(), 'authority.db');
    const connection = connect(path);
    connection.run('CREATE TABLE notes (text TEXT)');
    const outside = foreign(path);
    const count = () => outside.prepare('SELECT COUNT(*) AS count FROM notes').all();
    connection.transaction(() => {
      connection.run("INSERT INTO notes VALUES ('one')");
      expect(count()).toEqual([{ count: 0 }]);
    });
    expect(count()).toEqual([{ count: 1 }]);
  });

  test('that violates a constraint is a failure, not a bug', () => {
    const connection = connect(undefined);
    const orphan = () => connection.run("INSERT INTO places (key_id, at, taken) VALUES ('nobody', 1, 1)");
    expect(failureOf(orphan).code).toBe('authority_unusable');
  });
});

describe('values', () => {
  test.each([['text'], [''], [null], [12], [Number.MAX_SAFE_INTEGER]])(
    '%j comes back as it went in',
    (value) => {
      expect(connect(undefined).all('SELECT ? AS value', value)).toEqual([{ value }]);
    },
  );

  test('bytes come back as bytes', () => {
    const row = connect(undefined).get('SELECT ? AS value', Buffer.from([0, 1, 255]));
    expect(row?.value instanceof Uint8Array && [...row.value]).toEqual([0, 1, 255]);
  });

  test('a missing row is undefined', () => {
    expect(connect(undefined).get('SELECT id FROM keys')).toBeUndefined();
  });
});

test('inspecting a sound file reports its number of keys and its schema version', async () => {
  const { authority, path } = await testAuthority();
  await authority.create(spec());
  await authority.create(spec());
  expect(inspectDatabase(path)).toEqual({
    problems: [],
    keys: 2,
    schema: migrations.length,
    retention: '90d',
  });
});

test('a connection leaves merging the log to another one if it is told to', () => {
  const path = join(temporaryFolder(), 'authority.db');
  const [deciding, recording] = [connect(path), connect(path)];
  deciding.run('CREATE TABLE texts (text TEXT)');
  deciding.mergeAfter(10_000);
  const write = (connection: typeof deciding) =>
    connection.run('INSERT INTO texts VALUES (?)', 'x'.repeat(2_000_000));
  for (let count = 0; count < 4; count++) write(deciding);
  const lengthBefore = logPages(path);
  expect(lengthBefore).toBeGreaterThan(1800);
  write(recording);
  for (let count = 0; count < 3; count++) write(deciding);
  // What follows a merge overwrites the log.
  expect(logPages(path) - lengthBefore).toBeLessThan(600);
});
