import { accessSync, closeSync, constants, existsSync, openSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'libsql';
import { KeysError, systemCode } from '../../base/errors.ts';
import { makePrivateFolder } from '../../platform/paths.ts';
import { migrations } from './migrations.ts';
import type { End } from './status-changes.ts';
import { appendEnds } from './status-changes.ts';
import { storable } from './stored-text.ts';

export type Value = string | number | null | Uint8Array;
export type Row = Record<string, Value>;

const inMemory = ':memory:';

/** One connection to the authority's database. Every method throws `KeysError` where the file cannot be used. */
export interface Connection {
  all(sql: string, ...values: Value[]): Row[];
  get(sql: string, ...values: Value[]): Row | undefined;
  /** How many rows changed. */
  run(sql: string, ...values: Value[]): number;
  /** All or nothing, alone among all processes. On disk before it returns, or as `Commits` says. */
  transaction<T>(work: () => T): T;
  /** Keeps what a transaction ends in the list beside the file as well, on disk before the commit. */
  noteEnd(end: End): void;
  /** Brings all into the file itself and leaves nothing beside it; for a file that nobody else uses. */
  settle(): void;
  /** Brings what was committed into the file itself, unless other processes use it now. Never throws. */
  checkpoint(): void;
  close(): void;
}

/**
 * Opens the database, making a missing file (0600 from its first byte, in a 0700 folder), and brings its tables up to
 * date. Without a path: an empty database in memory. Waits up to `timeout` milliseconds for other processes.
 */
export function openDatabase(
  path: string | undefined,
  timeout: number,
  commits: Commits = 'synced',
): Connection {
  const name = path ?? inMemory;
  if (path !== undefined) guarded(path, () => createFile(path));
  const connection = connectDatabase(name, timeout, commits);
  try {
    migrate(connection);
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

/**
 * `synced`: a commit is on disk before it returns. `grouped`: it is there for every process, and survives the end of all
 * of them, but a power cut can undo it until the next synced commit or checkpoint (sqlite.org/pragma.html#pragma_synchronous).
 */
export type Commits = 'synced' | 'grouped';

/** Connects to a database that exists, and takes its tables as they are. */
export function connectDatabase(path: string, timeout: number, commits: Commits = 'synced'): Connection {
  return guarded(path, () => {
    const database = new Database(path, { timeout });
    try {
      // In WAL mode readers never wait for the writer.
      patiently(timeout, () => database.pragma('journal_mode = WAL'));
      database.pragma(`synchronous = ${commits === 'synced' ? 'FULL' : 'NORMAL'}`);
      database.pragma('foreign_keys = ON');
    } catch (error) {
      database.close();
      throw error;
    }
    return connectionOf(database, path, timeout);
  });
}

/** Connects to what nothing is written to: `location` is a path, or a URI with SQLite's own parameters. */
export function connectFixed(path: string, location: string, timeout: number): Connection {
  return guarded(path, () => connectionOf(new Database(location, { timeout }), path, timeout));
}

/** Whether the tables are those of this version. */
export function isCurrent(connection: Connection): boolean {
  return versionOf(connection) === migrations.length;
}

function createFile(path: string): void {
  if (existsSync(path)) return;
  makePrivateFolder(dirname(path));
  try {
    closeSync(openSync(path, 'ax', 0o600));
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
  }
}

function migrate(connection: Connection): void {
  const version = () => versionOf(connection);
  if (version() > migrations.length) throw newerSchema();
  if (isCurrent(connection)) return;
  connection.transaction(() => {
    for (const migration of migrations.slice(version())) {
      if (typeof migration === 'function') migration(connection);
      else for (const statement of migration.split(';')) if (statement.trim()) connection.run(statement);
    }
    connection.run(`PRAGMA user_version = ${migrations.length}`);
  });
}

function versionOf(connection: Connection): number {
  return Number(connection.get('PRAGMA user_version')?.user_version ?? 0);
}

function connectionOf(database: Database.Database, path: string, timeout: number): Connection {
  const statements = new Map<string, Database.Statement>();
  const prepare = (sql: string) => {
    const statement = statements.get(sql) ?? database.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
  // Every text passes here on its way into the database. Values go to libsql as one array: a single null or blob by itself
  // would be taken for named parameters.
  const bound = (values: Value[]) =>
    values.map((value) => (typeof value === 'string' ? storable(value) : value));
  let ends: End[] = [];
  return {
    all: (sql, ...values) => guarded(path, () => prepare(sql).all(bound(values)) as Row[]),
    get: (sql, ...values) => guarded(path, () => prepare(sql).get(bound(values)) as Row | undefined),
    run: (sql, ...values) => guarded(path, () => prepare(sql).run(bound(values)).changes),
    transaction: (work) =>
      guarded(path, () => {
        // IMMEDIATE takes the write lock first: a transaction that reads and then writes can never be refused half-way.
        patiently(timeout, () => database.exec('BEGIN IMMEDIATE'));
        ends = [];
        try {
          const result = work();
          if (ends.length > 0 && path !== inMemory) appendEnds(path, ends);
          database.exec('COMMIT');
          return result;
        } catch (error) {
          if (database.inTransaction) database.exec('ROLLBACK');
          throw error;
        }
      }),
    noteEnd: (end) => void ends.push(end),
    settle: () => void guarded(path, () => database.pragma('journal_mode = DELETE')),
    checkpoint() {
      try {
        database.pragma('busy_timeout = 0');
        database.pragma('wal_checkpoint(TRUNCATE)');
      } catch {
        // Whoever opens the file next does it.
      }
    },
    close: () => void database.close(),
  };
}

/** Some waits (the switch to WAL, recovery after a crash) are not covered by SQLite's own busy timeout. */
function patiently<T>(timeout: number, work: () => T): T {
  const deadline = Date.now() + timeout;
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error) || Date.now() >= deadline) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5 + Math.random() * 20);
    }
  }
}

