import { describe, expect, test } from 'vitest';
import { forgedKey, spec } from '../support/authority.ts';
import type { Refused } from '../support/authority-service.ts';
import { refusalIn, serving, testService } from '../support/authority-service.ts';

/* The refusals of the admin API and their form. */

async function start() {
  const made = await testService();
  const server = await serving(made);
  return { ...made, ...server, ada: await server.token('ada') };
}

const planted = 'sk_planted_EXAMPLE';

describe('a request of the wrong form', () => {
  test.each<[string, string, object | string, string]>([
    ['POST /admin/keys', 'a missing name', {}, 'name'],
    ['POST /admin/keys', 'an empty name', { name: ' ' }, 'name'],
    ['POST /admin/keys', 'a long name', { name: planted.repeat(20) }, 'name'],
    ['POST /admin/keys', 'a name of another type', { name: [planted] }, 'name'],
    ['POST /admin/keys', 'an invalid time', { name: 'ci', expires_at: planted }, 'expires_at'],
    [
      'POST /admin/keys',
      'a time without a zone',
      { name: 'ci', expires_at: '2027-01-01T00:00:00' },
      'expires_at',
    ],
    [
      'POST /admin/keys',
      'a day that does not exist',
      { name: 'ci', expires_at: '2027-02-30T00:00:00Z' },
      'expires_at',
    ],
    [
      'POST /admin/keys',
      'a time that has passed',
      { name: 'ci', expires_at: '2026-11-20T12:00:00Z' },
      'expires_at',
    ],
    ['POST /admin/keys', 'an unknown permission', { name: 'ci', permissions: [planted] }, 'permissions.0'],
    ['POST /admin/keys', 'no requests per minute', { name: 'ci', rate_limit_rpm: 0 }, 'rate_limit_rpm'],
    ['POST /admin/keys', 'half a request', { name: 'ci', rate_limit_rpm: 1.5 }, 'rate_limit_rpm'],
    ['POST /admin/keys', 'a budget of nothing', { name: 'ci', budget_usd: 0 }, 'budget_usd'],
    ['POST /admin/keys', 'a budget in words', { name: 'ci', budget_usd: planted }, 'budget_usd'],
    ['POST /admin/keys', 'a model without a name', { name: 'ci', models: ['m', ''] }, 'models.1'],
    ['POST /admin/keys', 'a label that is a number', { name: 'ci', labels: { team: 1 } }, 'labels.team'],
    [
      'POST /admin/keys',
      'a label that is to be removed',
      { name: 'ci', labels: { team: null } },
      'labels.team',
    ],
    ['POST /admin/keys', 'an unknown field', { name: 'ci', secret: planted }, 'secret'],
    ['POST /admin/keys', 'a list', [planted], ''],
    ['POST /admin/keys', 'a text', JSON.stringify(planted), ''],
    ['PATCH /admin/keys/ID', 'a name of null', { name: null }, 'name'],
    ['PATCH /admin/keys/ID', 'a past expiry', { expires_at: '2020-01-01T00:00:00Z' }, 'expires_at'],
    ['POST /admin/keys/ID/rotate', 'a negative grace', { grace_seconds: -1 }, 'grace_seconds'],
    ['POST /admin/keys/ID/rotate', 'a grace of years', { grace_seconds: 31_536_001 }, 'grace_seconds'],
    ['POST /admin/keys/ID/rotate', 'a past expiry', { expires_at: '2020-01-01T00:00:00Z' }, 'expires_at'],
    ['POST /admin/sessions', 'an unknown role', { role: planted }, 'role'],
    ['POST /admin/sessions', 'a name with a space', { user: `${planted} x` }, 'user'],
  ])('%s with %s is 400, with its path and never its value', async (route, _, body, path) => {
    const { call, ada: token, keysOf } = await start();
    const { id } = await (await keysOf('ada')).issue(spec());
    const [method = '', address = ''] = route.replace('ID', id).split(' ');
    const answer = await call<Refused>(method, address, { token, body });
    expect(refusalIn(answer)).toEqual([400, 'VALIDATION_FAILED']);
    expect(answer.body.error.details).toEqual({ path });
    expect(answer.body.error.message.startsWith(path)).toBe(true);
    expect(JSON.stringify(answer.body)).not.toContain('planted');
    expect(await (await keysOf('ada')).list()).toHaveLength(1);
  });

  test.each([
    ['/admin/keys?limit=0', 'limit'],
    ['/admin/keys?limit=201', 'limit'],
    ['/admin/keys?limit=10&limit=20', 'limit'],
    ['/admin/keys?status=gone', 'status'],
    ['/admin/keys?serach=ci', 'serach'],
    ['/admin/keys?cursor=planted', 'cursor'],
    ['/admin/logs?status=9xx', 'status'],
    ['/admin/logs?since=planted', 'since'],
    ['/admin/logs?since=2026-01-01T00:00:00%2B02', 'since'],
    ['/admin/logs?cursor=MTc2MzYzODgwMDAwMC5hYg', 'cursor'],
    ['/admin/usage?by=planted', 'by'],
    ['/admin/usage?since=2026-13-01', 'since'],
    ['/admin/usage?since=2026-02-31', 'since'],
  ])('GET %s is 400, with its path and never its value', async (address, path) => {
    const { call, ada: token } = await start();
    const answer = await call<Refused>('GET', address, { token });
    expect(refusalIn(answer)).toEqual([400, 'VALIDATION_FAILED']);
    expect(answer.body.error.details).toEqual({ path });
    expect(JSON.stringify(answer.body)).not.toContain('planted');
  });

  test.each([
    ['JSON that breaks off', '{"name":'],
    ['nothing at all', ''],
    ['a prototype in place of a field', '{"name":"ci","__proto__":{"permissions":["admin"]}}'],
  ])('%s is not accepted as JSON', async (_, body) => {
    const { call, ada: token } = await start();
    expect(refusalIn(await call('POST', '/admin/keys', { token, body }))).toEqual([400, 'VALIDATION_FAILED']);
  });

  test.each(['text/plain', 'application/xml', 'application/x-www-form-urlencoded', 'nonsense'])(
    '%s is not an accepted content type',
    async (type) => {
      const { call, ada: token } = await start();
      const answer = await call('POST', '/admin/keys', {
        token,
        body: '{"name":"ci"}',
        headers: { 'content-type': type },
      });
      expect(refusalIn(answer)).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
    },
  );

  test('a body over 1 MB is refused', async () => {
    const { call, ada: token } = await start();
    const body = { name: 'ci', description: 'x'.repeat(1024 * 1024) };
    expect(refusalIn(await call('POST', '/admin/keys', { token, body }))).toEqual([413, 'BODY_TOO_LARGE']);
  });
});

