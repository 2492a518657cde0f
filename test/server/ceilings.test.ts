import { describe, expect, test } from 'vitest';
import { openSqliteAuthority } from '../../src/authority/sqlite/sqlite-authority.ts';
import { spec, use } from '../support/authority.ts';
import { refusalIn, serving, testService } from '../support/authority-service.ts';
import { fileTest } from '../support/stores.ts';

/* The ceilings that an admin sets for the keys of a user. */

async function start() {
  const made = await testService();
  const server = await serving(made);
  const [ada, admin] = [await server.token('ada'), await server.token('admin')];
  const send = (method: string, path: string, body: object, token = ada, secret = false) =>
    server.call<{ key: { id: string }; id: string; spent_usd: number }>(method, `/admin${path}`, {
      token,
      body,
      secret,
    });
  const create = async (body: object = {}) =>
    (await send('POST', '/keys', { name: 'ci', ...body }, ada, true)).body.key;
  const patch = (id: string, body: object, token = ada) => send('PATCH', `/keys/${id}`, body, token);
  const limit = (body: object) => send('PATCH', '/users/ada', body, admin);
  return { ...made, ...server, ada, admin, send, create, patch, limit };
}

const beyond = [403, 'CEILING_EXCEEDED'];

describe('a user without ceilings', () => {
  test('grants every permission but admin', async () => {
    const { send, create, patch, admin } = await start();
    const { id } = await create({ permissions: ['read', 'write', 'webhook'] });
    expect(refusalIn(await send('POST', '/keys', { name: 'x', permissions: ['read', 'admin'] }))).toEqual(
      beyond,
    );
    expect(refusalIn(await patch(id, { permissions: ['admin'] }))).toEqual(beyond);
    expect((await patch(id, { permissions: ['admin'] }, admin)).status).toBe(200);
    expect((await patch(id, { permissions: ['admin'] })).status).toBe(200);
  });

  test('chooses a budget, but cannot raise a spent one, not even by rotating', async () => {
    const { create, patch, service, admin, call, ada, send } = await start();
    const { id } = await create({ budget_usd: 5 });
    expect((await patch(id, { budget_usd: 6 })).status).toBe(200);
    await service.gate.record([use({ keyId: id, costUsd: 6 })]);
    for (const budget_usd of [7, null]) expect(refusalIn(await patch(id, { budget_usd }))).toEqual(beyond);
    const dialect = await call('PATCH', `/privatemind/v1/api-keys/${id}`, {
      token: ada,
      body: { budget_usd: 9 },
    });
    expect(refusalIn(dialect)).toEqual(beyond);
    const { key } = (await send('POST', `/keys/${id}/rotate`, {}, ada, true)).body;
    expect(
      (await call<{ spent_usd: number }>('GET', `/admin/keys/${key.id}`, { token: ada })).body.spent_usd,
    ).toBe(6);
    expect((await patch(key.id, { budget_usd: 12 }, admin)).status).toBe(200);
    expect((await patch(key.id, { budget_usd: 11 })).status).toBe(200);
  });
});

