import { describe, expect, test } from 'vitest';
import { use } from '../support/authority.ts';
import { serving, testService } from '../support/authority-service.ts';

/* PrivateMind, as observed in its console. */

const base = '/privatemind/v1/api-keys';

interface Key {
  access_key_id: string;
  description: string;
  status: string;
  token: string;
}

async function start(organisation = {}) {
  const made = await testService(organisation);
  const server = await serving(made);
  const token = await server.token('ada');
  const ask = <Body>(route: string, body?: object, secret = false) => {
    const [method = '', path = ''] = route.split(' ');
    return server.call<Body>(method, base + path, { token, body, secret });
  };
  const make = async (fields: object = {}) => {
    const body = { description: 'ci', expiration: '90d', ...fields };
    return (await ask<Key>('POST ', body, true)).body;
  };
  return { ...made, ...server, ada: token, ask, make };
}

const failed = (code: string, details: object = {}) => ({
  success: false,
  error: { code, message: expect.any(String), details },
});

test('creates, shows, changes and revokes a key', async () => {
  const { ask, service } = await start();
  const body = {
    description: 'deploy',
    expiration: '6mo',
    rate_limit_rpm: 600,
    budget_usd: 9.5,
    allowed_models: ['small'],
  };
  const made = await ask<Key>('POST ', body, true);
  const { token, ...key } = made.body;
  const id = key.access_key_id;
  expect(made.status).toBe(201);
  expect(token).toMatch(new RegExp(`^${id}:sk_${id}_`));
  expect(key).toEqual({
    access_key_id: expect.stringMatching(/^[0-9A-Za-z]{16}$/),
    prefix: id.slice(0, 12),
    description: 'deploy',
    status: 'active',
    rate_limit_rpm: 600,
    budget_usd: 9.5,
    spend_usd: 0,
    allowed_models: ['small'],
    requests: 0,
    tokens: 0,
    created_at: '2026-11-20T12:00:00.000Z',
    expiration_date: '2027-05-20T12:00:00.000Z',
    last_used_at: null,
    last_ip: null,
    permission: 'read',
  });
  await service.gate.record([use({ keyId: id, tokens: 5, costUsd: 0.5, ip: '10.0.0.1' })]);
  const used = {
    ...key,
    requests: 1,
    tokens: 5,
    spend_usd: 0.5,
    last_used_at: '2026-11-20T12:00:00.000Z',
    last_ip: '10.0.0.1',
  };
  expect(await ask(`GET /${id}`)).toMatchObject({ status: 200, body: used });
  const changes = { description: 'ship', rate_limit_rpm: 10, budget_usd: null, allowed_models: [] };
  expect((await ask(`PATCH /${id}`, changes)).body).toEqual({ ...used, ...changes });
  expect((await ask(`PATCH /${id}`, { budget_usd: 1 })).body).toEqual({ ...used, ...changes, budget_usd: 1 });
  expect((await ask(`DELETE /${id}`)).body).toEqual({ revoked: true });
  expect(await ask(`DELETE /${id}`)).toMatchObject({ status: 404, body: failed('KEY_NOT_FOUND') });
  expect((await ask(`GET /${id}`)).body).toMatchObject({ status: 'revoked' });
  expect(await ask(`PATCH /${id}`, {})).toMatchObject({ status: 409, body: failed('KEY_REVOKED') });
});

test('a key without settings has only a limit of 60 requests a minute', async () => {
  const { make } = await start();
  expect(await make()).toMatchObject({ rate_limit_rpm: 60, budget_usd: null, allowed_models: [] });
});

test.each([
  ['30d', '2026-12-20'],
  ['90d', '2027-02-18'],
  ['6mo', '2027-05-20'],
  ['1y', '2027-11-20'],
  ['2y', '2028-11-20'],
  ['10y', '2036-11-20'],
])('a key can be created for %s', async (expiration, day) => {
  const { make } = await start();
  expect(await make({ expiration })).toMatchObject({ expiration_date: `${day}T12:00:00.000Z` });
});

