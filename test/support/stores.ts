import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'vitest';
import type { Organisation } from '../../src/authority/decision.ts';
import { PostgresStore } from '../../src/authority/postgres/postgres-store.ts';
import { PostgresUseGate } from '../../src/authority/postgres/postgres-use-gate.ts';
import { openDatabase } from '../../src/authority/sqlite/open-database.ts';
import { SqliteStore } from '../../src/authority/sqlite/sqlite-store.ts';
import { SqliteUseGate } from '../../src/authority/sqlite/sqlite-use-gate.ts';
import type { Store } from '../../src/authority/store/store.ts';
import type { UseGate } from '../../src/authority/store/use-gate.ts';
import type { TestPostgres } from './postgres.ts';
import { postgresPassword, testPostgres } from './postgres.ts';
import { temporaryFolder } from './temporary-folder.ts';

export interface TestStore {
  store: Store;
  gate: UseGate;
  /** The database file. */
  path: string;
}

/** The kind of store that tests open. `authority/postgres/contract.test.ts` runs them with both. */
export const testedStore: { kind: 'sqlite' | 'postgres' } = { kind: 'sqlite' };

/** A new, empty store, and a gate to it. */
export async function openTestStore(now: () => Date, organisation: Organisation): Promise<TestStore> {
  if (testedStore.kind === 'postgres') {
    const store = new PostgresStore((await migratedDatabase()).url, postgresOptions);
    return {
      store,
      gate: new PostgresUseGate(store, { now, organisation, ownClock: true }),
      // No file can be there: a test that opens it fails.
      path: '/dev/null/none',
    };
  }
  const path = join(temporaryFolder(), 'data', 'authority.db');
  mkdirSync(dirname(path), { mode: 0o700 });
  emptyDatabase ??= makeEmptyDatabase();
  writeFileSync(path, emptyDatabase, { mode: 0o600 });
  const store = new SqliteStore({ path, timeoutMs: 1000 });
  return { store, gate: new SqliteUseGate(store, now, organisation), path };
}

let emptyDatabase: Buffer | undefined;

/** The content of a file with the tables of the authority. Writing it takes less time than making the tables. */
function makeEmptyDatabase(): Buffer {
  const path = join(temporaryFolder(), 'authority.db');
  openDatabase(path, 1000).close();
  return readFileSync(path);
}

/** A test of what is in the database file, for SQLite alone. */
export function fileTest(name: string, work: () => Promise<void>): void {
  if (testedStore.kind === 'sqlite') test(name, work);
}

const postgresOptions = { env: { PGPASSWORD: postgresPassword }, timeoutMs: 5000 };

const templates = new WeakMap<TestPostgres, Promise<string>>();

/** A new database with the tables of the authority. Copying one takes less time than making the tables. */
export async function migratedDatabase(server?: TestPostgres): Promise<{ name: string; url: string }> {
  const running = server ?? (await testPostgres());
  const template = templates.get(running) ?? makeTemplate(running);
  templates.set(running, template);
  return running.createDatabase(await template);
}

async function makeTemplate(server: TestPostgres): Promise<string> {
  const name = 'keys_template';
  await server.run('postgres', `CREATE DATABASE ${name}`);
  const store = new PostgresStore(server.url(name), postgresOptions);
  await store.open();
  await store.close();
  return name;
}
