import { describe, expect, test } from 'vitest';
import { refusedKeys } from '../support/embedded-authority.ts';
import { withEscrow } from '../support/escrow.ts';
import type { Moment } from '../support/killing.ts';
import { inParallel, runKilled } from '../support/killing.ts';
import { lacks } from '../support/real-parts.ts';
import type { Run } from '../support/sandbox.ts';
import { Sandbox } from '../support/sandbox.ts';

const slow = 300_000;

describe.skipIf(lacks('strace'))('killed before each step', { timeout: slow }, () => {
  // The last call never happens.
  const calls: Moment[] = [
    ...Array.from({ length: 22 }, (_, index) => ({ call: index + 1 })),
    { call: 1000 },
  ];

  test.each(['0', '7d'])(
    'with --grace %s: the sink holds a working key at each moment, and only one is left at the end',
    async (grace) => {
      let kills = 0;
      let ended = 0;
      await inParallel(calls, 6, async (moment) => {
        const box = withEscrow(new Sandbox());
        box.expectSecretIn('key');
        await box.keys(['create', 'ci', '--to', 'file:key']);
        const args = ['rotate', 'ci', '--grace', grace, '--to', 'file:key', '--json'];
        const killed = await runKilled(box, args, moment);
        if (killed.wasKilled) kills += 1;
        else ended += 1;
        expect(await refusedKeys(box, [box.read('key')]), 'the key in the sink works').toEqual([]);

        const recovery = await box.keys(['recover', '--all', '--yes', '--json']);
        expect(recovery.exit, recovery.stderr).toBe(0);
        expect(await refusedKeys(box, [box.read('key')]), 'the key in the sink works').toEqual([]);
        await settledIn(box, grace);
      });
      expect(kills).toBeGreaterThan(8);
      expect(ended).toBeGreaterThan(0);
    },
  );

  test('the same command resumes where it stopped', async () => {
    await inParallel(calls, 6, async (moment) => {
      const box = withEscrow(new Sandbox());
      box.expectSecretIn('key');
      await box.keys(['create', 'ci', '--to', 'file:key']);
      const before = box.read('key');
      const args = ['rotate', 'ci', '--grace', '0', '--to', 'file:key', '--json'];
      const { wasKilled } = await runKilled(box, args, moment);
      const again: Run = wasKilled ? await box.keys(args) : { exit: 0, stdout: '', stderr: '' };
      expect(again.exit, again.stderr).toBe(0);
      expect(await refusedKeys(box, [before, box.read('key')])).toEqual([before]);
      await settledIn(box, '0');
    });
  });
});

/** One key in the sink, the old one expiring or revoked, nothing unfinished, and no secret elsewhere. */
async function settledIn(box: Sandbox, grace: string): Promise<void> {
  const { stdout } = await box.keys(['list', '--status', 'all', '--json']);
  const keys = JSON.parse(stdout) as { id: string; status: string; expiresAt: string | null }[];
  const inPlace = box.read('key').split('_')[1];
  const endless = keys.filter(({ status, expiresAt }) => status === 'active' && expiresAt === null);
  expect(endless.map(({ id }) => id)).toEqual([inPlace]);
  const rest = keys.filter(({ id }) => id !== inPlace);
  const ends = rest.filter(({ status }) => status !== 'revoked');
  expect(ends.length).toBeLessThanOrEqual(grace === '0' ? 0 : 1);
  expect(JSON.parse((await box.keys(['recover', '--list', '--json'])).stdout)).toEqual([]);
  expect(box.leaks()).toEqual([]);
}
