import { constants, copyFileSync, existsSync, linkSync, renameSync, rmSync, statSync } from 'node:fs';
import Database from 'libsql';
import { KeysError, systemCode } from '../../base/errors.ts';
import type { BackupContent } from './backup.ts';
import { checkBackup } from './backup.ts';
import { isRow } from './connection.ts';
import { withDatabaseErrors } from './database-errors.ts';
import { openDatabase } from './open-database.ts';
import type { CurrentState } from './reconcile.ts';
import { readCurrentState, reconcile } from './reconcile.ts';
import { readStatusChanges } from './status-changes.ts';

export interface RestoreRequest {
  /** A private copy of the backup on the same disk as the database. It becomes the database. */
  copy: string;
  /** The backup itself, for messages. */
  name: string;
  database: string;
  /** Where to keep the replaced database. */
  previous: string;
  timeoutMs: number;
}

export interface RestoreResult extends BackupContent {
  /** Keys and sessions that were revoked since the backup was made; undefined if nothing could tell. */
  ended: number | undefined;
  /** Whether there was a database before. */
  replaced: boolean;
}

/**
 * Replaces the database with a backup, all or nothing: a process that opens the file finds either one. Throws `KeysError`:
 * `not_a_backup`, `backup_damaged`, `authority_newer`; `database_in_use` if another process has the database open.
 */
export function restoreDatabase(request: RestoreRequest): RestoreResult {
  return withDatabaseErrors(request.database, () => restore(request));
}

function restore(request: RestoreRequest): RestoreResult {
  const { copy, name, database, timeoutMs } = request;
  const { keys } = checkBackup(copy, name);
  const current = existsSync(database) ? lockExclusively(database) : undefined;
  const changes = readStatusChanges(database);
  const connection = openDatabase(copy, timeoutMs);
  const endedCount = reconcile(connection, changes ?? [], current?.state);
  const schema = Number(connection.get('PRAGMA user_version')?.user_version);
  connection.leaveWalMode();
  swap(request);
  // Until here, this connection kept every other process out.
  current?.connection.close();
  const isComplete = changes !== undefined || current?.state !== undefined;
  return { keys, schema, ended: isComplete ? endedCount : undefined, replaced: current !== undefined };
}

/**
 * Keeps every other process out of the database until this process ends, and reads its state, which is undefined if the
 * database is too damaged for that. Only the last user of a database can leave WAL mode
 * (sqlite.org/wal.html#ways_to_activate_wal_mode), which also merges the log into the file.
 */
function lockExclusively(path: string): {
  connection: Database.Database;
  state: CurrentState | undefined;
} {
  const connection = new Database(path, { timeout: 0 });
  try {
    connection.pragma('journal_mode = DELETE');
    connection.exec('BEGIN EXCLUSIVE');
    // Another process may have opened it in between.
    const mode = connection.prepare('PRAGMA journal_mode').get([]);
    if (!isRow(mode) || mode.journal_mode !== 'delete') throw inUse(path);
    return { connection, state: readCurrentState(connection) };
  } catch (error) {
    if (error instanceof KeysError) throw error;
    if (/BUSY|LOCKED/.test(systemCode(error) ?? '')) throw inUse(path);
    return { connection, state: undefined };
  }
}

function swap({ copy, database, previous }: RestoreRequest): void {
  try {
    if (existsSync(database)) keepPrevious(database, previous);
    // SQLite would take the old file's log for the new file's.
    const log = `${database}-wal`;
    if (existsSync(log) && statSync(log).size > 0) renameSync(log, `${previous}-wal`);
    for (const suffix of ['-wal', '-shm', '-journal']) rmSync(`${database}${suffix}`, { force: true });
    renameSync(copy, database);
  } catch (error) {
    throw new KeysError({
      code: 'file_not_written',
      message: `cannot replace ${database} (${systemCode(error) ?? 'unknown error'})`,
      cause: error,
    });
  }
}

/** Links the old file to a second name, so that the first name always has a file; copies it if the disk has no links. */
function keepPrevious(database: string, previous: string): void {
  try {
    linkSync(database, previous);
  } catch (error) {
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(systemCode(error) ?? '')) throw error;
    copyFileSync(database, previous, constants.COPYFILE_EXCL);
  }
}

function inUse(path: string): KeysError {
  return new KeysError({
    code: 'database_in_use',
    message: `another process has the database ${path} open; nothing was restored`,
    hints: ['stop keys serve, then restore again'],
  });
}
