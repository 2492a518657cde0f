import { join } from 'node:path';
import type { Organisation } from '../../src/authority/decision.ts';
import { SqliteStore } from '../../src/authority/sqlite/sqlite-store.ts';
import { SqliteUseGate } from '../../src/authority/sqlite/sqlite-use-gate.ts';
import type { Store } from '../../src/authority/store/store.ts';
import type { UseGate } from '../../src/authority/store/use-gate.ts';
import { temporaryFolder } from './temporary-folder.ts';

export interface TestStore {
  store: Store;
  gate: UseGate;
  /** The database file. */
  path: string;
}

/** A new, empty store, and a gate to it. */
export async function openTestStore(now: () => Date, organisation: Organisation): Promise<TestStore> {
  const path = join(temporaryFolder(), 'data', 'authority.db');
  const store = new SqliteStore({ path, timeoutMs: 1000 });
  return { store, gate: new SqliteUseGate(store, now, organisation), path };
}
