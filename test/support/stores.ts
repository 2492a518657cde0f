import { join } from 'node:path';
import type { Organisation } from '../../src/authority/decision.ts';
import { PostgresStore } from '../../src/authority/postgres/postgres-store.ts';
import { PostgresUseGate } from '../../src/authority/postgres/postgres-use-gate.ts';
import { SqliteStore } from '../../src/authority/sqlite/sqlite-store.ts';
import { SqliteUseGate } from '../../src/authority/sqlite/sqlite-use-gate.ts';
import type { Store } from '../../src/authority/store/store.ts';
import type { UseGate } from '../../src/authority/store/use-gate.ts';
import { postgresPassword, testPostgres } from './postgres.ts';
import { temporaryFolder } from './temporary-folder.ts';

export interface TestStore {
  store: Store;
  gate: UseGate;
  /** The database file. */
  path: string;
}

/** A new, empty store, and a gate to it. */
export async function openTestStore(now: () => Date, organisation: Organisation): Promise<TestStore> {
  if (process.env.KEYS_TEST_STORE === 'postgres') {
    const server = await testPostgres();
    const { url } = await server.createDatabase();
    const store = new PostgresStore(url, { env: { PGPASSWORD: postgresPassword }, timeoutMs: 5000 });
    return {
      store,
      gate: new PostgresUseGate(store, { now, organisation, ownClock: true }),
      path: '/nonexistent',
    };
  }
  const path = join(temporaryFolder(), 'data', 'authority.db');
  const store = new SqliteStore({ path, timeoutMs: 1000 });
  return { store, gate: new SqliteUseGate(store, now, organisation), path };
}
