import { describe, expect, test } from 'vitest';
import { spec, use } from '../support/authority.ts';
import { refusalIn, serving, testService } from '../support/authority-service.ts';
import { collect } from '../support/collect.ts';

async function start(monthlyBudgetUsd?: number) {
  const made = await testService(monthlyBudgetUsd === undefined ? {} : { monthlyBudgetUsd });
  const server = await serving(made);
  const ada = await made.keysOf('ada');
  const issue = async (fields: Parameters<typeof spec>[0] = {}) => {
    const { id, secret } = await ada.issue(spec(fields));
    return { id, value: secret.reveal() };
  };
  const report = (body: object, token?: string) =>
    server.call('POST', '/v1/usage', { body, ...(token !== undefined && { token }) });
  return { ...made, ...server, ada, issue, report };
}

describe('a key that may not be used', () => {
  test.each<[string, string, (started: Awaited<ReturnType<typeof start>>, id: string) => Promise<unknown>]>([
    ['is revoked', '401 INVALID_API_KEY', ({ ada }, id) => ada.revoke(id)],
    ['is disabled', '401 DISABLED_API_KEY', ({ ada }, id) => ada.update(id, { disabled: true })],
    [
      'has expired',
      '401 EXPIRED_API_KEY',
      async ({ ada, clock }, id) => {
        await ada.update(id, { expiresAt: new Date(clock.now().getTime() + 1000) });
        clock.advance(2000);
      },
    ],
    [
      'has spent its budget',
      '402 BUDGET_EXCEEDED',
      async ({ ada, service }, id) => {
        await ada.update(id, { budgetUsd: 1 });
        await service.gate.record([use({ keyId: id, costUsd: 1 })]);
      },
    ],
  ])('because it %s cannot report, and leaves no row', async (_, refused, end) => {
    const started = await start(500);
    const { id, value } = await started.issue();
    await end(started, id);
    const rows = (await collect(started.ada.logs({}))).length;
    const before = (await started.ada.get(id)).key;
    for (const [body, token] of [
      [{ key: value, cost_usd: 1_000_000, path: '/forged' }],
      [{ cost_usd: 1_000_000, tokens: 5 }, value],
      [{ key: `${id}:${value}`, key_id: id, requests: 3 }],
    ] as const) {
      expect(refusalIn(await started.report(body, token)).join(' ')).toBe(refused);
    }
    expect(await collect(started.ada.logs({}))).toHaveLength(rows);
    expect((await started.ada.get(id)).key).toEqual(before);
    const other = await started.issue();
    expect((await started.call('GET', '/v1/authorize', { token: other.value })).status).toBe(200);
  });
});

test('a key reports for itself, up to its remaining budget', async () => {
  const { issue, report, ada } = await start(500);
  const { id, value } = await issue({ budgetUsd: 10 });
  expect((await report({ cost_usd: 4, tokens: 7 }, value)).status).toBe(200);
  expect((await report({ cost_usd: 1_000_000 }, value)).status).toBe(200);
  expect((await ada.get(id)).key).toMatchObject({ spentUsd: 10, usage: { tokens: 7 } });
  const other = await issue();
  expect(refusalIn(await report({ key_id: other.id, cost_usd: 1 }, value))[0]).toBe(402);
  expect(refusalIn(await report({ key_id: id }, other.value))).toEqual([401, 'INVALID_API_KEY']);
});

test('reports of a key at the same time charge no more than its budget together', async () => {
  const { issue, report, ada } = await start(500);
  const { id, value } = await issue({ budgetUsd: 10 });
  await Promise.all(Array.from({ length: 8 }, () => report({ cost_usd: 4 }, value)));
  expect((await ada.get(id)).key.spentUsd).toBe(10);
});

test('a session reports for the keys that it sees, including revoked ones', async () => {
  const { issue, report, ada, token } = await start();
  const { id } = await issue();
  await ada.revoke(id);
  expect((await report({ key_id: id, cost_usd: 2.5 }, await token('ada'))).status).toBe(200);
  expect((await ada.get(id)).key.spentUsd).toBe(2.5);
  expect(refusalIn(await report({ key_id: id }, await token('eve')))).toEqual([404, 'KEY_NOT_FOUND']);
  expect(refusalIn(await report({ key_id: id }))).toEqual([401, 'MISSING_API_KEY']);
});

