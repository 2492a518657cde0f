import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { spec, use } from '../support/authority.ts';
import { serving, testService } from '../support/authority-service.ts';

/* The APIs of other vendors, field by field as documented or as observed. */

const anId = expect.stringMatching(/^[0-9A-Za-z]{16}$/);
const aSecret = expect.stringMatching(/^sk_[0-9A-Za-z]{16}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}$/);

async function start(organisation = {}) {
  const made = await testService(organisation);
  const server = await serving(made);
  const token = await server.token('ada');
  /** A call of ada's; `secret` is expected in the answer. */
  const ask = <Body>(route: string, body?: object, secret = false) => {
    const [method = '', path = ''] = route.split(' ');
    return server.call<Body>(method, path, { token, body, secret });
  };
  return { ...made, ...server, ada: token, ask };
}

const failed = (code: string, message: unknown = expect.any(String), details: object = {}) => ({
  success: false,
  error: { code, message, details },
});

describe('unreal', () => {
  interface Made {
    name: string;
    key: string;
    hash: string;
    created: number;
  }
  const make = async (started: Awaited<ReturnType<typeof start>>, name = 'ci') =>
    (await started.ask<Made>('POST /unreal/v1/keys', { name }, true)).body;

  test('creates, lists, shows and deletes keys', async () => {
    const started = await start();
    const { ask, service, keysOf } = started;
    expect((await ask('GET /unreal/v1/keys')).body).toEqual({ keys: [] });
    const answer = await ask<Made>('POST /unreal/v1/keys', { name: 'my-app' }, true);
    const { key, ...listed } = answer.body;
    const hash = createHash('sha256').update(key).digest('hex');
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ name: 'my-app', key: aSecret, hash, created: 1795176000 });
    expect(await ask('GET /unreal/v1/keys')).toMatchObject({ status: 200, body: { keys: [listed] } });
    await service.gate.record([
      use({ keyId: (await (await keysOf('ada')).get(key)).key.id, requests: 17, tokens: 4250 }),
    ]);
    expect((await ask(`GET /unreal/v1/keys/${hash}`)).body).toEqual({
      ...listed,
      usage: { requests: 17, tokens: 4250 },
    });
    expect((await ask(`DELETE /unreal/v1/keys/${hash}`)).body).toEqual({ deleted: true });
    expect((await ask('GET /unreal/v1/keys')).body).toEqual({ keys: [] });
    expect(await ask(`DELETE /unreal/v1/keys/${hash}`)).toMatchObject({
      status: 404,
      body: failed('KEY_NOT_FOUND'),
    });
    expect((await ask(`GET /unreal/v1/keys/${hash}`)).status).toBe(404);
  });

  test.each(['hash', 'id', 'key'] as const)('addresses a key by its %s', async (by) => {
    const started = await start();
    const made = await make(started);
    const at = { ...made, id: (await (await started.keysOf('ada')).get(made.key)).key.id }[by];
    const { name, hash } = made;
    expect((await started.ask(`GET /unreal/v1/keys/${at}`)).body).toMatchObject({ name, hash });
    expect((await started.ask(`DELETE /unreal/v1/keys/${at}`)).body).toEqual({ deleted: true });
    expect((await started.ask(`DELETE /unreal/v1/keys/${at}`)).status).toBe(404);
    const models = await started.call('GET', '/unreal/v1/models', { token: made.key });
    expect(models).toMatchObject({
      status: 401,
      body: failed('INVALID_API_KEY', undefined, expect.anything()),
    });
  });

  test('rejects a key without a name, and a call without a session', async () => {
    const { ask, call } = await start();
    expect(await ask('POST /unreal/v1/keys', {})).toMatchObject({
      status: 400,
      body: failed('VALIDATION_FAILED', 'name: missing', { path: 'name' }),
    });
    expect(await call('POST', '/unreal/v1/keys', { body: {} })).toMatchObject({
      status: 401,
      body: failed('MISSING_SESSION'),
    });
    expect((await ask('PUT /unreal/v1/keys', {})).headers.get('allow')).toBe('GET, HEAD, POST');
  });
});

