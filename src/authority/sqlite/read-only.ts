import { copyFileSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { KeysError, systemCode } from '../../base/errors.ts';
import type { Connection } from './connection.ts';
import { connectDatabase, connectReadOnly } from './connection.ts';
import { withDatabaseErrors } from './database-errors.ts';
import { isCurrent, openDatabase } from './open-database.ts';

/*
 * Reading where nothing can be written: on a read-only or full disk, or in another user's folder. SQLite writes even to
 * read a database in WAL mode: it shares an index in memory, `-shm`, with the other processes that have the file open.
 */

export interface OpenedForReading {
  connection: Connection;
  isReadOnly: boolean;
}

/** Opens an existing database for reading. Throws `KeysError` if it cannot be read. */
export function openForReading(path: string, timeoutMs: number): OpenedForReading {
  try {
    return { connection: openDatabase(path, timeoutMs), isReadOnly: false };
  } catch (error) {
    if (!isUnwritable(error)) throw error;
    const connection = connectForReading(path, timeoutMs);
    if (isCurrent(connection)) return { connection, isReadOnly: true };
    connection.close();
    throw needsUpdate(path, error);
  }
}

/** Connects to an existing database, writable or not, without migrating its tables. */
export function connectForReading(path: string, timeoutMs: number): Connection {
  try {
    return checked(connectDatabase(path, timeoutMs));
  } catch (error) {
    if (!isUnwritable(error)) throw error;
    return withDatabaseErrors(path, () => connectUnwritable(path, timeoutMs));
  }
}

function connectUnwritable(path: string, timeoutMs: number): Connection {
  const log = statSync(`${path}-wal`, { throwIfNoEntry: false });
  // With an empty log, the file itself is complete (sqlite.org/uri.html#uriimmutable).
  if (!log?.size) return checked(connectReadOnly(path, `${pathToFileURL(path).href}?immutable=1`, timeoutMs));
  try {
    // Works if another process has the file open, or was killed: its index can be used as it is.
    return checked(connectReadOnly(path, path, timeoutMs));
  } catch {
    return connectCopy(path, timeoutMs);
  }
}

/** A log that a killed process left can only be merged where files can be written: in a copy. */
function connectCopy(path: string, timeoutMs: number): Connection {
  const folder = mkdtempSync(join(tmpdir(), 'keys-'));
  const copy = join(folder, 'authority.db');
  try {
    for (const suffix of ['', '-wal']) copyFileSync(`${path}${suffix}`, `${copy}${suffix}`);
    return checked(connectReadOnly(path, copy, timeoutMs));
  } finally {
    // The connection keeps the files open; their names are no longer needed.
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Fails now rather than at the first query. */
function checked(connection: Connection): Connection {
  try {
    connection.get('SELECT COUNT(*) FROM sqlite_master');
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

function isUnwritable(error: unknown): boolean {
  if (!(error instanceof KeysError)) return false;
  const { cause } = error.failure;
  const code = systemCode(cause) || (cause instanceof Error ? cause.message : '');
  return /SQLITE_(CANTOPEN|READONLY|IOERR|FULL)|^ConnectionFailed|EROFS|EACCES|ENOSPC/.test(code);
}

function needsUpdate(path: string, cause: unknown): KeysError {
  return new KeysError({
    code: 'authority_unusable',
    message: `the authority's database ${path} was written by an earlier version of keys and needs an update, but it is not writable`,
    hints: ['keys doctor'],
    cause,
  });
}
