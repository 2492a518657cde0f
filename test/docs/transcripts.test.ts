import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot, Sandbox } from '../support/sandbox.ts';
import { seedKey, seedUse } from '../support/seed.ts';

/* What the pages show on a screen is what the program prints. */

const now = new Date('2026-11-20T12:00:00Z');
const terminal = { terminal: 120, now, env: { NO_COLOR: '1', LANG: 'en_US.UTF-8' } };

test('the README shows keys create as it is', async () => {
  const box = new Sandbox();
  box.expectSecretIn('.env');
  const run = await box.keys(['create', 'ci', '--expires', '90d', '--to', 'env:.env#API_KEY'], terminal);
  expect(run.exit).toBe(0);
  const shown = page('README.md');
  for (const part of [run.stderr, run.stdout]) expect(shown).toContain(comparable(part));
});

test('the README shows keys list as it is', async () => {
  const box = new Sandbox();
  const days = (count: number) => new Date(now.getTime() + count * 86_400_000);
  const production = { name: 'production-api', expiresAt: days(10), rateLimitRpm: 600 };
  const used = await seedKey(box, days(-80), production);
  const lastUse = new Date(now.getTime() - 3 * 3_600_000);
  const earlier = Array.from({ length: 29 }, (_, ago) => 2_000 + (29 - ago) * 205 * (ago % 7 > 1 ? 1 : 0));
  for (const [ago, requests] of earlier.entries())
    await seedUse(box, new Date(lastUse.getTime() - (ago + 1) * 86_400_000), used, { requests });
  await seedUse(box, lastUse, used, {
    requests: 120_345 - earlier.reduce((sum, requests) => sum + requests),
    tokens: 51_000_000,
    costUsd: 41.2,
  });
  const nightly = await seedKey(box, days(-30), { name: 'nightly-summariser', expiresAt: days(365) });
  await seedUse(box, days(-3), nightly, { requests: 17, tokens: 200_000, costUsd: 3.2 });
  await seedKey(box, now, { name: 'ci', expiresAt: days(90) });
  const gone = await seedKey(box, days(-90), { name: 'old' });
  await box.keys(['revoke', gone, '--yes'], { now });
  const run = await box.keys(['list'], terminal);
  expect(page('README.md')).toContain(comparable(run.stdout));
});

test('the chart of keys usage is as it is', async () => {
  const box = new Sandbox();
  const key = await seedKey(box, new Date('2026-10-01T12:00:00Z'), { name: 'ci' });
  for (let ago = 0; ago < 40; ago += 1) {
    const isWorkday = ![0, 6].includes(new Date(now.getTime() - ago * 86_400_000).getUTCDay());
    const requests = isWorkday ? 900 - ago * 11 - (ago % 4) * 60 : 0;
    if (requests > 0)
      await seedUse(box, new Date(now.getTime() - ago * 86_400_000), key, {
        requests,
        tokens: requests * 420,
        costUsd: requests / 1000,
      });
  }
  const run = await box.keys(['usage', '--by', 'day', '--since', '30d'], { ...terminal, terminal: 80 });
  const [chart = ''] = run.stdout.split('\n\nDAY');
  expect(page('docs/terminal.md')).toContain(comparable(chart));
});

test.each([
  ['README.md', ['--grace', '0', '--json', 'oldId,newId,verified,oldRevoked'], ['stdout']],
  ['docs/rotation.md', [], ['stderr', 'last line']],
] as const)('%s shows keys rotate as it is', async (name, flags, shown) => {
  const box = new Sandbox();
  box.expectSecretIn('.env');
  const to = ['--to', 'env:.env#API_KEY'];
  await box.keys(['create', 'ci', '--expires', '90d', ...to], { now });
  const { stdout, stderr } = await box.keys(['rotate', 'ci', ...flags, ...to], terminal);
  const parts = { stdout, stderr, 'last line': stdout.trimEnd().split('\n').at(-1) ?? '' };
  for (const part of shown) expect(page(name)).toContain(comparable(parts[part]));
});

test.each([
  ['README.md', ['create', 'ci', '--expires', '90d'], { now }],
  ['docs/pipes.md', ['show', 'missing', '--json'], { now }],
  ['docs/providers.md', ['create', 'ci', '--expires', '45d', '--provider', 'privatemind'], terminal],
])('%s shows the error of keys %j as it is', async (name, args, options) => {
  const run = await new Sandbox().keys(args, options);
  expect(run.exit).not.toBe(0);
  expect(page(name)).toContain(comparable(run.stderr));
});

function page(name: string): string {
  return comparable(readFileSync(join(projectRoot, name), 'utf8'));
}

/** Without what differs from run to run, and the space that pads a line. */
function comparable(text: string): string {
  return text
    .replaceAll(/(?<![A-Za-z0-9])[A-Za-z0-9]{16}(?![A-Za-z0-9])/g, 'ID')
    .replaceAll(/[ \t]+$/gm, '')
    .trim();
}
