import { copyFileSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { KeysError, systemCode } from '../../base/errors.ts';
import type { Connection } from './connection.ts';
import { connectDatabase, connectFixed, guarded, isCurrent, openDatabase } from './connection.ts';

/*
 * Reading where nothing can be written: on a read-only or full disk, or in a folder of somebody else. SQLite writes even to
 * read a database in WAL mode: it shares an index in memory, `-shm`, with the other processes that have the file open.
 */

export interface Reading {
  connection: Connection;
  /** Nothing can be written through it. */
  isFixed: boolean;
}

/** Opens a database that exists, for reading. Throws `KeysError` where it cannot be read. */
export function openForReading(path: string, timeout: number): Reading {
  try {
    return { connection: openDatabase(path, timeout), isFixed: false };
  } catch (error) {
    if (!isUnwritable(error)) throw error;
    const connection = connectForReading(path, timeout);
    if (isCurrent(connection)) return { connection, isFixed: true };
    connection.close();
    throw tooOld(path, error);
  }
}

/** Connects to a database that exists, whether it can be written or not, and takes its tables as they are. */
export function connectForReading(path: string, timeout: number): Connection {
  try {
    return proved(connectDatabase(path, timeout));
  } catch (error) {
    if (!isUnwritable(error)) throw error;
    return guarded(path, () => connectUnwritable(path, timeout));
  }
}

function connectUnwritable(path: string, timeout: number): Connection {
  const log = statSync(`${path}-wal`, { throwIfNoEntry: false });
  // Where all that was written is in the file itself, nothing else is needed (sqlite.org/uri.html#uriimmutable).
  if (!log?.size) return proved(connectFixed(path, `${pathToFileURL(path).href}?immutable=1`, timeout));
  try {
    // The index of a process that has it open, or was killed, can be used as it is.
    return proved(connectFixed(path, path, timeout));
  } catch {
    return connectCopy(path, timeout);
  }
}

/** What a killed process has left in the log becomes part of the database only where that can be written: in a copy. */
function connectCopy(path: string, timeout: number): Connection {
  const folder = mkdtempSync(join(tmpdir(), 'keys-'));
  const copy = join(folder, 'authority.db');
  try {
    for (const part of ['', '-wal']) copyFileSync(`${path}${part}`, `${copy}${part}`);
    return proved(connectFixed(path, copy, timeout));
  } finally {
    // The connection has the files open: their names are no longer needed.
    rmSync(folder, { recursive: true, force: true });
  }
}

function proved(connection: Connection): Connection {
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

function tooOld(path: string, cause: unknown): KeysError {
  return new KeysError({
    code: 'authority_unusable',
    message: `the authority's database ${path} was written by an earlier version of keys, and cannot be updated where it cannot be written to`,
    hints: ['keys doctor'],
    cause,
  });
}
