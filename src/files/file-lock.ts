import { closeSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { readdir, readFile, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KeysError, systemCode } from '../errors.ts';
import { isRunning, processMark } from './process-mark.ts';

const patience = 10_000;
/** A lock without a process id in it is being written; after this many milliseconds, its writer has died. */
const writingTakesAtMost = 2_000;

/**
 * Runs the work while no other `keys` process does the same for this path, by way of a file `<path>.lock` that marks
 * its process. The lock of a process that has died is removed. Throws `KeysError` after 10 s of waiting.
 */
export async function withFileLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + patience;
  let release = await holdFileLock(path);
  while (!release) {
    if (Date.now() > deadline) throw locked(path, lockOf(path));
    await aMoment();
    release = await holdFileLock(path);
  }
  try {
    return await work();
  } finally {
    await release();
  }
}

/**
 * Takes the lock of a path without waiting for its holder, and gives back what releases it; undefined where another
 * process that runs has it. Throws `KeysError` where no lock can be made there.
 */
export async function holdFileLock(path: string): Promise<(() => Promise<void>) | undefined> {
  const lock = lockOf(path);
  while (!take(lock)) {
    const state = await stateOf(lock);
    if (state === 'held') return undefined;
    if (state === 'abandoned') await removeAbandoned(lock);
    else await aMoment();
  }
  return () => remove(lock);
}

/** Removes the locks in a folder whose processes have died: nobody may ever ask for them again. */
export async function removeAbandonedLocks(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((one) => /\.lock(\.removal)*$/.test(one))) {
    const lock = join(folder, name);
    while ((await stateOf(lock)) === 'abandoned') await removeAbandoned(lock);
  }
}

function lockOf(path: string): string {
  return `${path}.lock`;
}

/** In one go, so that next to nothing can come between a lock and its mark. */
function take(lock: string): boolean {
  try {
    const file = openSync(lock, 'wx', 0o600);
    try {
      writeSync(file, processMark());
    } catch (error) {
      unlinkSync(lock);
      throw error;
    } finally {
      closeSync(file);
    }
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw new KeysError({
      exit: 'failed',
      code: 'file_not_lockable',
      message: `${lock} could not be made (${systemCode(error) ?? 'unknown error'})`,
      cause: error,
    });
  }
}

/**
 * Two waiters may see the same dead lock. A second lock lets one of them at a time look again and remove it, so that
 * nobody removes a lock that another has just taken. Whoever held the second lock may have died as well: it is then
 * removed in the same way.
 */
async function removeAbandoned(lock: string): Promise<void> {
  const removal = `${lock}.removal`;
  if (!take(removal)) {
    if ((await stateOf(removal)) === 'abandoned') return removeAbandoned(removal);
    return aMoment();
  }
  try {
    if ((await stateOf(lock)) === 'abandoned') await remove(lock);
  } finally {
    await remove(removal);
  }
}

/** `unmarked`: its process is about to mark it, or has just died; `gone`: it has been released. */
async function stateOf(lock: string): Promise<'held' | 'abandoned' | 'unmarked' | 'gone'> {
  try {
    const runs = isRunning(await readFile(lock, 'utf8'));
    if (runs !== undefined) return runs ? 'held' : 'abandoned';
    return Date.now() - (await stat(lock)).mtimeMs > writingTakesAtMost ? 'abandoned' : 'unmarked';
  } catch (error) {
    return systemCode(error) === 'ENOENT' ? 'gone' : 'held';
  }
}

async function aMoment(): Promise<void> {
  await sleep(10 + Math.random() * 20);
}

async function remove(lock: string): Promise<void> {
  await unlink(lock).catch(() => {});
}

function locked(path: string, lock: string): KeysError {
  return new KeysError({
    exit: 'failed',
    code: 'file_locked',
    message: `another process has held ${lock} for more than ${patience / 1000} s`,
    hints: [`if no other keys is writing ${path}: rm '${lock}'`],
  });
}
