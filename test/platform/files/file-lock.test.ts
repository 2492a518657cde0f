import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { holdFileLock, removeAbandonedLocks } from '../../../src/platform/files/file-lock.ts';
import { bundleProgram } from '../../support/bundle.ts';
import { failureIn } from '../../support/failure.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** Adds one to the number in a file, with a pause in which others could interfere. */
async function increment(file: string): Promise<void> {
  const release = await holdFileLock(file, 10_000);
  const number = Number(readFileSync(file, 'utf8'));
  await sleep(2);
  writeFileSync(file, String(number + 1));
  release?.();
}

test('a lock is held once, is an empty 0600 file, and is removed when released', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'one');
  const release = await holdFileLock(path);
  expect(await holdFileLock(path)).toBeUndefined();
  expect(readdirSync(folder)).toEqual(['one.lock']);
  expect([statSync(`${path}.lock`).size, (statSync(`${path}.lock`).mode & 0o777).toString(8)]).toEqual([
    0,
    '600',
  ]);
  const other = await holdFileLock(join(folder, 'other'));
  expect(other).toBeDefined();
  other?.();
  release?.();
  release?.();
  expect(readdirSync(folder)).toEqual([]);
  (await holdFileLock(path))?.();
});

test('lets one in at a time', async () => {
  const file = join(temporaryFolder(), 'count');
  writeFileSync(file, '0');
  await Promise.all(Array.from({ length: 20 }, () => increment(file)));
  expect(readFileSync(file, 'utf8')).toBe('20');
});

test('a waiting process gets it as soon as it is released', async () => {
  const path = join(temporaryFolder(), 'one');
  const first = await holdFileLock(path);
  const second = holdFileLock(path, 10_000);
  await sleep(50);
  first?.();
  const release = await second;
  expect(release).toBeDefined();
  release?.();
});

test('a lock whose file was removed is not given to two processes', async () => {
  const path = join(temporaryFolder(), 'one');
  const first = await holdFileLock(path);
  unlinkSync(`${path}.lock`);
  const second = await holdFileLock(path);
  expect(await holdFileLock(path)).toBeUndefined();
  second?.();
  first?.();
});

