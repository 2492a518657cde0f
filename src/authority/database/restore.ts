import { constants, copyFileSync, existsSync, linkSync, renameSync, rmSync, statSync } from 'node:fs';
import Database from 'libsql';
import { KeysError, systemCode } from '../../base/errors.ts';
import type { Copied } from './backup.ts';
import { checkCopy } from './backup.ts';
import { guarded, openDatabase } from './connection.ts';
import type { Standing } from './reconcile.ts';
import { reconcile, standingIn } from './reconcile.ts';
import { readEnds } from './status-changes.ts';

export interface Restoration {
  /** A private copy of the backup, on the disk of the database; it becomes the database. */
  copy: string;
  /** The backup itself, for messages. */
  name: string;
  database: string;
  /** Where the database that is replaced is kept. */
  previous: string;
  timeout: number;
}

export interface Restored extends Copied {
  /** Keys and sessions that were ended since the backup was made; undefined where nothing could tell of them. */
  ended: number | undefined;
  /** Whether there was a database before. */
  replaced: boolean;
}

/**
 * Puts a backup in the place of the database, as a whole or not at all: a process that opens the file finds the one or the
 * other. Throws `KeysError`: `not_a_backup`, `backup_damaged`, `authority_newer`; `database_in_use` where another process
 * has it open.
 */
export function restoreDatabase(restoration: Restoration): Restored {
  return guarded(restoration.database, () => restore(restoration));
}

function restore(restoration: Restoration): Restored {
  const { copy, name, database, timeout } = restoration;
  const { keys } = checkCopy(copy, name);
  const current = existsSync(database) ? takeOver(database) : undefined;
  const ends = readEnds(database);
  const connection = openDatabase(copy, timeout);
  const ended = reconcile(connection, ends ?? [], current?.standing);
  const schema = Number(connection.get('PRAGMA user_version')?.user_version);
  connection.settle();
  swap(restoration);
  // Up to here it kept every other process out.
  current?.connection.close();
  const isKnown = ends !== undefined || current?.standing !== undefined;
  return { keys, schema, ended: isKnown ? ended : undefined, replaced: current !== undefined };
}

/**
 * Keeps every other process away from the database until this one ends, and reads what it says of its keys; undefined
 * where it is too damaged for that. Only the last user of a database can take it out of WAL mode
 * (sqlite.org/wal.html#ways_to_activate_wal_mode), which also brings its log into the file.
 */
function takeOver(path: string): { connection: Database.Database; standing: Standing | undefined } {
  const connection = new Database(path, { timeout: 0 });
  try {
    connection.pragma('journal_mode = DELETE');
    connection.exec('BEGIN EXCLUSIVE');
    const [mode] = connection.pragma('journal_mode') as { journal_mode: string }[];
    // Somebody opened it in between.
    if (mode?.journal_mode !== 'delete') throw inUse(path);
    return { connection, standing: standingIn(connection) };
  } catch (error) {
    if (error instanceof KeysError) throw error;
    if (/BUSY|LOCKED/.test(systemCode(error) ?? '')) throw inUse(path);
    return { connection, standing: undefined };
  }
}

function swap({ copy, database, previous }: Restoration): void {
  try {
    if (existsSync(database)) {
      keep(database, previous);
    }
    // A log of the old file would be taken for one of the new file.
    const log = `${database}-wal`;
    if (existsSync(log) && statSync(log).size > 0) renameSync(log, `${previous}-wal`);
    for (const end of ['-wal', '-shm', '-journal']) rmSync(`${database}${end}`, { force: true });
    renameSync(copy, database);
  } catch (error) {
    throw new KeysError({
      code: 'file_not_written',
      message: `${database} could not be replaced (${systemCode(error) ?? 'unknown error'})`,
      cause: error,
    });
  }
}

/** A second name for the old file, so that the first one is never without a file; a copy where a disk has no such names. */
function keep(database: string, previous: string): void {
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
    message: `another process has the database ${path} open: nothing was restored`,
    hints: ['end keys serve, then restore again'],
  });
}
