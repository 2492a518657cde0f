import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { withEscrow } from '../support/escrow.ts';
import { program, Sandbox } from '../support/sandbox.ts';
import { seedKey } from '../support/seed.ts';

/* A rotation of many keys that is killed, and run again. */

const size = 30;
const rotate = ['rotate', '--all', '--to', 'exec:sh deliver.sh {name}', '--json'];

/** Keys of one name each, and a program that delivers their secrets to `places`. */
async function fleet(): Promise<Sandbox> {
  const box = withEscrow(new Sandbox());
  box.expectEscrow();
  const yesterday = new Date(Date.now() - 86_400_000);
  mkdirSync(join(box.cwd, 'places'));
  for (let n = 0; n < size; n += 1) {
    await seedKey(box, yesterday, { name: `key-${n}` });
    for (const path of [`places/key-${n}`, `places/.key-${n}`]) box.expectSecretIn(path);
  }
  box.write('deliver.sh', 'sleep 0.1\ncat > "places/.$1" && mv "places/.$1" "places/$1"\n');
  return box;
}

function delivered(box: Sandbox): number {
  return readdirSync(join(box.cwd, 'places')).filter((name) => !name.startsWith('.')).length;
}

/** Kills the rotation, and waits for the programs that it has left. */
async function killedAfter(box: Sandbox, count: number): Promise<void> {
  const child = spawn(process.execPath, [program, ...rotate], {
    cwd: box.cwd,
    env: box.env,
    stdio: 'ignore',
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const end = new Promise((resume) => child.on('exit', resume));
  while (delivered(box) < count && child.exitCode === null) await pause(10);
  child.kill('SIGKILL');
  await end;
  expect(child.signalCode).toBe('SIGKILL');
  await pause(1000);
}

function pause(ms: number): Promise<void> {
  return new Promise((resume) => setTimeout(resume, ms));
}

async function keysByName(box: Sandbox): Promise<Map<string, number>> {
  const { stdout } = await box.keys(['list', '--status', 'active', '--json']);
  const counts = new Map<string, number>();
  for (const { name } of JSON.parse(stdout) as { name: string }[])
    counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

/** Every name has so many keys that work. */
async function expectKeysEach(box: Sandbox, count: number): Promise<void> {
  const counts = await keysByName(box);
  expect(counts.size).toBe(size);
  expect([...counts].filter(([, many]) => many !== count)).toEqual([]);
}

test('a killed rotation continues where it stopped, and the next one rotates everything', {
  timeout: 120_000,
}, async () => {
  const box = await fleet();
  await killedAfter(box, 12);
  const again = await box.program(rotate);
  expect(again.exit, again.stderr).toBe(0);
  const [, done] = /: (\d+) of 30 keys are done/.exec(again.stderr) ?? [];
  expect(Number(done)).toBeGreaterThanOrEqual(8);
  expect(JSON.parse(again.stdout)).toHaveLength(size - Number(done));
  await expectKeysEach(box, 2);
  expect(delivered(box)).toBe(size);
  expect(readdirSync(join(box.home, 'state', 'fleets'))).toEqual([]);

  const next = await box.program(rotate);
  expect(next.exit, next.stderr).toBe(0);
  expect(JSON.parse(next.stdout)).toHaveLength(size);
  await expectKeysEach(box, 3);
});

test('with another --to, a killed rotation begins anew', { timeout: 120_000 }, async () => {
  const box = await fleet();
  await killedAfter(box, 5);
  expect(existsSync(join(box.home, 'state', 'fleets'))).toBe(true);
  const other = rotate.map((word) => word.replace('deliver.sh', './deliver.sh'));
  const again = await box.program(other);
  expect(again.exit, again.stderr).toBe(0);
  expect(again.stderr).not.toContain('continuing');
  expect(JSON.parse(again.stdout)).toHaveLength(size);
});
