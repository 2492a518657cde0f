import { createHash } from 'node:crypto';
import type { InferOutput } from 'valibot';
import { describe, expect, test } from 'vitest';
import type { key as keyShape } from '../../src/server/admin/shapes.ts';
import type { Refused } from '../support/authority-service.ts';
import { refusalIn, serving, testService, whole } from '../support/authority-service.ts';

type Key = InferOutput<typeof keyShape>;
interface Issued {
  key: Key;
  secret: string;
}

async function start(organisation = {}) {
  const made = await testService(organisation);
  const server = await serving(made);
  const token = await server.token('ada');
  const create = (body: object = { name: 'ci' }, headers: Record<string, string> = {}) =>
    server.call<Issued>('POST', '/admin/keys', { token, body, headers, secret: true });
  return { ...made, ...server, ada: token, create };
}

describe('a new key', () => {
  test('is returned with its location, its secret and all requested fields', async () => {
    const { create, call, ada } = await start();
    const { status, headers, body } = await create(whole);
    const { key, secret } = body;
    expect([status, headers.get('location')]).toEqual([201, `/admin/keys/${key.id}`]);
    expect(key).toEqual({
      ...whole,
      id: key.id,
      status: 'active',
      prefix: `sk_${key.id}`,
      hash: createHash('sha256').update(secret).digest('hex'),
      owner: 'ada',
      created_at: '2026-11-20T12:00:00.000Z',
      last_used_at: null,
      last_used_ip: null,
      spent_usd: 0,
      usage: { requests: 0, tokens: 0 },
    });
    const shown = await call('GET', headers.get('location') ?? '', { token: ada });
    expect([shown.status, shown.body]).toEqual([200, key]);
  });

  test('with only a name may read, and has no limits', async () => {
    const { create } = await start();
    expect((await create()).body.key).toMatchObject({
      description: null,
      expires_at: null,
      permissions: ['read'],
      rate_limit_rpm: null,
      budget_usd: null,
      models: [],
      labels: {},
    });
  });

  test('is refused at the key limit, and with a model that the organisation lacks', async () => {
    const { create, call, ada: token } = await start({ maxKeys: 1, models: ['small'] });
    const refused = await call('POST', '/admin/keys', { token, body: { ...whole, models: ['huge'] } });
    expect(refusalIn(refused)).toEqual([403, 'MODEL_NOT_ENTITLED']);
    const { key } = (await create(whole)).body;
    expect(refusalIn(await call('POST', '/admin/keys', { token, body: whole }))).toEqual([
      403,
      'KEY_LIMIT_REACHED',
    ]);
    const changed = await call('PATCH', `/admin/keys/${key.id}`, { token, body: { models: ['huge'] } });
    expect(refusalIn(changed)).toEqual([403, 'MODEL_NOT_ENTITLED']);
  });

  test('is the same one if the request is repeated', async () => {
    const { create, call, ada: token, clock } = await start();
    const once = { 'idempotency-key': '!request~EXAMPLE' };
    const first = await create(whole, once);
    const second = await create(whole, once);
    expect([second.status, second.body, second.headers.get('location')]).toEqual([
      201,
      first.body,
      first.headers.get('location'),
    ]);
    const other = { token, body: { ...whole, name: 'other' }, headers: once };
    expect(refusalIn(await call('POST', '/admin/keys', other))).toEqual([422, 'IDEMPOTENCY_KEY_REUSED']);
    clock.advance(86_400_000);
    expect((await create(whole, once)).body.key.id).not.toBe(first.body.key.id);
  });

  test.each([
    ['15 characters', 'x'.repeat(15)],
    ['256 characters', 'x'.repeat(256)],
    ['a space', 'sixteen and more characters'],
  ])('is refused with an Idempotency-Key of %s', async (_, text) => {
    const { call, ada: token } = await start();
    const headers = { 'idempotency-key': text };
    const answer = await call<Refused>('POST', '/admin/keys', { token, body: { name: 'ci' }, headers });
    expect(refusalIn(answer)).toEqual([400, 'VALIDATION_FAILED']);
    expect(answer.body.error.details).toEqual({ path: 'Idempotency-Key' });
    expect(answer.body.error.message).not.toContain(text);
  });
});

