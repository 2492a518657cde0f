import Database from 'libsql';
import { requireOrderlyEnd } from '../../platform/orderly-end.ts';
import { storable } from '../store/stored-text.ts';
import type { Row, StatusChange, Value } from '../store/work.ts';
import { isBusy, withDatabaseErrors } from './database-errors.ts';
import { appendStatusChanges } from './status-changes.ts';

/** Whether libsql returned a row: an object of SQLite's values by column. */
export function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null;
}

export const inMemory = ':memory:';

/** One connection to the authority's database. Every method throws `KeysError` if the file cannot be used. */
export interface Connection {
  all(sql: string, ...values: Value[]): Row[];
  get(sql: string, ...values: Value[]): Row | undefined;
  /** Returns how many rows changed. */
  run(sql: string, ...values: Value[]): number;
  /** All or nothing, exclusive across all processes. On disk before it returns, or as `Durability` says. */
  transaction<T>(work: () => T): T;
  /** Also appends the change to the list beside the file, synced before the transaction commits. */
  recordStatusChange(change: StatusChange): void;
  /** Merges the write-ahead log into the file and removes it. Only for a file that no other process has open. */
  leaveWalMode(): void;
  /** How long the write-ahead log may be, in pages, when a commit merges it into the file, which takes syncs. */
  mergeAfter(pages: number): void;
  /** Merges the write-ahead log into the file unless other processes are using it. Never throws. */
  checkpoint(): void;
  close(): void;
}

/**
 * `synced`: a commit is on disk before it returns. `grouped`: a commit is visible to every process and survives their
 * end, but a power failure can undo it until the next synced commit or checkpoint
 * (sqlite.org/pragma.html#pragma_synchronous).
 */
export type Durability = 'synced' | 'grouped';

/** Connects to an existing database without migrating its tables. */
export function connectDatabase(
  path: string,
  timeoutMs: number,
  durability: Durability = 'synced',
): Connection {
  return withDatabaseErrors(path, () => {
    const database = new Database(path, { timeout: timeoutMs });
    try {
      // In WAL mode readers never wait for the writer.
      retryWhileBusy(timeoutMs, () => database.pragma('journal_mode = WAL'));
      database.pragma(`synchronous = ${durability === 'synced' ? 'FULL' : 'NORMAL'}`);
      database.pragma('foreign_keys = ON');
    } catch (error) {
      database.close();
      throw error;
    }
    return connectionOf(database, path, timeoutMs);
  });
}

/** Connects without writing anything. `location` is a path, or a URI with SQLite's own parameters. */
export function connectReadOnly(path: string, location: string, timeoutMs: number): Connection {
  return withDatabaseErrors(path, () =>
    connectionOf(new Database(location, { timeout: timeoutMs }), path, timeoutMs),
  );
}

function connectionOf(database: Database.Database, path: string, timeoutMs: number): Connection {
  requireOrderlyEnd();
  const statements = new Map<string, Database.Statement>();
  const prepare = (sql: string) => {
    const statement = statements.get(sql) ?? database.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
  // Every text passes through here on its way into the database. Values go to libsql as one array: it would take a single
  // null or blob for named parameters.
  const bind = (values: Value[]) =>
    values.map((value) => (typeof value === 'string' ? storable(value) : value));
  let changes: StatusChange[] = [];
  return {
    all: (sql, ...values) => withDatabaseErrors(path, () => prepare(sql).all(bind(values)).filter(isRow)),
    get: (sql, ...values) =>
      withDatabaseErrors(path, () => {
        const row = prepare(sql).get(bind(values));
        return isRow(row) ? row : undefined;
      }),
    run: (sql, ...values) => withDatabaseErrors(path, () => prepare(sql).run(bind(values)).changes),
    transaction: (work) =>
      withDatabaseErrors(path, () => {
        // IMMEDIATE takes the write lock first, so a transaction that reads and then writes is never refused half-way.
        retryWhileBusy(timeoutMs, () => database.exec('BEGIN IMMEDIATE'));
        changes = [];
        try {
          const result = work();
          if (changes.length > 0 && path !== inMemory) appendStatusChanges(path, changes);
          database.exec('COMMIT');
          return result;
        } catch (error) {
          if (database.inTransaction) database.exec('ROLLBACK');
          throw error;
        }
      }),
    recordStatusChange: (change) => void changes.push(change),
    leaveWalMode: () => void withDatabaseErrors(path, () => database.pragma('journal_mode = DELETE')),
    mergeAfter: (pages) =>
      void withDatabaseErrors(path, () => database.pragma(`wal_autocheckpoint = ${pages}`)),
    checkpoint() {
      try {
        database.pragma('busy_timeout = 0');
        database.pragma('wal_checkpoint(TRUNCATE)');
      } catch {
        // The next process to open the file does it.
      }
    },
    close: () => void database.close(),
  };
}

/** SQLite's own busy timeout does not cover some waits: the switch to WAL, and recovery after a crash. */
function retryWhileBusy<T>(timeoutMs: number, work: () => T): T {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error) || Date.now() >= deadline) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5 + Math.random() * 20);
    }
  }
}