/**
 * Whether SQLite refused the very values that it was given, which it would do again: a constraint (result codes whose low
 * byte is 19, sqlite.org/rescode.html), a wrong type, a text that is too large. Otherwise the file cannot be used now.
 */
export function refusesValues(error: unknown): boolean {
  if (!(error instanceof KeysError)) return true;
  const code = systemCode(error.failure.cause) ?? '';
  const extended = /^UNKNOWN_SQLITE_ERROR_(\d+)$/.exec(code)?.[1];
  return /^SQLITE_(?:CONSTRAINT|MISMATCH|TOOBIG|RANGE)/.test(code) || (Number(extended) & 0xff) === 19;
}

function isBusy(error: unknown): boolean {
  return systemCode(error)?.startsWith('SQLITE_BUSY') ?? false;
}

/** Turns what SQLite or the file system says into an error that a user can act on. */
export function guarded<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof KeysError) throw error;
    const message = error instanceof Error ? error.message : '';
    // libsql's code is empty where a file cannot be opened at all: a folder, or a file of somebody else.
    const code = systemCode(error) || (message.startsWith('ConnectionFailed') ? 'SQLITE_CANTOPEN' : '');
    if (isBusy(error)) {
      throw new KeysError({
        code: 'authority_busy',
        message: `another process keeps the authority's database ${path} locked`,
        hints: ['wait for it, or allow more time with --timeout 2min'],
        cause: error,
      });
    }
    if (code.includes('SQLITE') || /^E[A-Z]+$/.test(code)) {
      throw new KeysError({
        code: 'authority_unusable',
        message: `the authority's database ${path} cannot be used: ${message || code}${reasonAt(path)}`,
        hints: ['keys doctor'],
        cause: error,
      });
    }
    throw error;
  }
}

/** What SQLite does not say: that nothing can be written there. */
function reasonAt(path: string): string {
  try {
    accessSync(dirname(path), constants.W_OK);
    return statfsSync(dirname(path)).bavail === 0 ? ' (the disk is full)' : '';
  } catch (error) {
    const code = systemCode(error);
    if (code === 'EROFS') return ' (the disk is read-only)';
    return code === 'EACCES' ? ' (its folder cannot be written to)' : '';
  }
}

function newerSchema(): KeysError {
  return new KeysError({
    code: 'authority_newer',
    message: "the authority's database was written by a newer version of keys",
    hints: ['update keys to that version or a later one'],
  });
}
