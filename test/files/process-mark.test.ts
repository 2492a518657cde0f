import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { isRunning, processMark } from '../../src/files/process-mark.ts';

const onLinux = process.platform === 'linux';

test('this process runs', () => {
  expect(processMark().split(' ')[0]).toBe(String(process.pid));
  expect(isRunning(processMark())).toBe(true);
  expect(isRunning(`${process.pid}\n`)).toBe(true);
});

test('a process that has ended does not', () => {
  expect(isRunning(String(spawnSync('true').pid))).toBe(false);
});

test('a text that is no mark says nothing', () => {
  for (const text of ['', '0', '-1', 'me', '12 x', '12 3 4']) expect(isRunning(text)).toBeUndefined();
});

test.runIf(onLinux)('another process that got the same id is not the one of the mark', () => {
  expect(isRunning(`${process.pid} 1`)).toBe(false);
});

test.runIf(onLinux)('a zombie has ended', async () => {
  // The shell's child ends, and the program that takes the shell's place never asks for it.
  const parent = spawn('sh', ['-c', 'sleep 0.01 & echo $!; exec sleep 20'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void parent.kill('SIGKILL'));
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  await expect.poll(() => isRunning(String(line).trim()), { timeout: 5000 }).toBe(false);
});
