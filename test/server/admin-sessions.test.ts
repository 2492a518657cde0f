import { describe, expect, test } from 'vitest';
import { refusalIn, serving, testService } from '../support/authority-service.ts';

interface Made {
  session: { id: string; user: string; role: string; expires_at: string | null };
  token: string;
}

const tonight = new Date('2026-11-20T20:00:00.000Z');

async function start() {
  const made = await testService();
  const server = await serving(made);
  const [ada, admin] = [await server.token('ada', undefined, tonight), await server.token('admin')];
  /** A session created with a token. */
  const make = (token: string, body: object | undefined = {}) =>
    server.call<Made>('POST', '/admin/sessions', { token, body, secret: true });
  const refusal = async (token: string, body: object) =>
    refusalIn(await server.call('POST', '/admin/sessions', { token, body }));
  const list = async (token: string) =>
    (await server.call<{ data: Made['session'][] }>('GET', '/admin/sessions', { token })).body.data;
  return { ...made, ...server, ada, admin, make, refusal, list };
}

test('a session is shown to its holder', async () => {
  const { call, ada, service } = await start();
  const answer = await call('GET', '/admin/session', { token: ada });
  expect([answer.status, answer.body]).toEqual([
    200,
    {
      id: (await service.sessions.list('ada'))[0]?.id,
      user: 'ada',
      role: 'user',
      status: 'active',
      created_at: '2026-11-20T12:00:00.000Z',
      expires_at: '2026-11-20T20:00:00.000Z',
    },
  ]);
});

test('logging out ends only the current session, immediately', async () => {
  const { call, ada, token } = await start();
  const other = await token('ada');
  expect(await call('DELETE', '/admin/session', { token: ada })).toMatchObject({ status: 204, body: '' });
  expect(refusalIn(await call('GET', '/admin/session', { token: ada }))).toEqual([401, 'INVALID_SESSION']);
  expect((await call('GET', '/admin/session', { token: other })).status).toBe(200);
});

describe('a user', () => {
  test('creates its own sessions, which expire no later than the current one', async () => {
    const { call, ada, make } = await start();
    const answer = await make(ada);
    const { session, token } = answer.body;
    expect(answer.status).toBe(201);
    expect(session).toMatchObject({ user: 'ada', role: 'user', expires_at: '2026-11-20T20:00:00.000Z' });
    expect((await call('GET', '/admin/session', { token })).body).toEqual(session);
    const sooner = await make(ada, { user: 'ada', role: 'user', expires_at: '2026-11-20T12:00:01Z' });
    expect(sooner.body.session.expires_at).toBe('2026-11-20T12:00:01.000Z');
  });

  test.each([
    ['for another user', { user: 'bob' }],
    ['for the admin', { user: 'admin' }],
    ['for itself as an admin', { role: 'admin' }],
  ])('creates no session %s', async (_, body) => {
    const { ada, admin, refusal, list, service } = await start();
    expect(await refusal(ada, body)).toEqual([403, 'FORBIDDEN']);
    expect(await list(admin)).toHaveLength(2);
    expect(await service.sessions.identify(ada)).toMatchObject({ role: 'user' });
  });

  test.each([
    ['never ends', null],
    ['ends a millisecond later', '2026-11-20T20:00:00.001Z'],
    ['ended before', '2026-11-20T11:59:59Z'],
  ])('creates no session that %s', async (_, expires_at) => {
    const { ada, admin, refusal, list } = await start();
    expect(await refusal(ada, { expires_at })).toEqual([400, 'VALIDATION_FAILED']);
    expect(await list(admin)).toHaveLength(2);
  });

  test('whose session never expires may create one that never expires', async () => {
    const { make, token } = await start();
    expect((await make(await token('bob'), { expires_at: null })).body.session.expires_at).toBeNull();
    expect((await make(await token('bob'))).body.session.expires_at).toBeNull();
  });

  test('sees and ends its own sessions only', async () => {
    const { call, ada, admin, list, make } = await start();
    const { session: spare } = (await make(ada)).body;
    expect((await list(ada)).map(({ user }) => user)).toEqual(['ada', 'ada']);
    const [foreign] = (await list(admin)).filter(({ user }) => user === 'admin');
    const end = (id: string | undefined, token = ada) => call('DELETE', `/admin/sessions/${id}`, { token });
    expect(refusalIn(await end(foreign?.id))).toEqual([404, 'SESSION_NOT_FOUND']);
    expect(refusalIn(await end('nobody'))).toEqual([404, 'SESSION_NOT_FOUND']);
    expect((await call('GET', '/admin/session', { token: admin })).status).toBe(200);
    expect((await end(spare.id)).status).toBe(204);
    expect(refusalIn(await end(spare.id))).toEqual([404, 'SESSION_NOT_FOUND']);
  });
});

describe('an admin', () => {
  test('creates sessions for any user, with any role and any expiry', async () => {
    const { admin, make } = await start();
    const body = { user: 'bob@example.com', role: 'admin', expires_at: null };
    const { session, token } = (await make(admin, body)).body;
    expect(session).toMatchObject(body);
    expect((await make(token, { user: 'carol' })).body.session.role).toBe('user');
  });

  test('sees and ends all sessions', async () => {
    const { call, ada, admin, list } = await start();
    const [session] = (await list(admin)).filter(({ user }) => user === 'ada');
    expect((await call('DELETE', `/admin/sessions/${session?.id}`, { token: admin })).status).toBe(204);
    expect(refusalIn(await call('GET', '/admin/keys', { token: ada }))).toEqual([401, 'INVALID_SESSION']);
    expect(await list(admin)).toHaveLength(2);
  });

  test('that loses the role can do no more than a user', async () => {
    const { admin, token, refusal } = await start();
    const second = await token('bob', 'admin');
    await token('bob', 'user');
    expect(await refusal(second, { user: 'ada' })).toEqual([403, 'FORBIDDEN']);
    expect(await refusal(admin, { user: 'no spaces please' })).toEqual([400, 'VALIDATION_FAILED']);
  });
});
