import { expect, test } from 'vitest';
import { servedWorld } from '../support/key-worlds.ts';
import { Sandbox } from '../support/sandbox.ts';

test('what keys serve has is exported, and nothing is to do on another machine', async () => {
  const [box, other] = [new Sandbox(), new Sandbox()];
  const { env } = await servedWorld(box, {});
  for (const args of [
    [
      'create',
      'ci',
      '--expires',
      '90d',
      '--permission',
      'read',
      '--label',
      'team=search',
      '--to',
      'exec:cat',
    ],
    ['create', 'web', '--expires', '2099-01-31', '--budget', '25', '--rate-limit', '60', '--to', 'exec:cat'],
    ['rotate', 'ci', '--to', 'exec:cat'],
  ])
    expect((await box.program(args, { env })).stderr).not.toContain('error:');
  const { stdout: file } = await box.program(['export'], { env });
  expect(file).toContain('expires: 90d');
  expect(file).toContain('expires: 2099-01-31');
  const { stdout: config } = await box.program(['profile', 'list', '--json'], { env });
  const { url } = JSON.parse(config).find(({ name }: { name: string }) => name === 'work');
  other.write('keys.yaml', file.replace('profile: work\n', ''));
  const { KEYS_TOKEN } = env;
  const there = { KEYS_PROVIDER: 'authority', KEYS_URL: url, KEYS_TOKEN };
  const plan = await other.program(['plan', '--json'], { env: there });
  expect(plan.exit, plan.stdout + plan.stderr).toBe(0);
  expect(JSON.parse(plan.stdout).actions).toHaveLength(2);
});
