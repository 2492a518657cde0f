import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Sandbox } from '../support/sandbox.ts';
import { seedKey, seedUse } from '../support/seed.ts';

const day = 86_400_000;
const now = new Date('2026-11-20T12:00:00Z');
const daysAgo = (days: number) => new Date(now.getTime() - days * day);
const inDays = (days: number) => new Date(now.getTime() + days * day);

/** Five keys of different ages and standings. */
async function seeded(): Promise<Sandbox> {
  const box = new Sandbox();
  await seedKey(box, daysAgo(100), { name: 'old', labels: { team: 'shop' } });
  await seedKey(box, daysAgo(50), { name: 'gone' });
  await seedKey(box, daysAgo(40), { name: 'late', expiresAt: daysAgo(1) });
  const soon = await seedKey(box, daysAgo(20), { name: 'soon', expiresAt: inDays(10) });
  await seedKey(box, daysAgo(1), { name: 'new', expiresAt: inDays(200), description: 'Nightly SUMMARY' });
  seedUse(box, daysAgo(2), soon, { tokens: 4250, costUsd: 3.2 });
  await box.keys(['revoke', 'gone', '--yes'], { now });
  return box;
}

async function namesOf(box: Sandbox, ...flags: string[]): Promise<string[]> {
  const { stdout, stderr } = await box.keys(['list', '--json', 'name', ...flags], { now });
  expect(stderr).toBe('');
  return (JSON.parse(stdout) as { name: string }[]).map(({ name }) => name);
}

test('on a fresh machine the list is empty, and no file is created', async () => {
  const box = new Sandbox();
  expect(await box.keys(['list', '--json'])).toEqual({ exit: 0, stdout: '[]\n', stderr: '' });
  expect(await box.keys(['list'])).toEqual({ exit: 0, stdout: '', stderr: '' });
  expect(existsSync(box.home)).toBe(false);
});

test('lists the newest keys first, without revoked ones', async () => {
  expect(await namesOf(await seeded())).toEqual(['new', 'soon', 'late', 'old']);
});

test('filters by status; active includes expiring keys', async () => {
  const box = await seeded();
  expect(await namesOf(box, '--status', 'active')).toEqual(['new', 'soon', 'old']);
  expect(await namesOf(box, '--status', 'expiring')).toEqual(['soon']);
  expect(await namesOf(box, '--status', 'expired')).toEqual(['late']);
  expect(await namesOf(box, '--status', 'revoked')).toEqual(['gone']);
  expect(await namesOf(box, '--status', 'all')).toHaveLength(5);
});

test('filters by text, expiry, age and use', async () => {
  const box = await seeded();
  expect(await namesOf(box, '--search', 'summary')).toEqual(['new']);
  expect(await namesOf(box, '--search', 'team=shop')).toEqual(['old']);
  expect(await namesOf(box, '--expiring', '14d')).toEqual(['soon']);
  expect(await namesOf(box, '--older-than', '30d')).toEqual(['late', 'old']);
  expect(await namesOf(box, '--unused', '10d')).toEqual(['late', 'old']);
});

test('sorts by any field, reverses and limits', async () => {
  const box = await seeded();
  expect(await namesOf(box, '--sort', 'name')).toEqual(['late', 'new', 'old', 'soon']);
  expect(await namesOf(box, '--sort', 'expiresAt')).toEqual(['late', 'soon', 'new', 'old']);
  expect(await namesOf(box, '--sort', 'tokens', '--reverse', '--limit', '1')).toEqual(['soon']);
});

test('--json with fields selects and orders them', async () => {
  const box = await seeded();
  const { stdout } = await box.keys(['list', '--json', 'id,name,status,expiresAt', '--limit', '1'], { now });
  const [key] = JSON.parse(stdout);
  expect(Object.keys(key)).toEqual(['id', 'name', 'status', 'expiresAt']);
  expect(key).toMatchObject({ name: 'new', status: 'active', expiresAt: inDays(200).toISOString() });
});

test('off a terminal, prints a line per key with the name in column 2, and no header', async () => {
  const box = await seeded();
  const { stdout } = await box.keys(['list'], { now });
  const rows = stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'));
  expect(rows.map((columns) => columns[1])).toEqual(['new', 'soon', 'late', 'old']);
  expect(rows[1]?.slice(3, 8)).toEqual([
    'expiring',
    expect.stringMatching(/^sk_/),
    daysAgo(20).toISOString(),
    inDays(10).toISOString(),
    daysAgo(2).toISOString(),
  ]);
});

test('on a terminal, prints a summary of all keys above the table', async () => {
  const box = await seeded();
  const { stdout } = await box.keys(['list', '--no-color'], { now, terminal: 110 });
  const [sums, gap, header, ...rows] = stdout.trimEnd().split('\n');
  expect(sums).toBe('3 active (1 expiring) · 1 expired · 1 revoked · 1 request · 4.3K tokens · $3.20 spent');
  expect(gap).toBe('');
  expect(header).toMatch(/^NAME +ID +STATUS +EXPIRES +LAST USED +REQUESTS +SPENT/);
  expect(rows[1]).toMatch(/^soon +\w{16} +expiring +in 10 days +2 days ago +1 +\$3\.20/);
});

test('an expiring key is yellow and a revoked one dim, unless NO_COLOR is set', async () => {
  const box = await seeded();
  const args = ['list', '--status', 'all'];
  const colored = await box.keys(args, { now, terminal: 110 });
  expect(colored.stdout).toContain('\u001b[33mexpiring\u001b[39m');
  expect(colored.stdout).toContain('\u001b[2mgone\u001b[22m');
  const plain = await box.keys(args, { now, terminal: 110, env: { NO_COLOR: '1' } });
  expect(plain.stdout).not.toContain('\u001b');
});

test('a narrow terminal gets a card per key', async () => {
  const box = await seeded();
  const { stdout } = await box.keys(['list', '--no-color', '--search', 'soon'], { now, terminal: 32 });
  expect(stdout).toMatch(/^NAME +soon$/m);
  expect(stdout).toMatch(/^EXPIRES +in 10 days$/m);
});

test('the name of a key cannot redraw the screen; JSON keeps it', async () => {
  const box = new Sandbox();
  const name = 'a\u001b[31mb\nc\u202ed';
  await seedKey(box, now, { name });
  for (const args of [['list'], ['list', '--format', 'csv'], ['show', name]]) {
    for (const terminal of [undefined, 100]) {
      const run = await box.keys([...args, '--no-color'], { now, ...(terminal && { terminal }) });
      expect(run.stdout).toContain('a\\x1b[31mb\\nc\\u202ed');
    }
  }
  const { stdout } = await box.keys(['list', '--json', 'name'], { now });
  expect(stdout).not.toMatch(/[\u001b\u202e]/);
  expect(JSON.parse(stdout)).toEqual([{ name }]);
});

test('refuses an unknown status or sort field, and lists the valid ones', async () => {
  const box = new Sandbox();
  const run = await box.keys(['list', '--status', 'alive', '--sort', 'age']);
  expect(run.exit).toBe(2);
  expect(run.stderr).toContain(
    "--status: 'alive' is not one of active, expiring, expired, revoked, disabled, all",
  );
  expect(run.stderr).toContain("--sort: 'age' is not one of id, name");
});
