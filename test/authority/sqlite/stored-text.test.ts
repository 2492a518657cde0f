import Database from 'libsql';
import { describe, expect, onTestFinished, test } from 'vitest';
import { migrations } from '../../../src/authority/sqlite/migrations.ts';
import { openDatabase } from '../../../src/authority/sqlite/open-database.ts';
import { clipped, storable } from '../../../src/authority/store/stored-text.ts';
import { issue, recordUse, spec, testAuthority, use } from '../../support/authority.ts';
import { collect } from '../../support/collect.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

describe('stored text', () => {
  test.each([
    ['a lone surrogate', 'a\ud800b', 'a\ufffdb'],
    ['the second half of one', '\udfff', '\ufffd'],
    ['NUL', 'a\0b', 'a\ufffdb'],
    ['anything else', 'ключ 🔑 \u202e', 'ключ 🔑 \u202e'],
  ])('%s', (_, given, kept) => {
    expect(storable(given)).toBe(kept);
  });

  test('is cut between characters', () => {
    expect(clipped('🔑🔑', 3)).toBe('🔑');
    expect(clipped('key', 3)).toBe('key');
  });

  test('is read back from every text of a use, and of a key', async () => {
    const { authority, gate, key } = await issue();
    const odd = '\ud800x\0';
    const texts = { method: odd, path: `/${odd}`, ip: odd, model: odd };
    await recordUse(gate, use({ keyId: key.id, ...texts }));
    const [entry] = await collect(authority.logs({}));
    expect(entry).toMatchObject({
      method: '\ufffdx\ufffd',
      path: '/\ufffdx\ufffd',
      ip: '\ufffdx\ufffd',
      model: '\ufffdx\ufffd',
    });
    await authority.update(key.id, { name: odd, description: odd });
    expect(await authority.get(key.id)).toMatchObject({
      name: '\ufffdx\ufffd',
      description: '\ufffdx\ufffd',
    });
    expect(await collect(authority.logs({ pathPrefix: '/\ud800' }))).toHaveLength(1);
  });

  test('of a use is cut to the size of a log row', async () => {
    const { authority, gate, key } = await issue();
    const long = 'x'.repeat(1_000_000);
    await recordUse(gate, use({ keyId: key.id, method: long, path: long, ip: long, model: long }));
    const [entry] = await collect(authority.logs({}));
    expect(JSON.stringify(entry).length).toBeLessThan(2000);
  });
});

/** libsql does not check values that reach SQLite as JSON. */
const plant = `INSERT INTO uses (key_id, at, method, path, status, ip, model, requests, tokens, cost_micros)
  SELECT 'old', 1, value ->> 0, value ->> 1, 200, value ->> 2, value ->> 3, 1, 0, 0 FROM json_each(?)`;
const badRows = JSON.stringify([
  ['GE\ud800T', '/\udc00', '10.0.0.1\ud800', '\ud800'],
  ['GET', '/a\0b', null, 'ж'.repeat(3000)],
  ['GET', '/ok', '10.0.0.1', 'gpt-4o'],
]);

function withKey(path: string): Database.Database {
  const database = new Database(path);
  onTestFinished(() => void database.close());
  return database;
}

test('unreadable rows of an earlier version are repaired when the file is opened', () => {
  const path = `${temporaryFolder()}/authority.db`;
  const old = withKey(path);
  old.exec([migrations[0], migrations[1]].flat().join(';'));
  old.pragma('user_version = 2');
  old.exec(`INSERT INTO keys (id, name, prefix, secret_hash, created_at, permissions, models, labels)
            VALUES ('old', 'ci', 'sk_old', x'00', 1, '[]', '[]', '{}')`);
  old.prepare(plant).run([badRows]);
  old.close();

  const connection = openDatabase(path, 1000);
  onTestFinished(() => connection.close());
  // Reads plain columns: a row that was not repaired would abort this process.
  expect(connection.all('SELECT method, path, ip, model FROM uses ORDER BY id')).toEqual([
    {
      method: 'GE\ufffd\ufffd\ufffdT',
      path: '/\ufffd\ufffd\ufffd',
      ip: '10.0.0.1\ufffd\ufffd\ufffd',
      model: '\ufffd\ufffd\ufffd',
    },
    { method: 'GET', path: '/a\ufffdb', ip: null, model: 'ж'.repeat(200) },
    { method: 'GET', path: '/ok', ip: '10.0.0.1', model: 'gpt-4o' },
  ]);
});

test('a malformed row that another program wrote can still be read', async () => {
  const { authority, path } = await testAuthority();
  const { key } = await authority.create(spec());
  const foreign = withKey(path);
  foreign.prepare(plant.replace("'old'", `'${key.id}'`)).run([badRows]);
  expect((await collect(authority.logs({}))).map(({ model }) => model?.slice(0, 1))).toEqual([
    'g',
    'ж',
    '\ufffd',
  ]);
});