describe('settings of an admin on a key', () => {
  test.each<[object, object[], object]>([
    [{ budget_usd: 5 }, [{ budget_usd: 6 }, { budget_usd: null }], { budget_usd: 4 }],
    [{ rate_limit_rpm: 60 }, [{ rate_limit_rpm: 61 }, { rate_limit_rpm: null }], { rate_limit_rpm: 30 }],
    [{ models: ['a', 'b'] }, [{ models: ['a', 'c'] }, { models: [] }], { models: ['b'] }],
    [{ permissions: ['read'] }, [{ permissions: ['read', 'write'] }], { permissions: [] }],
    [
      { expires_at: '2026-11-25T00:00:00Z' },
      [{ expires_at: '2026-11-26T00:00:00Z' }, { expires_at: null }],
      { expires_at: '2026-11-24T00:00:00Z' },
    ],
  ])('%j: its owner may lower it, but not raise it', async (set, raised, lowered) => {
    const { create, patch, admin, send, ada } = await start();
    const { id } = await create();
    expect((await patch(id, set, admin)).status).toBe(200);
    for (const body of raised) expect(refusalIn(await patch(id, body))).toEqual(beyond);
    const next = (await send('POST', `/keys/${id}/rotate`, {}, ada, true)).body.key.id;
    for (const body of raised) expect(refusalIn(await patch(next, body))).toEqual(beyond);
    expect((await patch(next, lowered)).status).toBe(200);
    expect((await patch(next, set)).status).toBe(200);
  });

  test('a key that an admin has disabled is enabled only by an admin', async () => {
    const { create, send, admin, keysOf, ada } = await start();
    const { id } = await create();
    await send('POST', `/keys/${id}/disable`, {}, admin);
    expect(refusalIn(await send('POST', `/keys/${id}/enable`, {}))).toEqual(beyond);
    const next = (await send('POST', `/keys/${id}/rotate`, { grace_seconds: 0 }, ada, true)).body.key.id;
    expect((await (await keysOf('ada')).get(next)).key.status).toBe('disabled');
    expect(refusalIn(await send('POST', `/keys/${next}/enable`, {}))).toEqual(beyond);
    expect((await send('POST', `/keys/${next}/enable`, {}, admin)).status).toBe(200);
    await send('POST', `/keys/${next}/disable`, {});
    expect((await send('POST', `/keys/${next}/enable`, {})).status).toBe(200);
  });

  test('an expiry set by an admin also applies to the successor', async () => {
    const { create, patch, send, admin, ada, keysOf } = await start();
    const { id } = await create({ expires_at: '2027-11-20T00:00:00Z' });
    await patch(id, { expires_at: '2026-11-25T00:00:00Z' }, admin);
    const late = { expires_at: '2027-01-01T00:00:00Z' };
    expect(refusalIn(await send('POST', `/keys/${id}/rotate`, late))).toEqual(beyond);
    const next = (await send('POST', `/keys/${id}/rotate`, {}, ada, true)).body.key.id;
    expect(Date.parse((await (await keysOf('ada')).get(next)).key.expiresAt ?? '')).toBeLessThanOrEqual(
      Date.parse('2026-11-25T00:00:00Z'),
    );
  });
});

test('a ceiling holds for new keys and changes, in every format, and supplies what is not requested', async () => {
  const { create, patch, limit, send, call, ada, keysOf } = await start();
  const before = await create();
  const ceiling = {
    budget_usd: 10,
    rate_limit_rpm: 100,
    models: ['a', 'b'],
    permissions: ['read'],
    max_keys: 3,
  };
  expect((await limit(ceiling)).body).toEqual({ name: 'ada', role: 'user', ceiling });
  for (const body of [
    { budget_usd: 10.01 },
    { rate_limit_rpm: 101 },
    { models: ['c'] },
    { permissions: ['write'] },
  ]) {
    expect(refusalIn(await send('POST', '/keys', { name: 'x', ...body }))).toEqual(beyond);
    expect(refusalIn(await patch(before.id, body))).toEqual(beyond);
  }
  expect(await create({ models: ['a'], budget_usd: 5 })).toMatchObject({ models: ['a'], budget_usd: 5 });
  const plain = await call<{ hash: string }>('POST', '/unreal/v1/keys', {
    token: ada,
    body: { name: 'y' },
    secret: true,
  });
  expect((await (await keysOf('ada')).get(plain.body.hash)).key).toMatchObject({
    budgetUsd: 10,
    rateLimitRpm: 100,
    models: ['a', 'b'],
  });
  expect(refusalIn(await send('POST', '/keys', { name: 'fourth' }))).toEqual([403, 'KEY_LIMIT_REACHED']);
});

