import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withEscrow } from '../support/escrow.ts';
import type { Run } from '../support/sandbox.ts';
import { Sandbox } from '../support/sandbox.ts';
import { seedKey } from '../support/seed.ts';
import { StandIns } from '../support/stand-in.ts';

/* `keys rotate --all`, run again: what an earlier command of the same run has rotated is left out. */

const start = new Date('2026-11-21T12:00:00Z');
const minutes = (count: number) => new Date(start.getTime() + count * 60_000);

/** Four keys, of which `c` cannot be delivered the first time. */
async function failedFleet() {
  const box = withEscrow(new Sandbox());
  for (const name of ['a', 'b', 'c', 'd']) await seedKey(box, start, { name });
  const vendors = new StandIns().add('deliver', { args: /^c$/, code: 1 }).add('other');
  const env = { PATH: `${vendors.folder}:${process.env.PATH}` };
  const rotate = (at: number, ...flags: string[]) => {
    const to = flags.includes('--to') ? [] : ['--to', 'exec:deliver {name}'];
    return box.keys(['rotate', '--all', ...to, ...flags, '--json'], { env, now: minutes(at) });
  };
  const first = await rotate(1);
  expect(first.exit).toBe(5);
  vendors.add('deliver');
  return { box, rotate, fleets: join(box.home, 'state', 'fleets') };
}

function rotated({ exit, stdout, stderr }: Run): string[] {
  expect(exit, stderr).toBe(0);
  const records = JSON.parse(stdout) as { name: string; changed: boolean }[];
  expect(records.filter(({ changed }) => !changed)).toEqual([]);
  return records.map(({ name }) => name).sort();
}

test('the same command does the rest, and once all is done, everything', async () => {
  const { rotate, fleets } = await failedFleet();
  const second = await rotate(11);
  expect(rotated(second)).toEqual(['c']);
  expect(second.stderr).toContain('continuing the run that began 10 minutes ago: 3 of 4 keys are done');
  expect(readdirSync(fleets)).toEqual([]);

  const third = await rotate(12);
  expect(rotated(third)).toEqual(['a', 'b', 'c', 'd']);
  expect(third.stderr).not.toContain('continuing');
});

test.each([
  ['another place', ['--to', 'exec:other {name}']],
  ['another grace period', ['--grace', '0']],
  ['another expiry', ['--expires', '90d']],
  ['an age', ['--older-than', '1s']],
])('%s rotates everything', async (_, flags) => {
  const { rotate } = await failedFleet();
  expect(rotated(await rotate(11, ...flags))).toEqual(['a', 'b', 'c', 'd']);
});

test('a day later, everything is rotated', async () => {
  const { rotate } = await failedFleet();
  expect(rotated(await rotate(24 * 60 + 1))).toEqual(['a', 'b', 'c', 'd']);
});

test('a key that was rotated by hand since then is rotated', async () => {
  const { box, rotate } = await failedFleet();
  box.expectSecretIn('a');
  const byHand = await box.keys(['rotate', 'a', '--to', 'file:a'], { now: minutes(5) });
  expect(byHand.exit, byHand.stderr).toBe(0);
  expect(rotated(await rotate(11))).toEqual(['a', 'c']);
});

test('--dry-run and a named key look at no record', async () => {
  const { rotate } = await failedFleet();
  const dry = await rotate(11, '--dry-run');
  expect(JSON.parse(dry.stdout)).toHaveLength(4);
  expect(dry.stderr).not.toContain('continuing');
});

test('where the record cannot be written, the rotation is done and says so once', async () => {
  const { rotate, fleets } = await failedFleet();
  const path = join(fleets, readdirSync(fleets)[0] ?? '');
  rmSync(path);
  mkdirSync(path);
  const run = await rotate(11);
  expect(rotated(run)).toEqual(['a', 'b', 'c', 'd']);
  expect(run.stderr.split(`${path} could not be written`)).toHaveLength(2);
});
