import { onTestFinished } from 'vitest';
import type { Organisation } from '../../src/authority/decision.ts';
import { issueKey } from '../../src/authority/issue-key.ts';
import { KeyTable } from '../../src/authority/key-table.ts';
import { PostgresStore } from '../../src/authority/postgres/postgres-store.ts';
import { PostgresUseGate } from '../../src/authority/postgres/postgres-use-gate.ts';
import type { KeyChanges, KeySpec } from '../../src/keys/ports.ts';
import { spec } from './authority.ts';
import type { TestPostgres } from './postgres.ts';
import { postgresPassword, testPostgres } from './postgres.ts';
import { migratedDatabase } from './stores.ts';

/** Servers that share a database: a store and a gate for each. */
export class TestNodes {
  readonly server: TestPostgres;
  readonly database: string;
  readonly store: PostgresStore;

  constructor(server: TestPostgres, database: string) {
    this.server = server;
    this.database = database;
    this.store = this.openStore();
  }

  static async start(server?: TestPostgres): Promise<TestNodes> {
    const running = server ?? (await testPostgres());
    const { name } = await migratedDatabase(running);
    return new TestNodes(running, name);
  }

  /** `port`: of a proxy before the database. */
  openStore({ port, timeoutMs = 5000 }: { port?: number; timeoutMs?: number } = {}): PostgresStore {
    const env = { PGPASSWORD: postgresPassword };
    const store = new PostgresStore(this.server.url(this.database, port), { env, timeoutMs });
    onTestFinished(() => store.close());
    return store;
  }

  openGate(
    options: { port?: number; timeoutMs?: number; organisation?: Organisation; now?: () => Date } = {},
  ): PostgresUseGate {
    const { organisation, now } = options;
    const gate = new PostgresUseGate(this.openStore(options), {
      now: now ?? (() => new Date()),
      ownClock: now !== undefined,
      ...(organisation && { organisation }),
    });
    onTestFinished(() => gate.close());
    return gate;
  }

  async createKey(fields: Partial<KeySpec> = {}): Promise<{ id: string; value: string }> {
    const issuance = { owner: null, organisation: {} };
    const { id, secret } = await this.store.write(() => issueKey(spec(fields), issuance, Date.now()));
    return { id, value: secret.reveal() };
  }

  async update(id: string, changes: KeyChanges): Promise<void> {
    await this.store.write(() => new KeyTable().update(id, changes, Date.now()));
  }

  async revoke(id: string): Promise<void> {
    await this.store.write(() => new KeyTable().revoke(id, Date.now()));
  }

  rows(sql: string): Promise<Record<string, unknown>[]> {
    return this.server.run(this.database, sql);
  }
}