test('only admins see and set ceilings', async () => {
  const { send, limit, admin, call, ada } = await start();
  expect(refusalIn(await send('PATCH', '/users/ada', { budget_usd: 5 }))).toEqual([403, 'FORBIDDEN']);
  expect(refusalIn(await call('GET', '/admin/users', { token: ada }))).toEqual([403, 'FORBIDDEN']);
  expect(refusalIn(await send('PATCH', '/users/nobody', {}, admin))).toEqual([404, 'USER_NOT_FOUND']);
  expect(refusalIn(await limit({ budget: 5 }))).toEqual([400, 'VALIDATION_FAILED']);
  expect((await call<{ data: object[] }>('GET', '/admin/users', { token: admin })).body.data).toHaveLength(2);
});

fileTest('the user of the machine is an admin to the keys of others', async () => {
  const { keysOf, path, clock, create, patch } = await start();
  const { id } = await create();
  const machine = openSqliteAuthority({ path, timeoutMs: 1000 }, clock.now);
  await machine.update(id, { budgetUsd: 5 });
  await machine.close();
  expect(refusalIn(await patch(id, { budget_usd: 6 }))).toEqual(beyond);
  expect((await (await keysOf('ada')).get(id)).key.budgetUsd).toBe(5);
});

describe('the fields of a key', () => {
  const labels = (count: number, value: string) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`label-${at}`, value]));

  test.each<[string, object]>([
    ['labels', { labels: labels(65, '') }],
    ['labels', { labels: labels(1, 'x'.repeat(1001)) }],
    ['labels', { labels: labels(20, 'x'.repeat(900)) }],
    ['models', { models: Array.from({ length: 200 }, (_, at) => `${at}-${'m'.repeat(150)}`) }],
  ])('are bounded in every format: %s', async (_, body) => {
    const { send, create, patch } = await start();
    expect(refusalIn(await send('POST', '/keys', { name: 'x', ...body }))).toEqual([
      400,
      'VALIDATION_FAILED',
    ]);
    const { id } = await create();
    expect(refusalIn(await patch(id, body))).toEqual([400, 'VALIDATION_FAILED']);
  });

  test('include labels, which are bounded together even if added one by one; null removes one', async () => {
    const { create, patch, keysOf } = await start();
    const { id } = await create({ labels: { a: '1', b: '2' } });
    expect((await patch(id, { labels: { c: '3' } })).status).toBe(200);
    expect((await patch(id, { labels: { a: null } })).status).toBe(200);
    expect((await (await keysOf('ada')).get(id)).key.labels).toEqual({ b: '2', c: '3' });
    const answers = [];
    for (let at = 0; at < 12; at++)
      answers.push((await patch(id, { labels: { [`l${at}`]: 'x'.repeat(1000) } })).status);
    expect(answers).toContain(400);
    expect(JSON.stringify((await (await keysOf('ada')).get(id)).key.labels).length).toBeLessThanOrEqual(8192);
  });

  fileTest('never make a page too long for a client, even if older than the bounds', async () => {
    const { keysOf, path, call, admin } = await start();
    const ids = await Promise.all(
      Array.from(
        { length: 12 },
        async (_, at) => (await (await keysOf('ada')).issue(spec({ name: `ci-${at}` }))).id,
      ),
    );
    const { default: Database } = await import('libsql');
    const foreign = new Database(path);
    foreign.prepare('UPDATE keys SET labels = ?').run([JSON.stringify({ big: 'x'.repeat(900_000) })]);
    foreign.close();
    const seen: string[] = [];
    let cursor = '';
    for (let pages = 0; pages < 12; pages++) {
      const { body } = await call<{ data: { id: string }[]; next_cursor: string | null }>(
        'GET',
        `/admin/keys?limit=200${cursor}`,
        { token: admin },
      );
      expect(JSON.stringify(body).length).toBeLessThan(6_000_000);
      seen.push(...body.data.map(({ id }) => id));
      if (body.next_cursor === null) break;
      cursor = `&cursor=${body.next_cursor}`;
    }
    expect(seen.sort()).toEqual(ids.sort());
  });
});
