import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Sandbox } from '../support/sandbox.ts';

const now = new Date('2026-11-20T12:00:00Z');

test('delivers the secret of a new key into a dotenv file, and prints the record without it', async () => {
  const box = new Sandbox();
  box.expectSecretIn('.env');

  const run = await box.keys(['create', 'ci', '--expires', '90d', '--to', 'env:.env#API_KEY', '--json'], {
    now,
  });

  expect(run.exit).toBe(0);
  expect(run.stderr).toBe(
    'expires 2027-02-18T12:00:00Z (in 90 days)\ndelivered to env:.env#API_KEY and read back\n',
  );
  expect(JSON.parse(run.stdout)).toMatchObject({
    name: 'ci',
    status: 'active',
    expiresAt: '2027-02-18T12:00:00.000Z',
    changed: true,
    delivered: [{ sink: 'env:.env#API_KEY', verified: true }],
  });
  expect(box.read('.env')).toMatch(/^API_KEY=sk_\w+\n$/);
  expect(box.mode('.env')).toBe('600');
});

test('off a terminal, with nothing said about the secret, refuses before anything exists', async () => {
  const box = new Sandbox();
  const run = await box.keys(['create', 'ci', '--expires', '90d']);
  expect(run.exit).toBe(2);
  expect(run.stdout).toBe('');
  expect(run.stderr).toContain('no key was created');
  expect(existsSync(box.home)).toBe(false);
});
