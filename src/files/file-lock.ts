import { open, readFile, stat, unlink } from 'node:fs/promises';
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
    await sleep(10 + Math.random() * 20);
    release = await holdFileLock(path);
  }
  try {
    return await work();
  } finally {
    await release();
  }
}

/**
 * Takes the lock of a path without waiting, and gives back what releases it; undefined where another process that runs
 * has it. Throws `KeysError` where no lock can be made there.
 */
export async function holdFileLock(path: string): Promise<(() => Promise<void>) | undefined> {
  const lock = lockOf(path);
  while (!(await take(lock))) {
    if (!(await isAbandoned(lock))) return undefined;
    await removeAbandoned(lock);
  }
  return () => remove(lock);
}

function lockOf(path: string): string {
  return `${path}.lock`;
}

async function take(lock: string): Promise<boolean> {
  try {
    const file = await open(lock, 'wx', 0o600);
    try {
      await file.writeFile(processMark());
    } finally {
      await file.close();
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
  if (!(await take(removal))) {
    if (await isAbandoned(removal)) return removeAbandoned(removal);
    return sleep(10 + Math.random() * 20);
  }
  try {
    if (await isAbandoned(lock)) await remove(lock);
  } finally {
    await remove(removal);
  }
}

async function isAbandoned(lock: string): Promise<boolean> {
  try {
    const runs = isRunning(await readFile(lock, 'utf8'));
    if (runs !== undefined) return !runs;
    return Date.now() - (await stat(lock)).mtimeMs > writingTakesAtMost;
  } catch {
    return false;
  }
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
