import { expect, test } from 'vitest';
import { Sandbox } from '../support/sandbox.ts';
import { seedKey } from '../support/seed.ts';

const now = new Date('2026-11-20T12:00:00Z');

test.each([
  [['ls', '--json', 'name'], [{ name: 'ci' }]],
  [['--json', 'ls'], undefined],
  [['get', 'ci', '--json', 'name'], { name: 'ci' }],
  [['profile', 'ls', '--json', 'name'], [{ name: 'local' }]],
  [['rename', 'ci', 'deploy', '--json', 'name,changed'], { name: 'deploy', changed: true }],
  [['rename', 'ci', '--name', 'deploy', '--json', 'name'], { name: 'deploy' }],
  [['rm', 'ci', '--yes', '--json', 'name,revoked'], { name: 'ci', revoked: true }],
  [['delete', 'ci', '--yes', '--json', 'name,revoked'], { name: 'ci', revoked: true }],
])('%j', async (args, expected) => {
  const box = new Sandbox();
  await seedKey(box, now, { name: 'ci' });
  const run = await box.keys(args);
  expect(run).toMatchObject({ exit: 0, stderr: expect.not.stringContaining('error') });
  if (expected) expect(JSON.parse(run.stdout)).toEqual(expected);
});

test('new is create', async () => {
  const box = new Sandbox();
  box.expectSecretIn('ci.key');
  expect((await box.keys(['new', 'ci', '--to', 'file:ci.key'])).exit).toBe(0);
});

test('help shows the other names of a command, and knows them', async () => {
  const box = new Sandbox();
  const help = await box.keys(['help', 'revoke']);
  expect(help.stdout).toContain('Also: keys delete, keys rm');
  expect(await box.keys(['help', 'rm'])).toEqual(help);
  expect(await box.keys(['rm', '--help'])).toEqual(help);
});

test.each([[['rename', 'ci']], [['rename', 'ci', 'a', '--name', 'b']], [['rename', 'ci', ' ']]])(
  '%j is refused: exit 2',
  async (args) => {
    expect(await new Sandbox().keys(args)).toMatchObject({ exit: 2, stdout: '' });
  },
);
