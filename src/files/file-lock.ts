import { open, readFile, stat, unlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { KeysError, systemCode } from '../errors.ts';

const patience = 10_000;
/** A lock without a process id in it is being written; after this many milliseconds, its writer has died. */
const writingTakesAtMost = 2_000;

/**
 * Runs the work while no other `keys` process does the same for this path, by way of a file `<path>.lock` that names
 * its process. The lock of a process that has died is removed. Throws `KeysError` after 10 s of waiting.
 */
export async function withFileLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const lock = `${path}.lock`;
  const deadline = Date.now() + patience;
  while (!(await take(lock))) {
    if (Date.now() > deadline) throw locked(path, lock);
    if (await isAbandoned(lock)) await removeAbandoned(lock);
    else await sleep(10 + Math.random() * 20);
  }
  try {
    return await work();
  } finally {
    await remove(lock);
  }
}

async function take(lock: string): Promise<boolean> {
  try {
    const file = await open(lock, 'wx', 0o600);
    try {
      await file.writeFile(String(process.pid));
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
    const pid = Number.parseInt(await readFile(lock, 'utf8'), 10);
    if (pid > 0) return !isAlive(pid);
    return Date.now() - (await stat(lock)).mtimeMs > writingTakesAtMost;
  } catch {
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) !== 'ESRCH';
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
