import { expect, test } from 'vitest';
import type { Answer } from '../support/fault-server.ts';
import { FaultServer, json, silence } from '../support/fault-server.ts';
import { Sandbox } from '../support/sandbox.ts';
import { seedKey, seedUse } from '../support/seed.ts';

/* What `keys list` and `keys show` draw of recent use: never a reason to fail, and no call more for a list. */

const now = new Date('2026-11-20T12:00:00Z');
const daysAgo = (days: number) => new Date(now.getTime() - days * 86_400_000);
const id = '9fK2Zp41aB3cD5eF';
const stored = { id, name: 'ci', status: 'active', created_at: '2026-11-01T00:00:00Z', expires_at: null };
const days = [
  { date: '2026-11-18', requests: 7, tokens: 1, spent_usd: 0 },
  { date: '2026-11-20', requests: 1200, tokens: 1, spent_usd: 0 },
];

/** `keys <args>` for an API whose usage is answered like this. */
async function atApi(args: readonly string[], usage: Answer, terminal?: number) {
  const [box, server] = [new Sandbox(), await FaultServer.start()];
  server.always(`GET /keys/${id}`, json(200, stored));
  server.always('GET /keys?limit=100', json(200, { data: [stored], next_cursor: null }));
  server.always(`GET /usage?by=day&since=2026-10-22&key_id=${id}`, usage);
  const env = {
    KEYS_PROVIDER: 'authority',
    KEYS_URL: server.origin,
    KEYS_TOKEN: 'ses_EXAMPLE',
    NO_COLOR: '1',
  };
  const run = await box.keys(args, { env, now, ...(terminal !== undefined && { terminal }) });
  return { ...run, usageCalls: server.received.filter(({ path }) => path.startsWith('/usage')).length };
}

test('show asks an API for the last days of a key, on a terminal alone', async () => {
  const shown = await atApi(['show', id], json(200, { data: days }), 100);
  expect(shown.stdout).toContain(
    'Recent use  ___________________________._@  0 to 1,200 requests a day, 1,207 in 30 days\n',
  );
  expect(shown.usageCalls).toBe(1);
  for (const args of [
    ['show', id],
    ['show', id, '--json'],
    ['show', id, '--fields', 'name'],
  ]) {
    const terminal = args.includes('--fields') ? 100 : undefined;
    expect((await atApi(args, json(200, { data: days }), terminal)).usageCalls).toBe(0);
  }
});

test.each<[string, Answer]>([
  ['refuses', json(403, { error: { code: 'FORBIDDEN', message: 'not yours' } })],
  ['answers nonsense', json(200, { data: [{ date: 7 }] })],
  ['fails', json(500, {})],
  ['never answers', silence],
])('show does without if the API %s', async (_, usage) => {
  const { exit, stdout, stderr } = await atApi(['show', id], usage, 100);
  expect(exit).toBe(0);
  expect(stderr).not.toMatch(/error|warning|hint/);
  expect(stdout).toContain(id);
  expect(stdout).not.toContain('Recent use');
});

test('list asks an API for no usage', async () => {
  const { exit, stdout, usageCalls } = await atApi(['list'], json(200, { data: days }), 160);
  expect([exit, usageCalls]).toEqual([0, 0]);
  expect(stdout).not.toContain('LAST 30 DAYS');
});

test('the embedded authority tells the recent use of every listed key', async () => {
  const box = new Sandbox();
  const busy = await seedKey(box, daysAgo(60), { name: 'busy' });
  const idle = await seedKey(box, daysAgo(50), { name: 'idle' });
  await seedKey(box, daysAgo(40), { name: 'unused' });
  for (const ago of [0, 1, 2, 29]) await seedUse(box, daysAgo(ago), busy, { requests: 40 - ago });
  for (const [ago, requests] of [
    [30, 9],
    [10, 0],
  ] as const)
    await seedUse(box, daysAgo(ago), idle, { requests });
  const env = { NO_COLOR: '1', LANG: 'C.UTF-8' };
  const { stdout } = await box.keys(['list', '--sort', 'name'], { now, terminal: 120, env });
  const rows = stdout.split('\n').filter((line) => /^(?:busy|idle|unused|NAME)/.test(line));
  expect(rows.map((row) => row.replaceAll(/[A-Za-z0-9]{16}/g, '[id]'))).toMatchInlineSnapshot(`
    [
      "NAME    ID                STATUS  EXPIRES  LAST USED    LAST 30 DAYS     REQUESTS  SPENT  MODELS",
      "busy    [id]  active  never    just now     ⡀            ⢸⣿       128  $0.00  all",
      "idle    [id]  active  never    10 days ago                          9  $0.00  all",
      "unused  [id]  active  never    never                                0  $0.00  all",
    ]
  `);
  const narrow = await box.keys(['list'], { now, terminal: 79, env });
  expect(narrow.stdout).not.toContain('LAST 30');
});
