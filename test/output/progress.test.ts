import { expect, test } from 'vitest';
import { startProgress } from '../../src/output/progress.ts';

/* How far a batch is: done, failed, and the time that the rest will take. */

async function start(count: number, env = { LANG: 'C.UTF-8' }) {
  const drawn: string[] = [];
  let now = 0;
  const progress = await startProgress(async (line) => void drawn.push(line), {
    env,
    count,
    clock: () => now,
  });
  return {
    ...{ drawn, progress },
    at(ms: number) {
      now = ms;
    },
  };
}

test('counts what is done and what failed, and tells the time left once it can', async () => {
  const { drawn, progress, at } = await start(4);
  at(1000);
  await progress.step('a');
  at(4000);
  progress.fail();
  await progress.step('b');
  at(600_000);
  await progress.step('c');
  await progress.step('d');
  await progress.end();
  expect(drawn).toEqual([
    `${'░'.repeat(24)} 0/4`,
    `${'█'.repeat(6)}${'░'.repeat(18)} 1/4 a`,
    `${'█'.repeat(12)}${'░'.repeat(12)} 2/4, 1 failed, 4 s left b`,
    `${'█'.repeat(18)}${'░'.repeat(6)} 3/4, 1 failed, 4 min left c`,
    `${'█'.repeat(24)} 4/4, 1 failed d`,
    '',
  ]);
});

test('is ASCII where the terminal draws no blocks', async () => {
  const { drawn, progress } = await start(2, { LANG: 'C' });
  await progress.step('a');
  expect(drawn.at(-1)).toBe(`${'#'.repeat(12)}${'-'.repeat(12)} 1/2 a`);
});
