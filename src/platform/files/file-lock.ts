import { closeSync, lstatSync, openSync, type Stats, unlinkSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type Database from 'libsql';
import { KeysError, systemCode } from '../../base/errors.ts';

/*
 * A lock is an exclusive SQLite transaction on an empty file `<path>.lock`, and thereby a lock that the kernel holds
 * (fcntl; LockFileEx on Windows): it ends with its process, however that ends, stays with a process that is paused, and
 * holds between containers of one kernel, which cannot see each other's processes. Nothing is ever written to the file.
 *
 * A holder removes the file before it lets go. So a process that gets the lock of a file checks that the file still has
 * its name; otherwise another process may hold another file of that name.
 *
 * Closing any descriptor of a file ends all fcntl locks that the process has on it: no other code may open these files.
 * Locks live only in folders that others cannot write to.
 */

/** Lets go of a lock; `beforeUnlock` runs when the file is gone and the lock is still held. Never throws. */
export type Release = (beforeUnlock?: () => void) => void;

/** How long others hold a lock, in milliseconds, only to see whether it is held. */
export const probeMs = 200;

/**
 * Takes the lock of a path and gives back what releases it; undefined where it is held already, by this process or
 * another, and stays so for `patienceMs`. Throws `KeysError` where no lock can be made there.
 */
export async function holdFileLock(path: string, patienceMs = 0): Promise<Release | undefined> {
  const lock = `${path}.lock`;
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const release = await tryLock(lock);
    if (release || performance.now() >= deadline) return release;
    await sleep(10 + Math.random() * 20);
  }
}

async function tryLock(lock: string): Promise<Release | undefined> {
  try {
    const { default: Connection } = await import('libsql');
    return take(Connection, lock);
  } catch (error) {
    throw notLockable(lock, error);
  }
}

/** Milliseconds. A younger one may be about to be locked. */
const abandonedAfterMs = 60_000;

/** Removes the files of locks in a folder whose processes were killed some time ago. */
export async function removeAbandonedLocks(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((one) => one.endsWith('.lock'))) {
    const made = lstatSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? Number.NaN;
    if (!(Date.now() - made > abandonedAfterMs)) continue;
    const release = await holdFileLock(join(folder, name.slice(0, -'.lock'.length))).catch(() => undefined);
    release?.();
  }
}

/** All in one go: between its steps, no other code of this process can open or close the file. */
function take(Connection: typeof Database, lock: string): Release | undefined {
  for (;;) {
    const before = existing(lock) ?? made(lock);
    if (!before) continue;
    const connection = opened(Connection, lock);
    if (!connection) continue;
    try {
      connection.exec('PRAGMA journal_mode = MEMORY');
      connection.exec('BEGIN EXCLUSIVE');
    } catch (error) {
      connection.close();
      if (systemCode(error)?.startsWith('SQLITE_BUSY')) return undefined;
      throw error;
    }
    const now = existing(lock);
    if (now && now.ino === before.ino && now.dev === before.dev) return releaseOf(connection, lock);
    letGo(connection);
  }
}

/** The file of a lock; undefined if it does not exist. One that holds anything was not made by `take`, and is removed. */
function existing(lock: string): Stats | undefined {
  const found = lstatSync(lock, { throwIfNoEntry: false });
  if (!found) return undefined;
  if (!found.isFile()) throw new Error('not a plain file');
  if (found.size === 0) return found;
  unlinkSync(lock);
  return undefined;
}

/** Undefined where another process was faster: its file is opened by SQLite alone. */
function made(lock: string): Stats | undefined {
  try {
    closeSync(openSync(lock, 'wx', 0o600));
    return existing(lock);
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return undefined;
    throw error;
  }
}

/** Undefined where the file has just been removed: `mode=rw` makes none. */
function opened(Connection: typeof Database, lock: string): Database.Database | undefined {
  try {
    return new Connection(`${pathToFileURL(lock).href}?mode=rw`, { timeout: 0 });
  } catch (error) {
    if (!existing(lock)) return undefined;
    throw error;
  }
}

function releaseOf(connection: Database.Database, lock: string): Release {
  let isReleased = false;
  return (beforeUnlock) => {
    if (isReleased) return;
    isReleased = true;
    // Windows does not remove a file that is open.
    if (process.platform === 'win32') letGo(connection);
    removed(lock);
    beforeUnlock?.();
    if (process.platform !== 'win32') letGo(connection);
  };
}

function letGo(connection: Database.Database): void {
  if (connection.inTransaction) connection.exec('ROLLBACK');
  connection.close();
}

/** What cannot be removed is only an empty file. */
function removed(lock: string): void {
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
      `it needs a disk that knows file locks: df -T '${dirname(lock)}'`,
    ],
    cause: error,
  });
}