describe('a key', () => {
  test('is changed only in the given fields', async () => {
    const { create, call, ada: token } = await start();
    const { key } = (await create(whole)).body;
    const at = `/admin/keys/${key.id}`;
    const change = (body: object) => call('PATCH', at, { token, body });
    expect(await change({})).toMatchObject({ status: 200, body: key });
    expect((await change({ name: 'ship', labels: { team: null, city: 'Köln' } })).body).toEqual({
      ...key,
      name: 'ship',
      labels: { city: 'Köln' },
    });
    const none = { description: null, expires_at: null, rate_limit_rpm: null, budget_usd: null, models: [] };
    expect((await change(none)).body).toMatchObject(none);
  });

  test.each(['id', 'hash'] as const)('is disabled and enabled, by its %s', async (by) => {
    const { create, call, ada: token } = await start();
    const { key, secret } = (await create()).body;
    for (const [verb, status, verified] of [
      ['disable', 'disabled', [401, 'DISABLED_API_KEY']],
      ['enable', 'active', [200, undefined]],
    ] as const) {
      const answer = await call<Key>('POST', `/admin/keys/${key[by]}/${verb}`, { token });
      expect([answer.status, answer.body]).toEqual([200, { ...key, status }]);
      expect(refusalIn(await call('GET', '/admin/verify', { token: secret }))).toEqual(verified);
    }
  });

  test('is revoked once, and cannot be changed afterwards', async () => {
    const { create, call, ada: token } = await start();
    const { key, secret } = (await create()).body;
    const at = `/admin/keys/${key.id}`;
    expect(await call('DELETE', at, { token })).toMatchObject({ status: 204, body: '' });
    expect(refusalIn(await call('DELETE', at, { token }))).toEqual([404, 'KEY_NOT_FOUND']);
    expect((await call('GET', at, { token })).body).toEqual({ ...key, status: 'revoked' });
    expect(refusalIn(await call('GET', '/admin/verify', { token: secret }))).toEqual([
      401,
      'INVALID_API_KEY',
    ]);
    for (const [method, path, body] of [
      ['PATCH', at, { name: 'late' }],
      ['POST', `${at}/enable`, undefined],
      ['POST', `${at}/rotate`, {}],
    ] as const) {
      expect(refusalIn(await call(method, path, { token, body }))).toEqual([409, 'KEY_REVOKED']);
    }
  });

  test('of another user is not found', async () => {
    const { create, call, token } = await start();
    const { key } = (await create()).body;
    const bob = await token('bob');
    for (const [method, path, body] of [
      ['GET', '', undefined],
      ['PATCH', '', { name: 'taken' }],
      ['DELETE', '', undefined],
      ['POST', '/disable', undefined],
      ['POST', '/rotate', {}],
    ] as const) {
      const answer = await call(method, `/admin/keys/${key.id}${path}`, { token: bob, body });
      expect(refusalIn(answer)).toEqual([404, 'KEY_NOT_FOUND']);
    }
    const seen = await call('GET', `/admin/keys/${key.id}`, { token: await token('admin') });
    expect(seen).toMatchObject({ status: 200, body: key });
  });
});

describe('an entity tag', () => {
  test('avoids sending a body that the caller already has', async () => {
    const { create, call, ada: token } = await start();
    const { key } = (await create()).body;
    const at = `/admin/keys/${key.id}`;
    const tag = (await call('GET', at, { token })).headers.get('etag') ?? '';
    expect(tag).toMatch(/^"[\w-]{22}"$/);
    for (const known of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
      const answer = await call('GET', at, { token, headers: { 'if-none-match': known } });
      expect([answer.status, answer.headers.get('etag'), answer.body]).toEqual([304, tag, '']);
    }
    await call('PATCH', at, { token, body: { name: 'ship' } });
    const changed = await call('GET', at, { token, headers: { 'if-none-match': tag } });
    expect(changed).toMatchObject({ status: 200, body: { name: 'ship' } });
    expect(changed.headers.get('etag')).not.toBe(tag);
  });

  test('prevents a change that would overwrite a newer one', async () => {
    const { create, call, ada: token } = await start();
    const { key } = (await create()).body;
    const at = `/admin/keys/${key.id}`;
    const tag = (await call('GET', at, { token })).headers.get('etag') ?? '';
    const change = (name: string, match: string) =>
      call('PATCH', at, { token, body: { name }, headers: { 'if-match': match } });
    expect(await change('first', tag)).toMatchObject({ status: 200, body: { name: 'first' } });
    for (const stale of [tag, `W/${tag}`, tag.slice(1, -1), '"other"']) {
      expect(refusalIn(await change('second', stale))).toEqual([412, 'PRECONDITION_FAILED']);
    }
    expect((await call<Key>('GET', at, { token })).body.name).toBe('first');
    expect((await change('third', '*')).status).toBe(200);
  });

  test('lets one of several changes at the same time through', async () => {
    const { create, call, ada: token } = await start();
    const { key } = (await create()).body;
    const at = `/admin/keys/${key.id}`;
    const tag = (await call('GET', at, { token })).headers.get('etag') ?? '';
    const change = async (name: string) =>
      (await call('PATCH', at, { token, body: { name }, headers: { 'if-match': tag } })).status;
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    // With connections that are open, no change waits for one.
    for (let round = 0; round < 3; round++) {
      await Promise.all(names.map(() => call('GET', at, { token })));
    }
    const statuses = await Promise.all(names.map(change));
    expect(statuses.sort()).toEqual([200, 412, 412, 412, 412, 412]);
  });
});
