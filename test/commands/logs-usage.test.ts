import { expect, test } from 'vitest';
import { Sandbox } from '../support/sandbox.ts';
import { seedKey, seedUse } from '../support/seed.ts';
import { idColumns, ids, Transcript } from '../support/transcript.ts';

const now = new Date('2026-11-20T12:00:00Z');
const minutesAgo = (minutes: number) => new Date(now.getTime() - minutes * 60_000);

async function seeded(): Promise<{ box: Sandbox; ci: string; shop: string }> {
  const box = new Sandbox();
  const ci = await seedKey(box, minutesAgo(3000));
  const shop = await seedKey(box, minutesAgo(3000), { name: 'shop' });
  await seedUse(box, minutesAgo(2000), shop, { path: '/v1/embeddings', tokens: 7, costUsd: 0.1 });
  await seedUse(box, minutesAgo(30), ci, { method: 'GET', path: '/v1/models', statusCode: 429, requests: 0 });
  await seedUse(box, minutesAgo(20), ci, { tokens: 100, costUsd: 0.2, model: 'gpt-4o', ip: '203.0.113.9' });
  return { box, ci, shop };
}

async function pathsOf(box: Sandbox, ...args: string[]): Promise<string[]> {
  const { stdout, stderr } = await box.keys(['logs', '--json', 'path', ...args], { now });
  expect(stderr).toBe('');
  return (JSON.parse(stdout) as { path: string }[]).map(({ path }) => path);
}

test('logs are newest first, with everything known about a request', async () => {
  const { box, ci } = await seeded();
  const shows = new Transcript(box, [ids]);
  expect(shows.filtered(ci)).toBe('[id 1]');
  expect(await shows.keys(['logs', '--format', 'ndjson'], { now })).toMatchInlineSnapshot(`
    "$ keys logs --format ndjson
    exit 0
    --- stdout
    {"timestamp":"2026-11-20T11:40:00.000Z","method":"POST","path":"/v1/chat/completions","statusCode":200,"keyId":"[id 1]","ip":"203.0.113.9","model":"gpt-4o","requests":1,"tokens":100,"costUsd":0.2}
    {"timestamp":"2026-11-20T11:30:00.000Z","method":"GET","path":"/v1/models","statusCode":429,"keyId":"[id 1]","requests":0,"tokens":0,"costUsd":0}
    {"timestamp":"2026-11-19T02:40:00.000Z","method":"POST","path":"/v1/embeddings","statusCode":200,"keyId":"[id 2]","requests":1,"tokens":7,"costUsd":0.1}
    "
  `);
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
  const shows = new Transcript(box, []);
  expect(await shows.keys(['logs', '--status', '9xx'])).toMatchInlineSnapshot(`
    "$ keys logs --status 9xx
    exit 2
    --- stderr
    error: --status: '9xx' is neither a status such as 429 nor a class such as 4xx
    hint: keys help logs
    "
  `);
  expect(await shows.keys(['logs', '--follow', '--page', '2'])).toMatchInlineSnapshot(`
    "$ keys logs --follow --page 2
    exit 2
    --- stderr
    error: --follow cannot be combined with --page, --limit or --until
    hint: keys help logs
    "
  `);
});

test('usage sums by key, the highest spend first', async () => {
  const { box, ci } = await seeded();
  const shows = new Transcript(box, [ids]);
  expect(shows.filtered(ci)).toBe('[id 1]');
  expect(await shows.keys(['usage', '--json'], { now })).toMatchInlineSnapshot(`
    "$ keys usage --json
    exit 0
    --- stdout
    [
      {
        "keyId": "[id 1]",
        "name": "ci",
        "requests": 1,
        "tokens": 100,
        "spentUsd": 0.2,
        "refused": 1
      },
      {
        "keyId": "[id 2]",
        "name": "shop",
        "requests": 1,
        "tokens": 7,
        "spentUsd": 0.1
      }
    ]
    "
  `);
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

test('on a terminal, a page of the log tells of more', async () => {
  const { box } = await seeded();
  const options = { now, terminal: 120, env: { NO_COLOR: '1' } };
  expect((await box.keys(['logs', '--limit', '2'], options)).stderr).toBe('there are more: --page 2\n');
  expect((await box.keys(['logs', '--limit', '2', '--page', '2'], options)).stderr).toBe('');
  expect((await box.keys(['logs', '--limit', '2'], { now })).stderr).toBe('');
});

test('on a terminal, both are tables', async () => {
  const { box } = await seeded();
  const shows = new Transcript(box, [idColumns, ids]);
  const options = { now, terminal: 120, env: { NO_COLOR: '1' } };
  expect(await shows.keys(['logs'], options)).toMatchInlineSnapshot(`
    "$ keys logs
    exit 0
    --- stdout
    entries per 3 hours, 2026-11-19T02:40:00Z to 2026-11-20T11:40:00Z
    2 +                                            ...
      |                                            ...
    1 +...                                         xxx
      |...                                         xxx
    0 +------------------------------------------------
       11-19 00:00     11-19 12:00     11-20 00:00
    . 2xx 2 · x 4xx 1

    TIME                  STATUS  METHOD  PATH                  KEY                    MODEL   TOKENS   COST  IP
    2026-11-20T11:40:00Z  200     POST    /v1/chat/completions  ci [id 1]              gpt-4o     100  $0.20  203.0.113.9
    2026-11-20T11:30:00Z  429     GET     /v1/models            ci [id 1]
    2026-11-19T02:40:00Z  200     POST    /v1/embeddings        shop [id 2]                         7  $0.10
    "
  `);
  expect(await shows.keys(['usage'], options)).toMatchInlineSnapshot(`
    "$ keys usage
    exit 0
    --- stdout
    total 2 requests · 107 tokens · $0.30 · 2 keys

    NAME  ID                REQUESTS  TOKENS  SPENT  SHARE OF REQUESTS
    ci    [id 1]                   1     100  $0.20   50% ########################################
    shop  [id 2]                   1       7  $0.10   50% ########################################
    "
  `);
});