describe('a key is refused', () => {
  test.each<[object, string]>([
    [{ description: undefined }, 'description'],
    [{ description: '' }, 'description'],
    [{ description: 'x'.repeat(121) }, 'description'],
    [{ expiration: undefined }, 'expiration'],
    [{ expiration: '7d' }, 'expiration'],
    [{ expiration: 'never' }, 'expiration'],
    [{ rate_limit_rpm: 9 }, 'rate_limit_rpm'],
    [{ rate_limit_rpm: 601 }, 'rate_limit_rpm'],
    [{ rate_limit_rpm: 10.5 }, 'rate_limit_rpm'],
    [{ rate_limit_rpm: null }, 'rate_limit_rpm'],
    [{ budget_usd: 0 }, 'budget_usd'],
    [{ allowed_models: ['m', 1] }, 'allowed_models.1'],
  ])('with %j, and so is the change', async (fields, path) => {
    const { ask, make } = await start();
    const refusal = { status: 400, body: failed('VALIDATION_FAILED', { path }) };
    expect(await ask('POST ', { description: 'ci', expiration: '30d', ...fields })).toMatchObject(refusal);
    const { access_key_id: id } = await make();
    const isChange = Object.values(fields).every((value) => value !== undefined) && path !== 'expiration';
    if (isChange) expect(await ask(`PATCH /${id}`, fields)).toMatchObject(refusal);
  });

  test('with a model that the organisation lacks, and at the key limit', async () => {
    const { ask, make } = await start({ models: ['small'], maxKeys: 1 });
    const body = { description: 'ci', expiration: '30d', allowed_models: ['huge'] };
    expect(await ask('POST ', body)).toMatchObject({ status: 403, body: failed('MODEL_NOT_ENTITLED') });
    await make({ allowed_models: ['small'] });
    expect(await ask('POST ', { ...body, allowed_models: [] })).toMatchObject({
      status: 403,
      body: failed('KEY_LIMIT_REACHED'),
    });
  });

  test('without a session, whatever the body', async () => {
    const { call } = await start();
    for (const [method, path] of [
      ['POST', base],
      ['GET', `${base}?page=0`],
      ['PATCH', `${base}/nobody`],
    ] as const) {
      const body = method === 'GET' ? undefined : {};
      expect(await call(method, path, { body })).toMatchObject({
        status: 401,
        body: failed('MISSING_SESSION'),
      });
    }
  });
});

describe('the list', () => {
  test('has pages, and a summary of all keys', async () => {
    const { ask, make, service, clock } = await start();
    const made: string[] = [];
    for (let at = 0; at < 25; at++) {
      clock.advance(1);
      made.push((await make({ description: `bot ${at}`, expiration: at < 2 ? '30d' : '1y' })).access_key_id);
    }
    await service.gate.record(made.slice(0, 3).map((keyId) => use({ keyId, tokens: 5, costUsd: 0.1 })));
    await ask(`DELETE /${made[24]}`);
    clock.set('2026-12-25T12:00:00.000Z');
    const summary = { active: 22, expired: 2, revoked: 1, requests: 3, tokens: 15, spend_usd: 0.3 };
    const first = await ask<{ api_keys: Key[] }>('GET ');
    expect(first.body).toEqual({ api_keys: expect.any(Array), summary, total: 25, page: 1, limit: 20 });
    const second = await ask<{ api_keys: Key[] }>('GET ?page=2');
    const ids = [first, second].flatMap(({ body }) => body.api_keys.map(({ access_key_id: id }) => id));
    expect(ids).toEqual([...made].reverse());
    expect((await ask('GET ?page=3')).body).toMatchObject({ api_keys: [], summary, total: 25, page: 3 });

    const found = async (query: string) => {
      const { body } = await ask<{ api_keys: Key[]; total: number }>(`GET ?limit=200&${query}`);
      expect(body).toMatchObject({ summary, total: body.api_keys.length });
      return body.api_keys.map(({ description }) => description);
    };
    expect(await found('search=BOT%201')).toHaveLength(11);
    expect(await found('status=expired')).toEqual(['bot 1', 'bot 0']);
    expect(await found('status=revoked&search=bot')).toEqual(['bot 24']);
    expect(await found('status=active')).toHaveLength(22);
  });

  test.each([
    ['page=0', 'page'],
    ['limit=201', 'limit'],
    ['status=gone', 'status'],
  ])('is refused with %s', async (query, path) => {
    const { ask } = await start();
    expect(await ask(`GET ?${query}`)).toMatchObject({
      status: 400,
      body: failed('VALIDATION_FAILED', { path }),
    });
  });
});

describe('the models', () => {
  const at = '/privatemind/v1/models';
  const list = (...ids: string[]) => ({
    object: 'list',
    data: ids.map((id) => expect.objectContaining({ id })),
  });

  test('are shown in full to a session, and to a key only those that it may call', async () => {
    const { call, ada, make } = await start({ models: ['small', 'large'] });
    const { token: one } = await make();
    const { token: limited } = await make({ allowed_models: ['small'] });
    expect((await call('GET', at, { token: ada })).body).toEqual(list('small', 'large'));
    expect((await call('GET', at, { token: one })).body).toEqual(list('small', 'large'));
    expect((await call('GET', at, { token: limited })).body).toEqual(list('small'));
  });

  test('are shown to no one else', async () => {
    const { call, ask, make } = await start({ models: [] });
    const { token: key, access_key_id: id } = await make();
    expect(await call('GET', at, { token: key })).toMatchObject({
      status: 403,
      body: failed('NO_MODELS', expect.anything()),
    });
    await ask(`DELETE /${id}`);
    for (const token of [key, 'tok-EXAMPLE', undefined]) {
      const { status } = await call('GET', at, token === undefined ? {} : { token });
      expect(status).toBe(401);
    }
  });
});
