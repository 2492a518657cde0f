import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { rolldown } from 'rolldown';
import { expect, onTestFinished, test } from 'vitest';
import { holdFileLock, removeAbandonedLocks, withFileLock } from '../../src/files/file-lock.ts';
import { failureIn } from '../support/failure.ts';
import { projectRoot } from '../support/sandbox.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** The id of a process that has ended. */
function deadProcess(): number {
  return spawnSync(process.execPath, ['-e', '']).pid;
}

/** Adds one to the number in a file, with a pause in which others could come between. */
async function increment(file: string): Promise<void> {
  const number = Number(readFileSync(file, 'utf8'));
  await sleep(2);
  writeFileSync(file, String(number + 1));
}

test('gives back what the work gives back, and is gone afterwards', async () => {
  const folder = temporaryFolder();
  const path = join(folder, '.env');
  const held = await withFileLock(path, async () => readFileSync(`${path}.lock`, 'utf8'));
  expect(held.split(' ')[0]).toBe(String(process.pid));
  expect(readdirSync(folder)).toEqual([]);
});

test('is 0600, and is gone after work that fails', async () => {
  const folder = temporaryFolder();
  const path = join(folder, '.env');
  let mode = 0;
  const work = withFileLock(path, async () => {
    mode = statSync(`${path}.lock`).mode & 0o777;
    throw new RangeError('no');
  });
  await expect(work).rejects.toThrow(RangeError);
  expect(mode.toString(8)).toBe('600');
  expect(readdirSync(folder)).toEqual([]);
});

test('lets one in at a time', async () => {
  const file = join(temporaryFolder(), 'count');
  writeFileSync(file, '0');
  await Promise.all(Array.from({ length: 20 }, () => withFileLock(file, () => increment(file))));
  expect(readFileSync(file, 'utf8')).toBe('20');
});

test('lets one process in at a time', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'count');
  writeFileSync(file, '0');
  const script = `
    import { readFileSync, writeFileSync } from 'node:fs';
    import { setTimeout as sleep } from 'node:timers/promises';
    import { holdFileLock, removeAbandonedLocks, withFileLock } from ${JSON.stringify(join(projectRoot, 'src/files/file-lock.ts'))};
    for (let round = 0; round < 10; round++) {
      await withFileLock(${JSON.stringify(file)}, async () => {
        const number = Number(readFileSync(${JSON.stringify(file)}, 'utf8'));
        await sleep(1);
        writeFileSync(${JSON.stringify(file)}, String(number + 1));
      });
    }`;
  writeFileSync(join(folder, 'worker.ts'), script);
  const bundle = await rolldown({ input: join(folder, 'worker.ts'), platform: 'node' });
  await bundle.write({ file: join(folder, 'worker.mjs') });
  await bundle.close();
  const exits = await Promise.all([1, 2, 3].map(() => run(join(folder, 'worker.mjs'))));
  expect(exits).toEqual([0, 0, 0]);
  expect(readFileSync(file, 'utf8')).toBe('30');
  expect(existsSync(`${file}.lock`)).toBe(false);
});

test('waits for a holder that is alive, and leaves its lock alone', async () => {
  const path = join(temporaryFolder(), '.env');
  const holder = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)']);
  onTestFinished(() => void holder.kill());
  writeFileSync(`${path}.lock`, String(holder.pid));
  let entered = false;
  const work = withFileLock(path, async () => {
    entered = true;
  });
  await sleep(200);
  expect([entered, readFileSync(`${path}.lock`, 'utf8')]).toEqual([false, String(holder.pid)]);
  holder.kill();
  await work;
  expect(entered).toBe(true);
});

test('takes the lock of a holder that has died, and only one of many waiters does', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'count');
  writeFileSync(file, '0');
  writeFileSync(`${file}.lock`, String(deadProcess()));
  await Promise.all(Array.from({ length: 10 }, () => withFileLock(file, () => increment(file))));
  expect(readFileSync(file, 'utf8')).toBe('10');
  expect(readdirSync(folder)).toEqual(['count']);
});

test('a lock that names nobody yet is being written: it is kept for a while, then taken', async () => {
  const path = join(temporaryFolder(), '.env');
  writeFileSync(`${path}.lock`, '');
  let entered = false;
  const work = withFileLock(path, async () => {
    entered = true;
  });
  await sleep(200);
  expect(entered).toBe(false);
  const longAgo = new Date(Date.now() - 60_000);
  utimesSync(`${path}.lock`, longAgo, longAgo);
  await work;
  expect(entered).toBe(true);
});

test('who does not wait for a holder still waits to learn whether there is one', async () => {
  const path = join(temporaryFolder(), '.env');
  const lock = `${path}.lock`;
  writeFileSync(lock, String(process.pid));
  expect(await holdFileLock(path)).toBeUndefined();
  writeFileSync(lock, '');
  const attempt = holdFileLock(path);
  await sleep(100);
  const longAgo = new Date(Date.now() - 60_000);
  utimesSync(lock, longAgo, longAgo);
  const release = await attempt;
  expect(release).toBeDefined();
  await release?.();
  expect(existsSync(lock)).toBe(false);
});

test('the locks of processes that have died can be cleared away, and no others', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'dead.lock'), String(deadProcess()));
  writeFileSync(join(folder, 'dead.lock.removal'), String(deadProcess()));
  writeFileSync(join(folder, 'held.lock'), String(process.pid));
  writeFileSync(join(folder, 'other.txt'), String(deadProcess()));
  await removeAbandonedLocks(folder);
  expect(readdirSync(folder)).toEqual(['held.lock', 'other.txt']);
});

test('a lock that cannot be made is a failure with its path', async () => {
  const path = join(temporaryFolder(), 'missing', '.env');
  expect(await failureIn(withFileLock(path, async () => {}))).toMatchObject({
    exit: 'failed',
    code: 'file_not_lockable',
    message: `${path}.lock could not be made (ENOENT)`,
  });
});

/** The exit code of a script. */
function run(script: string): Promise<number | null> {
  const child = spawn(process.execPath, [script], { stdio: 'inherit' });
  return new Promise((done, fail) => child.on('error', fail).on('close', done));
}
