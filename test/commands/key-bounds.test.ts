import { expect, test } from 'vitest';
import { withAuthority } from '../support/embedded-authority.ts';
import { Sandbox } from '../support/sandbox.ts';

test('refuses a key with values that are too large, and names each of them', async () => {
  const box = new Sandbox();
  const flags = ['--label', `big=${'x'.repeat(1001)}`, '--models', 'm'.repeat(201)];
  const run = await box.keys(['create', 'ci', ...flags, '--json']);
  expect(run.exit).toBe(2);
  expect(run.stderr).toContain('models: 201 characters; the maximum is 200');
  expect(run.stderr).toContain('labels: 1001 characters in a label value; the maximum is 1000');
  expect(run.stdout).toBe('');
  expect(await withAuthority(box, (authority) => authority.list())).toEqual([]);
});

test('merges labels, and keeps an empty label', async () => {
  const box = new Sandbox();
  await box.keys(['create', 'ci', '--label', 'a=1', '--label', 'b=2', '--to', 'file:secret']);
  box.expectSecretIn('secret');
  for (const label of ['c=3', 'a=']) {
    expect((await box.keys(['update', 'ci', '--label', label])).exit).toBe(0);
  }
  const { stdout } = await box.keys(['show', 'ci', '--json', 'labels']);
  expect(JSON.parse(stdout).labels).toMatchObject({ b: '2', c: '3' });
});

test('a session sets what its user may give a key, and reports a changed role', async () => {
  const box = new Sandbox();
  const create = (...flags: string[]) =>
    box.keys(['session', 'create', '--user', 'bob', '--to', 'file:token', ...flags]);
  box.expectSecretIn('token');
  expect((await create('--max-budget', '50', '--max-keys', '5', '--max-permissions', 'read')).exit).toBe(0);
  expect((await create('--max-budget', '60')).exit).toBe(0);
  expect(await create('--max-permissions', 'root')).toMatchObject({ exit: 2 });
  const { openDatabase } = await import('../../src/authority/database/open-database.ts');
  const database = openDatabase(`${box.home}/data/authority.db`, 1000);
  const { ceiling } = database.get("SELECT ceiling FROM users WHERE name = 'bob'") ?? {};
  database.close();
  expect(JSON.parse(String(ceiling))).toMatchObject({ budgetUsd: 60, maxKeys: 5, permissions: ['read'] });
  const promoted = await create('--role', 'admin');
  expect(promoted.stderr).toContain('bob is now an admin; existing sessions keep their role');
  expect((await create('--role', 'user')).stderr).toContain('bob is now a user');
  expect((await create('--role', 'user')).stderr).not.toContain('is now');
});
