import { existsSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import { expect, test } from 'vitest';
import { readKeyNames, readSessionNames } from '../../src/authority/names.ts';
import { openSqliteAuthority } from '../../src/authority/sqlite/sqlite-authority.ts';
import { openSqliteService } from '../../src/authority/sqlite/sqlite-service.ts';
import { spec } from '../support/authority.ts';
import { createKey } from '../support/create-key.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const now = () => new Date('2026-11-21T12:00:00Z');

async function authorityWith(...names: string[]): Promise<string> {
  const path = join(temporaryFolder(), 'authority.db');
  const authority = openSqliteAuthority({ path, timeoutMs: 1000 }, now);
  for (const name of names) await createKey(authority, spec({ name }));
  await authority.close();
  return path;
}

test('keys whose name starts with the text, which is no pattern', async () => {
  const path = await authorityWith('a%b', 'a_b', 'axb', 'a\\b', 'Bees');
  const names = (text: string) => readKeyNames(path, text).map(({ name }) => name);
  expect(names('').sort()).toEqual(['Bees', 'a%b', 'a\\b', 'a_b', 'axb']);
  expect(names('a%')).toEqual(['a%b']);
  expect(names('a_')).toEqual(['a_b']);
  expect(names('a\\')).toEqual(['a\\b']);
  expect(names('bees')).toEqual(['Bees']);
  expect(names("'")).toEqual([]);
  expect(names('\0\ud800')).toEqual([]);
});

test('keys whose id starts with the text, and no revoked ones', async () => {
  const path = await authorityWith('kept', 'ended');
  const authority = openSqliteAuthority({ path, timeoutMs: 1000 }, now);
  const [ended] = (await authority.list()).filter(({ name }) => name === 'ended');
  await authority.revoke(ended?.id ?? '');
  await authority.close();
  const [{ id = '' } = {}] = readKeyNames(path, '');
  expect(readKeyNames(path, id.slice(0, 6))).toEqual([{ id, name: 'kept' }]);
  expect(readKeyNames(path, '')).toHaveLength(1);
});

test('active sessions, by their user', async () => {
  const path = join(temporaryFolder(), 'authority.db');
  const service = openSqliteService({ path, timeoutMs: 1000 }, now);
  const { session } = await service.sessions.create({ user: 'ada', expiresAt: null });
  await service.sessions.revoke((await service.sessions.create({ user: 'eve', expiresAt: null })).session.id);
  await service.close();
  expect(readSessionNames(path, now().getTime())).toEqual([{ id: session.id, name: 'ada' }]);
});

test('a database that does not exist is not created', () => {
  const path = join(temporaryFolder(), 'authority.db');
  expect(readKeyNames(path, '')).toEqual([]);
  expect(existsSync(path)).toBe(false);
});

test('a database of an earlier version is left as it is', async () => {
  const path = await authorityWith('a');
  const database = new Database(path);
  database.exec('PRAGMA user_version = 1');
  expect(readKeyNames(path, '')).toEqual([]);
  expect(database.prepare('PRAGMA user_version').get()).toMatchObject({ user_version: 1 });
  database.close();
});

test('a database that others have to themselves is not waited for', () => {
  const path = join(temporaryFolder(), 'authority.db');
  const database = new Database(path);
  database.exec('CREATE TABLE keys (id TEXT); BEGIN EXCLUSIVE');
  // It is never unlocked: who waits for it gets no answer.
  expect(() => readKeyNames(path, '')).toThrow();
  database.close();
});
