import { expect, test } from 'vitest';
import { Sandbox } from '../support/sandbox.ts';
import { seedKey, seedUse } from '../support/seed.ts';

const now = new Date('2026-11-20T12:00:00Z');
const before = new Date('2026-11-01T12:00:00Z');

test('shows a key by id, by name and by the start of its id', async () => {
  const box = new Sandbox();
  const id = await seedKey(box, now);
  for (const reference of [id, 'ci', id.slice(0, 4)]) {
    const run = await box.keys(['show', reference, '--json', 'id']);
    expect(JSON.parse(run.stdout)).toEqual({ id });
  }
});

test('the word after --json is a key unless it is a list of fields', async () => {
  const box = new Sandbox();
  await seedKey(box, now);
  const run = await box.keys(['show', '--json', 'ci'], { now });
  expect(JSON.parse(run.stdout)).toMatchObject({ name: 'ci', status: 'active', budgetUsd: null });
});

test('a key that does not exist: exit 3, with the command that lists keys', async () => {
  const box = new Sandbox();
  const run = await box.keys(['show', 'nobody', '--json']);
  expect(run.exit).toBe(3);
  expect(JSON.parse(run.stderr).error).toEqual({
    code: 'no_such_key',
    message: "no key has the id or the name 'nobody'",
    hint: 'keys list --status all',
  });
});

test('the detail view has a bar for the budget', async () => {
  const box = new Sandbox();
  const id = await seedKey(box, before, { budgetUsd: 10 });
  seedUse(box, now, id, { costUsd: 8.5, tokens: 1200, ip: '203.0.113.9' });
  const { stdout } = await box.keys(['show', 'ci', '--no-color'], { now, terminal: 100 });
  expect(stdout).toContain('$8.50 of $10.00  █████████████████░░░ 85%');
  expect(stdout).toContain('Last used    just now (2026-11-20T12:00:00Z) from 203.0.113.9');
  expect(stdout).toContain('Usage        1 request, 1,200 tokens');
});

test('update changes only the given fields', async () => {
  const box = new Sandbox();
  await seedKey(box, before, { description: 'old', budgetUsd: 5, labels: { team: 'shop', tier: '1' } });
  const run = await box.keys(
    [
      'update',
      'ci',
      '--name',
      'shop',
      '--budget',
      'none',
      '--label',
      'tier=',
      '--label',
      'env=prod',
      '--json',
    ],
    { now },
  );
  expect(run.exit).toBe(0);
  expect(JSON.parse(run.stdout)).toMatchObject({
    name: 'shop',
    description: 'old',
    budgetUsd: null,
    labels: { team: 'shop', env: 'prod' },
    createdAt: before.toISOString(),
    changed: true,
  });
});

test('update can remove every limit', async () => {
  const box = new Sandbox();
  await seedKey(box, now, {
    description: 'x',
    expiresAt: new Date('2027-01-01T00:00:00Z'),
    models: ['a'],
    rateLimitRpm: 5,
  });
  const flags = ['--description', '', '--expires', 'never', '--models', 'all', '--rate-limit', 'none'];
  const run = await box.keys(['update', 'ci', ...flags, '--json'], { now });
  expect(JSON.parse(run.stdout)).toMatchObject({
    description: null,
    expiresAt: null,
    models: [],
    rateLimitRpm: null,
  });
});

test('update prints the absolute time of a new expiry', async () => {
  const box = new Sandbox();
  await seedKey(box, now);
  const run = await box.keys(['update', 'ci', '--expires', '12w', '--json', 'expiresAt'], { now });
  expect(run.stderr).toBe('expires 2027-02-12T12:00:00Z (in 84 days)\n');
});

test('--disable and --enable undo each other', async () => {
  const box = new Sandbox();
  await seedKey(box, now);
  const status = async (flag: string) =>
    JSON.parse((await box.keys(['update', 'ci', flag, '--json', 'status'], { now })).stdout).status;
  expect(await status('--disable')).toBe('disabled');
  expect(await status('--enable')).toBe('active');
});

test('an update without a change, or with contradicting flags, names every problem', async () => {
  const box = new Sandbox();
  const empty = await box.keys(['update']);
  expect(empty.exit).toBe(2);
  expect(empty.stderr).toContain('missing argument <key>');
  expect(empty.stderr).toContain('nothing to change');
  expect((await box.keys(['update', 'ci', '--disable', '--enable'])).stderr).toContain('cannot be combined');
});

test('a revoked key cannot be changed: exit 6', async () => {
  const box = new Sandbox();
  await seedKey(box, now);
  await box.keys(['revoke', 'ci', '--yes']);
  const run = await box.keys(['update', 'ci', '--enable']);
  expect(run.exit).toBe(6);
  expect(run.stderr).toContain('is revoked, which is final');
});
