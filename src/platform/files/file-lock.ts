import { closeSync, linkSync, lstatSync, openSync, readdirSync, type Stats, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type Database from 'libsql';
import { KeysError, systemCode } from '../../base/errors.ts';

/*
 * A lock is an exclusive SQLite transaction on an empty file `<path>.lock`, which makes it a lock of the kernel (fcntl;
 * LockFileEx on Windows): it ends with its process, however that ends, stays with a process that is paused, and works
 * between containers of one kernel, which cannot see each other's processes. Nothing is ever written to the file.
 *
 * A holder removes the file before it releases the lock. So a process that gets the lock of a file checks that the file
 * still has its name; otherwise another process may hold another file of that name.
 *
 * The locks that a process has in one folder at a time are names of one file, hard links, since the kernel locks a file by
 * whatever name it is opened: a fleet takes two locks a key, and a link takes a hundredth of the time of a new file and its
 * transaction. The file is locked until the last of its names is gone. Of a process that was killed, each name is removed by
 * the next one who wants it, which locks the file only for that moment: the other names are not its own.
 *
 * Closing any descriptor of a file ends all fcntl locks that the process has on it: no other code may open these files.
 * Locks are made only in folders that others cannot write to.
 */

/** Releases a lock; `beforeUnlock` runs when the file is gone and the lock is still held. Never throws. */
export type Release = (beforeUnlock?: () => void) => void;

/** How long a process holds a lock that only checks whether it is held. */
export const probeMs = 200;

/**
 * Takes the lock of a path and returns the function that releases it; undefined if this process or another one holds it
 * for longer than `lockTimeoutMs`. Throws `KeysError` if no lock can be made there.
 */
export async function holdFileLock(path: string, lockTimeoutMs = 0): Promise<Release | undefined> {
  const lock = `${path}.lock`;
  let release = await tryLock(lock);
  // Most locks are free at once: no clock is needed for those.
  if (release || lockTimeoutMs === 0) return release;
  const deadline = performance.now() + lockTimeoutMs;
  while (!release && performance.now() < deadline) {
    await sleep(10 + Math.random() * 20);
    release = await tryLock(lock);
  }
  return release;
}

async function tryLock(lock: string): Promise<Release | undefined> {
  try {
    const { default: Connection } = await import('libsql');
    return take(Connection, lock);
  } catch (error) {
    throw notLockable(lock, error);
  }
}

/** A younger file may be about to be locked. */
const abandonedAfterMs = 60_000;

/** Removes the lock files in a folder whose processes were killed some time ago. */
export async function removeAbandonedLocks(folder: string): Promise<void> {
  for (const name of lockNamesIn(folder)) {
    const createdMs = lstatSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? Number.NaN;
    if (!(Date.now() - createdMs > abandonedAfterMs)) continue;
    const release = await holdFileLock(join(folder, name.slice(0, -'.lock'.length))).catch(() => undefined);
    release?.();
  }
}

function lockNamesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.lock'));
  } catch {
    return [];
  }
}

/** A file that this process has locked, under at least one name. */
interface LockedFile {
  readonly connection: Database.Database;
  readonly stats: Stats;
  readonly names: Set<string>;
}

/** The file of each folder in which this process holds locks. */
const lockedFiles = new Map<string, LockedFile>();

/** Synchronous: between its steps, no other code of this process can open or close the file. */
function take(Connection: typeof Database, lock: string): Release | undefined {
  for (;;) {
    const linked = linkToLocked(lock);
    if (linked) return releaseOf(linked, lock);
    const before = existing(lock) ?? create(lock);
    const connection = before && open(Connection, lock, before);
    if (!before || !connection) continue;
    if (!begin(connection)) return undefined;
    const now = existing(lock);
    const isNamed = now !== undefined && isSameFile(now, before);
    if (isNamed && now.nlink === 1) {
      const file = { connection, stats: now, names: new Set([lock]) };
      if (process.platform !== 'win32') lockedFiles.set(dirname(lock), file);
      return releaseOf(file, lock);
    }
    // Left over from a process that had several.
    if (isNamed) remove(lock);
    unlock(connection);
  }
}

/** False if the file is locked. */
function begin(connection: Database.Database): boolean {
  try {
    connection.exec('PRAGMA journal_mode = MEMORY');
    connection.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    connection.close();
    if (systemCode(error)?.startsWith('SQLITE_BUSY')) return false;
    throw error;
  }
}

/**
 * Gives the file that this process has locked in the folder one more name. Undefined if it has locked none, the name is taken,
 * or the file system has no links.
 */
function linkToLocked(lock: string): LockedFile | undefined {
  const file = lockedFiles.get(dirname(lock));
  const [name] = file?.names ?? [];
  if (!file || name === undefined) return undefined;
  try {
    linkSync(name, lock);
  } catch {
    return undefined;
  }
  const linked = existing(lock);
  if (linked && isSameFile(linked, file.stats)) {
    file.names.add(lock);
    return file;
  }
  // The first name is that of another file now.
  remove(lock);
  return undefined;
}

/** The file of a lock; undefined if it does not exist. A file with content was not made by `take`, and is removed. */
function existing(lock: string): Stats | undefined {
  const stats = lstatSync(lock, { throwIfNoEntry: false });
  if (!stats) return undefined;
  if (!stats.isFile()) throw new Error('not a plain file');
  if (stats.size === 0) return stats;
  unlinkSync(lock);
  return undefined;
}

/** Undefined if another process was faster: SQLite alone opens its file. */
function create(lock: string): Stats | undefined {
  try {
    closeSync(openSync(lock, 'wx', 0o600));
    return existing(lock);
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return undefined;
    throw error;
  }
}

/** Undefined if the file has just been removed, even if another process made one again: `mode=rw` creates none. */
function open(Connection: typeof Database, lock: string, before: Stats): Database.Database | undefined {
  try {
    return new Connection(`${pathToFileURL(lock).href}?mode=rw`, { timeout: 0 });
  } catch (error) {
    const now = existing(lock);
    // A file system may give a new file the number of one just removed, but not its time.
    if (!now || !isSameFile(now, before) || now.ctimeMs !== before.ctimeMs) return undefined;
    throw error;
  }
}

function isSameFile(one: Stats, other: Stats): boolean {
  return one.ino === other.ino && one.dev === other.dev;
}

function releaseOf(file: LockedFile, lock: string): Release {
  let isReleased = false;
  const unlockLast = () => {
    file.names.delete(lock);
    if (file.names.size > 0) return;
    if (lockedFiles.get(dirname(lock)) === file) lockedFiles.delete(dirname(lock));
    unlock(file.connection);
  };
  return (beforeUnlock) => {
    if (isReleased) return;
    isReleased = true;
    // Windows cannot remove an open file.
    if (process.platform === 'win32') unlockLast();
    remove(lock);
    beforeUnlock?.();
    if (process.platform !== 'win32') unlockLast();
  };
}

function unlock(connection: Database.Database): void {
  if (connection.inTransaction) connection.exec('ROLLBACK');
  connection.close();
}

/** A failure is harmless: it leaves an empty file. */
function remove(lock: string): void {
  try {
    unlinkSync(lock);
  } catch {}
}

function notLockable(lock: string, error: unknown): KeysError {
  const reason = systemCode(error) || (error instanceof Error ? error.message : 'unknown error');
  return new KeysError({
    code: 'file_not_lockable',
    message: `${lock} could not be locked (${reason})`,
    hints: [
      `ls -ld '${dirname(lock)}' '${lock}'`,
      `locks need a file system that supports them: df -T '${dirname(lock)}'`,
    ],
    cause: error,
  });
}