describe('a path', () => {
  test.each([
    ['PUT /admin/keys', 'GET, HEAD, POST'],
    ['DELETE /admin/keys', 'GET, HEAD, POST'],
    ['PUT /admin/keys/abc', 'DELETE, GET, HEAD, PATCH'],
    ['GET /admin/keys/abc/rotate', 'POST'],
    ['POST /admin/session', 'DELETE, GET, HEAD'],
    ['PATCH /admin/sessions', 'GET, HEAD, POST'],
    ['POST /admin/verify', 'GET, HEAD'],
    ['POST /admin/openapi.json', 'GET, HEAD'],
  ])('with other methods lists them: %s', async (route, allow) => {
    const { call, ada: token } = await start();
    const [method = '', path = ''] = route.split(' ');
    const answer = await call(method, path, { token });
    expect(refusalIn(answer)).toEqual([405, 'METHOD_NOT_ALLOWED']);
    expect(answer.headers.get('allow')).toBe(allow);
  });

  test.each([
    'GET /admin',
    'GET /admin/nothing',
    'POST /admin/keys/abc/nothing',
    'GET /admin/openapiXjson',
    `GET /admin/keys/${'x'.repeat(1500)}`,
  ])('that does not exist is 404: %s', async (route) => {
    const { call, ada: token } = await start();
    const [method = '', path = ''] = route.split(' ');
    const answer = await call(method, path, { token });
    expect([answer.status, answer.headers.get('allow')]).toEqual([404, null]);
    expect(refusalIn(answer)[1]).toMatch(/^(KEY_)?NOT_FOUND$/);
  });

  test('that cannot be decoded is 400', async () => {
    const { call, ada: token } = await start();
    expect(refusalIn(await call('GET', '/admin/keys/%zz', { token }))).toEqual([400, 'BAD_REQUEST']);
  });

  test('of a key that does not exist is 404, and does not repeat a value in the path', async () => {
    const { call, ada: token } = await start();
    for (const id of ['nobody', forgedKey('3kTMd8Zx0QpLw7Vn')]) {
      expect(refusalIn(await call('GET', `/admin/keys/${id}`, { token }))).toEqual([404, 'KEY_NOT_FOUND']);
    }
  });
});

describe('a caller', () => {
  const routes = ['GET /admin/keys', 'POST /admin/keys', 'DELETE /admin/session', 'GET /admin/usage'];

  test.each(routes)('%s without a valid session is 401, and names the scheme', async (route) => {
    const { call, token, clock, service, keysOf } = await start();
    const [method = '', path = ''] = route.split(' ');
    const ended = await token('ada', undefined, new Date(clock.now().getTime() + 1000));
    const revoked = await service.sessions.create({ user: 'ada', expiresAt: null });
    await service.sessions.revoke(revoked.session.id);
    clock.advance(1000);
    const key = await (await keysOf('ada')).issue(spec());
    for (const [shown, code] of [
      [undefined, 'MISSING_SESSION'],
      [ended, 'EXPIRED_SESSION'],
      [revoked.token.reveal(), 'INVALID_SESSION'],
      [forgedKey('3kTMd8Zx0QpLw7Vn', 'ses'), 'INVALID_SESSION'],
      [key.secret.reveal(), 'INVALID_SESSION'],
      ['tok-EXAMPLE', 'INVALID_SESSION'],
    ] as const) {
      const answer = await call(method, path, { ...(shown !== undefined && { token: shown }) });
      expect(refusalIn(answer)).toEqual([401, code]);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="keys"');
    }
    const basic = await call(method, path, { headers: { authorization: 'Basic YWRhOkVYQU1QTEU=' } });
    expect(refusalIn(basic)).toEqual([401, 'MISSING_SESSION']);
  });
});