describe('riskinmind', () => {
  const base = '/riskinmind/api/v1/keys';

  test('creates one key, shows it, replaces it and revokes it', async () => {
    const { ask } = await start();
    expect((await ask(`GET ${base}/`)).body).toEqual({ success: true, data: null });
    const made = await ask<{ data: { apiKey: string } }>(`POST ${base}/generate`, { label: 'prod' }, true);
    expect([made.status, made.body]).toEqual([
      200,
      { success: true, data: { apiKey: aSecret, createdAt: '2026-11-20T12:00:00.000Z' } },
    ]);
    const [, id = ''] = made.body.data.apiKey.split('_');
    for (const path of ['/', '']) {
      expect((await ask(`GET ${base}${path}`)).body).toEqual({
        success: true,
        data: {
          keyId: id,
          keySnippet: `sk_${id.slice(0, 7)}...`,
          status: 'ACTIVE',
          createdAt: '2026-11-20T12:00:00.000Z',
        },
      });
    }
    const second = await ask<{ data: { apiKey: string } }>(`POST ${base}/regenerate`, undefined, true);
    expect(second.body).toEqual({
      success: true,
      data: { apiKey: aSecret, message: 'Key regenerated successfully.' },
    });
    expect(second.body.data.apiKey).not.toBe(made.body.data.apiKey);
    expect((await ask(`POST ${base}/revoke`)).body).toEqual({
      success: true,
      message: 'API Key revoked successfully.',
    });
    expect((await ask(`GET ${base}/`)).body).toEqual({ success: true, data: null });
  });

  test('revokes the old key when it creates the next', async () => {
    const { ask, call } = await start();
    const keys: string[] = [];
    for (const verb of ['generate', 'regenerate']) {
      const { body } = await ask<{ data: { apiKey: string } }>(`POST ${base}/${verb}`, {}, true);
      keys.push(body.data.apiKey);
    }
    const status = async (token = '') => (await call('GET', '/v1/models', { token })).status;
    expect([await status(keys[0]), await status(keys[1])]).toEqual([401, 200]);
  });

  test('rejects a second key, and operations on a key that does not exist', async () => {
    const { ask, call } = await start();
    for (const verb of ['regenerate', 'revoke']) {
      expect(await ask(`POST ${base}/${verb}`)).toMatchObject({ status: 404, body: failed('NO_ACTIVE_KEY') });
    }
    await ask(`POST ${base}/generate`, undefined, true);
    expect(await ask(`POST ${base}/generate`)).toMatchObject({
      status: 409,
      body: failed('KEY_ALREADY_EXISTS'),
    });
    expect((await call('POST', `${base}/generate`, { body: { label: 1 } })).status).toBe(401);
  });

  test('lists the uses of its own key, in pages', async () => {
    const { ask, service, keysOf } = await start();
    const [id, other] = await Promise.all(
      ['ada', 'bob'].map(async (user) => {
        return (await (await keysOf(user)).issue(spec(), { single: true })).id;
      }),
    );
    const begin = Date.parse('2026-11-20T10:00:00Z');
    await service.gate.record(
      Array.from({ length: 45 }, (_, at) =>
        use({
          keyId: (at % 3 === 2 ? other : id) ?? '',
          at: begin + at * 1000,
          path: `/v1/${at}`,
          statusCode: 201,
        }),
      ),
    );
    const first = await ask<{ data: object[] }>(`GET ${base}/logs`);
    expect(first.body).toMatchObject({ success: true, meta: { total: 30, page: 1, limit: 20 } });
    expect(first.body.data).toHaveLength(20);
    expect(first.body.data[0]).toEqual({
      endpoint: '/v1/43',
      method: 'POST',
      statusCode: 201,
      timestamp: '2026-11-20T10:00:43.000Z',
    });
    const last = await ask<{ data: { endpoint: string }[] }>(`GET ${base}/logs?page=4&limit=9`);
    expect(last.body).toMatchObject({ meta: { total: 30, page: 4, limit: 9 } });
    expect(last.body.data.map(({ endpoint }) => endpoint)).toEqual(['/v1/3', '/v1/1', '/v1/0']);
    expect(await ask(`GET ${base}/logs?page=0`)).toMatchObject({
      status: 400,
      body: failed('VALIDATION_FAILED', undefined, { path: 'page' }),
    });
  });
});

describe('drun', () => {
  const base = '/drun/apis/v1/apikeys';

  test('creates, lists and deletes keys', async () => {
    const { ask } = await start();
    expect((await ask(`GET ${base}`)).body).toEqual({ items: [] });
    const made = await ask<{ id: string }>(`POST ${base}`, { name: 'test-key' }, true);
    const { id } = made.body;
    const createdAt = '2026-11-20T12:00:00.000Z';
    expect([made.status, made.body]).toEqual([
      201,
      { id: anId, name: 'test-key', apiKey: aSecret, createdAt },
    ]);
    expect((await ask(`GET ${base}`)).body).toEqual({
      items: [{ id, name: 'test-key', apiKey: `sk_${id.slice(0, 7)}****`, createdAt }],
    });
    expect(await ask(`DELETE ${base}/${id}`)).toMatchObject({ status: 204, body: '' });
    expect((await ask(`GET ${base}`)).body).toEqual({ items: [] });
    const again = await ask(`DELETE ${base}/${id}`);
    expect([again.status, again.body]).toEqual([
      404,
      { code: 'KEY_NOT_FOUND', message: 'the key is already deleted' },
    ]);
  });

  test('reports refusals in its own format', async () => {
    const { ask, call } = await start({ maxKeys: 1 });
    await ask(`POST ${base}`, { name: 'first' }, true);
    for (const [answer, status, code] of [
      [await ask(`POST ${base}`, { name: 'second' }), 403, 'KEY_LIMIT_REACHED'],
      [await ask(`POST ${base}`, {}), 400, 'VALIDATION_FAILED'],
      [await ask(`DELETE ${base}/nobody`), 404, 'KEY_NOT_FOUND'],
      [await ask('GET /drun/apis/v1/nothing'), 404, 'NOT_FOUND'],
      [await ask(`PUT ${base}`, {}), 405, 'METHOD_NOT_ALLOWED'],
      [await call('GET', base), 401, 'MISSING_SESSION'],
    ] as const) {
      expect([answer.status, answer.body]).toEqual([status, { code, message: expect.any(String) }]);
    }
  });
});
