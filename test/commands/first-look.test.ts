import { expect, test } from 'vitest';
import { Sandbox } from '../support/sandbox.ts';
import { seedKey } from '../support/seed.ts';
import { ids, Transcript } from '../support/transcript.ts';

/* What a new user reads first, in words that are true. */

const now = new Date('2026-11-20T12:00:00Z');
const terminal = { now, terminal: 120, env: { NO_COLOR: '1' } };

test('the hint for an account without keys runs at every provider', async () => {
  const { stdout } = await new Sandbox().keys(['list'], terminal);
  expect(stdout).toContain('No keys yet. To create one: keys create <name>\n');
});

test('a dry rotation tells which key it would replace, and when that would end', async () => {
  const box = new Sandbox();
  await seedKey(box, now, { name: 'ci' });
  expect(
    await new Transcript(box, [ids]).keys(['rotate', 'ci', '--dry-run'], terminal),
  ).toMatchInlineSnapshot(`
    "$ keys rotate ci --dry-run
    exit 0
    --- stdout
    would rotate  ci  [id 1]  old key ends in 7 days
    --- stderr
    dry run: nothing was rotated
    "
  `);
  const { stdout } = await box.keys(['rotate', 'ci', '--dry-run', '--grace', '0'], terminal);
  expect(stdout).toContain('old key ends at once\n');
});

test('a revoked key expires no more', async () => {
  const box = new Sandbox();
  const id = await seedKey(box, now, { name: 'ci', expiresAt: new Date('2027-01-01T00:00:00Z') });
  await box.keys(['revoke', id, '--yes'], { now });
  for (const args of [
    ['show', id],
    ['list', '--status', 'all'],
  ])
    expect((await box.keys(args, terminal)).stdout).not.toContain('month');
});

test('that a name is superseded is said only if a key was created', async () => {
  const box = new Sandbox();
  box.expectSecretIn('a');
  await seedKey(box, now, { name: 'ci' });
  const warning = 'a key named ci already works';
  const refused = await box.keys(['create', 'ci', '--to', 'file:missing/folder/a'], { now });
  expect(refused.exit).not.toBe(0);
  expect(refused.stderr).not.toContain(warning);
  expect((await box.keys(['create', 'ci', '--to', 'file:a'], { now })).stderr).toContain(warning);
});

test('doctor counts one profile as one', async () => {
  const box = new Sandbox();
  box.write('../home/config/config.json', '{"profiles":{"work":{"provider":"unreal"}}}');
  expect((await box.keys(['doctor'], { now })).stdout).toContain('config.json: 1 profile\t');
});
