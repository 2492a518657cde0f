import { expect, test } from 'vitest';
import { Sandbox } from '../support/sandbox.ts';
import { seedKey, seedUse } from '../support/seed.ts';

const now = new Date('2026-11-20T12:00:00Z');
const minutesAgo = (minutes: number) => new Date(now.getTime() - minutes * 60_000);

async function seeded(): Promise<{ box: Sandbox; ci: string; shop: string }> {
  const box = new Sandbox();
  const ci = await seedKey(box, minutesAgo(3000));
  const shop = await seedKey(box, minutesAgo(3000), { name: 'shop' });
  seedUse(box, minutesAgo(2000), shop, { path: '/v1/embeddings', tokens: 7, costUsd: 0.1 });
  seedUse(box, minutesAgo(30), ci, { method: 'GET', path: '/v1/models', statusCode: 429, requests: 0 });
  seedUse(box, minutesAgo(20), ci, { tokens: 100, costUsd: 0.2, model: 'gpt-4o', ip: '203.0.113.9' });
  return { box, ci, shop };
}

async function pathsOf(box: Sandbox, ...args: string[]): Promise<string[]> {
  const { stdout, stderr } = await box.keys(['logs', '--json', 'path', ...args], { now });
  expect(stderr).toBe('');
  return (JSON.parse(stdout) as { path: string }[]).map(({ path }) => path);
}

test('logs are newest first, with everything known about a request', async () => {
  const { box, ci } = await seeded();
  const { stdout } = await box.keys(['logs', '--format', 'ndjson'], { now });
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines).toHaveLength(3);
  expect(lines[0]).toEqual({
    timestamp: minutesAgo(20).toISOString(),
    method: 'POST',
    path: '/v1/chat/completions',
    statusCode: 200,
    keyId: ci,
    ip: '203.0.113.9',
    model: 'gpt-4o',
    requests: 1,
    tokens: 100,
    costUsd: 0.2,
  });
});

test('logs filter by key, time, status, method and path', async () => {
  const { box } = await seeded();
  expect(await pathsOf(box, 'shop')).toEqual(['/v1/embeddings']);
  expect(await pathsOf(box, '--since', '1h')).toEqual(['/v1/chat/completions', '/v1/models']);
  expect(await pathsOf(box, '--until', '1h')).toEqual(['/v1/embeddings']);
  expect(await pathsOf(box, '--status', '4xx')).toEqual(['/v1/models']);
  expect(await pathsOf(box, '--status', '200', '--method', 'post')).toHaveLength(2);
  expect(await pathsOf(box, '--path', '/v1/m')).toEqual(['/v1/models']);
});

test('logs come in pages', async () => {
  const { box } = await seeded();
  expect(await pathsOf(box, '--limit', '2')).toEqual(['/v1/chat/completions', '/v1/models']);
  expect(await pathsOf(box, '--limit', '2', '--page', '2')).toEqual(['/v1/embeddings']);
  expect(await pathsOf(box, '--limit', '2', '--page', '3')).toEqual([]);
});

test('--follow prints new entries, oldest first, until it is interrupted', async () => {
  const { box } = await seeded();
  const controller = new AbortController();
  const running = box.keys(['logs', '--follow', '--since', '1h', '--format', 'ndjson'], {
    now,
    interrupt: controller.signal,
  });
  setTimeout(() => controller.abort(), 300);
  const { exit, stdout } = await running;
  expect(exit).toBe(0);
  const paths = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).path);
  expect(paths).toEqual(['/v1/models', '/v1/chat/completions']);
});

test('refuses an invalid status, and --follow with a page', async () => {
  const box = new Sandbox();
  const run = await box.keys(['logs', '--status', '9xx']);
  expect(run.exit).toBe(2);
  expect(run.stderr).toContain('429');
  expect((await box.keys(['logs', '--follow', '--page', '2'])).exit).toBe(2);
});

test('usage sums by key, the highest spend first', async () => {
  const { box, ci, shop } = await seeded();
  const { stdout } = await box.keys(['usage', '--json'], { now });
  expect(JSON.parse(stdout)).toEqual([
    { keyId: ci, name: 'ci', requests: 1, tokens: 100, spentUsd: 0.2, refused: 1 },
    { keyId: shop, name: 'shop', requests: 1, tokens: 7, spentUsd: 0.1 },
  ]);
});

test('usage sums one key by day, since a day', async () => {
  const { box } = await seeded();
  const days = async (...args: string[]) =>
    JSON.parse((await box.keys(['usage', '--by', 'day', '--json', ...args], { now })).stdout);
  expect(await days()).toEqual([
    { date: '2026-11-19', requests: 1, tokens: 7, spentUsd: 0.1 },
    { date: '2026-11-20', requests: 1, tokens: 100, spentUsd: 0.2, refused: 1 },
  ]);
  expect(await days('--since', '2026-11-20')).toHaveLength(1);
  expect(await days('shop')).toEqual([{ date: '2026-11-19', requests: 1, tokens: 7, spentUsd: 0.1 }]);
});

test('on a terminal, both are tables', async () => {
  const { box } = await seeded();
  const logs = await box.keys(['logs', '--no-color'], { now, terminal: 120 });
  expect(logs.stdout).toMatch(/^TIME +STATUS +METHOD +PATH +KEY/);
  const usage = await box.keys(['usage', '--no-color'], { now, terminal: 80 });
  expect(usage.stdout).toMatch(/^NAME +ID +REQUESTS +TOKENS +SPENT\nci +\w+ +1 +100 +\$0\.20/);
});