/** Takes locks in a process of its own, and tells which of them it got. It keeps them until it is killed. */
async function takenElsewhere(...paths: string[]): Promise<{ got: boolean[]; kill: () => Promise<void> }> {
  const program = await bundleProgram(`
    import { holdFileLock } from 'src/platform/files/file-lock.ts';
    const got = [];
    for (const path of process.argv.slice(2)) got.push(Boolean(await holdFileLock(path)));
    console.log(JSON.stringify(got));
    setInterval(() => {}, 60_000);`);
  const child = spawn(process.execPath, [program, ...paths], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = once(child, 'exit');
  const got = JSON.parse(String(await once(child.stdout, 'data')));
  return {
    got,
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

describe('several locks in one folder', () => {
  const folderOf = (...names: string[]) => {
    const folder = temporaryFolder();
    return [folder, ...names.map((name) => join(folder, name))] as const;
  };

  test('are names of one file, and each is free as soon as it is released', async () => {
    const [folder, one = '', two = '', three = ''] = folderOf('one', 'two', 'three');
    const releases = [];
    for (const path of [one, two, three]) releases.push(await holdFileLock(path));
    expect(new Set([one, two, three].map((path) => statSync(`${path}.lock`).ino)).size).toBe(1);
    expect(await holdFileLock(two)).toBeUndefined();
    releases[0]?.();
    expect(readdirSync(folder)).toEqual(['three.lock', 'two.lock']);
    expect((await takenElsewhere(one, two, three)).got).toEqual([true, false, false]);
    const again = await holdFileLock(one);
    expect(again).toBeUndefined();
    releases[1]?.();
    releases[2]?.();
    expect((await takenElsewhere(two, three)).got).toEqual([true, true]);
  });

  test('of a killed process are free one by one: who takes one of them does not hold the others', async () => {
    const [, one = '', two = '', three = ''] = folderOf('one', 'two', 'three');
    const killed = await takenElsewhere(one, two, three);
    expect(killed.got).toEqual([true, true, true]);
    expect(await holdFileLock(two)).toBeUndefined();
    await killed.kill();
    const release = await holdFileLock(two);
    expect(release).toBeDefined();
    expect((await takenElsewhere(one, two, three)).got).toEqual([true, false, true]);
    release?.();
  });

  test('stay with a process while another one asks for them again and again', async () => {
    const [, one = '', two = ''] = folderOf('one', 'two');
    const releases = [await holdFileLock(one), await holdFileLock(two)];
    for (let round = 0; round < 20; round += 1) expect(await holdFileLock(two)).toBeUndefined();
    releases[0]?.();
    for (let round = 0; round < 20; round += 1) expect(await holdFileLock(two)).toBeUndefined();
    expect((await takenElsewhere(two)).got).toEqual([false]);
    releases[1]?.();
  });

  test('are not made of a file that somebody has put in the place of the first', async () => {
    const [, one = '', two = ''] = folderOf('one', 'two');
    const first = await holdFileLock(one);
    unlinkSync(`${one}.lock`);
    writeFileSync(`${one}.lock`, '');
    const second = await holdFileLock(two);
    expect(statSync(`${two}.lock`).ino).not.toBe(statSync(`${one}.lock`).ino);
    expect((await takenElsewhere(two)).got).toEqual([false]);
    second?.();
    first?.();
  });

  test('can be counted on by processes that take, pause and die at any moment', async () => {
    const [folder] = folderOf();
    const program = await bundleProgram(crossing);
    const workers = Array.from({ length: 4 }, (_, worker) =>
      spawn(process.execPath, [program, folder, String(worker)], { stdio: ['ignore', 'pipe', 'inherit'] }),
    );
    const outputs = await Promise.all(
      workers.map(async (worker, index) => {
        let output = '';
        worker.stdout.on('data', (text) => {
          output += text;
        });
        if (index % 2 === 1) setTimeout(() => worker.kill('SIGKILL'), 700 + 100 * index);
        await once(worker, 'close');
        return output;
      }),
    );
    expect(outputs.join('')).not.toContain('taken twice');
    expect(outputs[0]).toContain('done');
    expect(outputs[2]).toContain('done');
  });
});

/**
 * Takes and releases locks of five names in random order, several at a time. Whoever holds one writes its own mark, and finds
 * it unchanged in the end. (That a killed holder is gone cannot be asked: its locks end before its process does.)
 */
const crossing = `
  import { readFileSync, writeFileSync } from 'node:fs';
  import { join } from 'node:path';
  import { setTimeout as sleep } from 'node:timers/promises';
  import { holdFileLock } from 'src/platform/files/file-lock.ts';
  const [folder, worker] = process.argv.slice(2);
  const end = Date.now() + 2000;
  let held = 0;
  await Promise.all([0, 1, 2].map(async () => {
    while (Date.now() < end) {
      const path = join(folder, 'name' + Math.floor(Math.random() * 5));
      const release = await holdFileLock(path, 50);
      if (!release) continue;
      const mark = worker + ' ' + held++;
      writeFileSync(path + '.mark', mark);
      await sleep(Math.random() * 4);
      if (readFileSync(path + '.mark', 'utf8') !== mark) console.log(path, 'taken twice');
      release();
    }
  }));
  console.log(held > 10 ? 'done' : 'held ' + held, worker);`;

const counting = `
  import { readFileSync, writeFileSync } from 'node:fs';
  import { setTimeout as sleep } from 'node:timers/promises';
  import { holdFileLock } from 'src/platform/files/file-lock.ts';
  const [file, rounds] = process.argv.slice(2);
  for (let round = 0; round < Number(rounds); round++) {
    const release = await holdFileLock(file, 20_000);
    const number = Number(readFileSync(file, 'utf8'));
    await sleep(1);
    writeFileSync(file, String(number + 1));
    release();
  }`;

test('lets one process in at a time', async () => {
  const file = join(temporaryFolder(), 'count');
  writeFileSync(file, '0');
  const program = await bundleProgram(counting);
  const exits = await Promise.all(
    [1, 2, 3].map(async () => {
      const [exit] = await once(
        spawn(process.execPath, [program, file, '15'], { stdio: 'inherit' }),
        'close',
      );
      return exit;
    }),
  );
  expect(exits).toEqual([0, 0, 0]);
  expect(readFileSync(file, 'utf8')).toBe('45');
  expect(existsSync(`${file}.lock`)).toBe(false);
});

test('ends with its process, but not while that is paused', async () => {
  const path = join(temporaryFolder(), 'one');
  const program = await bundleProgram(`
    import { holdFileLock } from 'src/platform/files/file-lock.ts';
    console.log(Boolean(await holdFileLock(process.argv[2])));
    setInterval(() => {}, 60_000);`);
  const holder = spawn(process.execPath, [program, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void holder.kill('SIGKILL'));
  expect(String(await once(holder.stdout, 'data'))).toBe('true\n');
  expect(await holdFileLock(path)).toBeUndefined();
  holder.kill('SIGSTOP');
  await sleep(100);
  expect(await holdFileLock(path)).toBeUndefined();
  const longAgo = new Date(Date.now() - 120_000);
  utimesSync(`${path}.lock`, longAgo, longAgo);
  await removeAbandonedLocks(join(path, '..'));
  expect(existsSync(`${path}.lock`)).toBe(true);
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  const release = await holdFileLock(path);
  expect(release).toBeDefined();
  release?.();
});

test('only the locks of killed processes are cleaned up', async () => {
  const folder = temporaryFolder();
  for (const name of ['dead.lock', 'new.lock', 'held.lock']) writeFileSync(join(folder, name), '');
  const longAgo = new Date(Date.now() - 120_000);
  for (const name of ['dead.lock', 'held.lock']) utimesSync(join(folder, name), longAgo, longAgo);
  writeFileSync(join(folder, 'other.txt'), '');
  const release = await holdFileLock(join(folder, 'held'));
  await removeAbandonedLocks(folder);
  expect(readdirSync(folder)).toEqual(['held.lock', 'new.lock', 'other.txt']);
  release?.();
});

test('a file of an earlier version, which names a process, is no lock', async () => {
  const path = join(temporaryFolder(), 'one');
  writeFileSync(`${path}.lock`, `${process.pid} 1234`);
  const release = await holdFileLock(path);
  expect(release).toBeDefined();
  release?.();
});

const planted: [string, (lock: string) => void][] = [
  ['a FIFO', (lock) => void spawnSync('mkfifo', [lock])],
  ['a folder', (lock) => mkdirSync(lock)],
  ['a symbolic link', (lock) => symlinkSync('elsewhere', lock)],
];

test.each(planted)('%s in place of a lock is a failure, and is kept', async (_, plant) => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'elsewhere'), '');
  plant(join(folder, 'one.lock'));
  expect(await failureIn(holdFileLock(join(folder, 'one')))).toMatchObject({
    code: 'file_not_lockable',
    message: `${join(folder, 'one.lock')} could not be locked (not a plain file)`,
  });
  expect(readdirSync(folder).sort()).toEqual(['elsewhere', 'one.lock']);
});

test('a lock that cannot be created is a failure with its path', async () => {
  const path = join(temporaryFolder(), 'missing', 'one');
  expect(await failureIn(holdFileLock(path))).toMatchObject({
    exit: 'failed',
    code: 'file_not_lockable',
    message: `${path}.lock could not be locked (ENOENT)`,
  });
});