test('a reporter reports for every key, and can do nothing else', async () => {
  const { issue, report, ada, call, service } = await start();
  const { id } = await issue({ budgetUsd: 1 });
  const made = await service.sessions.create({ user: 'api', role: 'reporter', expiresAt: null });
  const token = made.token.reveal();
  expect((await report({ key_id: id, cost_usd: 2.5, tokens: 3 }, token)).status).toBe(200);
  await ada.revoke(id);
  expect((await report({ key_id: id, cost_usd: 1 }, token)).status).toBe(200);
  expect((await ada.get(id)).key).toMatchObject({ spentUsd: 3.5, usage: { tokens: 3 } });
  expect(refusalIn(await report({ key_id: 'no-such-key' }, token))).toEqual([404, 'KEY_NOT_FOUND']);
  for (const [method, path] of [
    ['GET', '/admin/keys'],
    ['GET', `/admin/keys/${id}`],
    ['GET', '/admin/logs'],
    ['GET', '/admin/sessions'],
    ['GET', '/admin/users'],
    ['GET', '/unreal/v1/keys'],
    ['GET', '/drun/apis/v1/apikeys'],
    ['GET', '/privatemind/v1/models'],
    ['GET', '/riskinmind/api/v1/keys'],
    ['DELETE', `/admin/keys/${id}`],
  ] as const) {
    expect((await call(method, path, { token })).status, `${method} ${path}`).toBe(403);
  }
  for (const path of ['/admin/keys', '/admin/sessions', '/drun/apis/v1/apikeys']) {
    expect((await call('POST', path, { token, body: { name: 'x' } })).status).toBe(403);
  }
  expect((await call('GET', '/v1/authorize', { token })).status).toBe(401);
});

test.each([
  ['model', { model: '\ud800' }],
  ['model', { model: 'a\0b' }],
  ['path', { path: '/\udc00' }],
  ['requests', { requests: Number.MAX_SAFE_INTEGER }],
  ['tokens', { tokens: Number.MAX_SAFE_INTEGER }],
  ['requests', { requests: -1 }],
  ['cost_usd', { cost_usd: 1e13 }],
])('a report that cannot be stored unchanged is refused: %s', async (path, body) => {
  const { issue, report, ada } = await start();
  const { value } = await issue();
  const answer = await report(body, value);
  expect(answer).toMatchObject({ status: 400, body: { error: { details: { path } } } });
  expect(await collect(ada.logs({}))).toEqual([]);
});

test('refused uses of one key do not flood the log: past 60 rows in a minute they are only counted', async () => {
  const { issue, ada, call, clock } = await start();
  const { id, value } = await issue();
  await ada.revoke(id);
  const knock = async () => void (await call('GET', '/v1/authorize', { token: value }));
  for (let round = 0; round < 100; round++) await knock();
  await call('GET', '/admin/usage', { token: value });
  clock.advance(60_000);
  await knock();
  await new Promise((resume) => setTimeout(resume, 50));
  expect(await collect(ada.logs({}))).toHaveLength(61);
  expect(await ada.usage({ by: 'key' })).toMatchObject([{ keyId: id, requests: 0, refused: 101 }]);
});

test('nor do reports of one key: past 600 rows in a minute they are only counted', async () => {
  const { issue, ada, report, clock } = await start();
  const { id, value } = await issue({ rateLimitRpm: 1 });
  for (let round = 0; round < 620; round++) await report({ tokens: 1 }, value);
  expect(await collect(ada.logs({}))).toHaveLength(600);
  expect((await ada.get(id)).key.usage?.tokens).toBe(620);
  clock.advance(60_000);
  await report({ tokens: 1 }, value);
  expect(await collect(ada.logs({}))).toHaveLength(601);
});
