import { expect, test } from 'vitest';
import type { Serving } from '../support/authority-service.ts';
import { refusalIn, serving, testService } from '../support/authority-service.ts';

/* Sessions created with a session end with it: otherwise a leaked token would outlive its revocation. */

interface Made {
  session: { id: string; role: string };
  token: string;
}

async function make({ call }: Serving, token: string, body: object = {}) {
  const answer = await call<Made>('POST', '/admin/sessions', { token, body, secret: true });
  expect(answer.status).toBe(201);
  return answer.body;
}

async function start() {
  const made = await testService();
  const server = await serving(made);
  const root = await made.service.sessions.create({ user: 'ada', expiresAt: null });
  const found = root.token.reveal();
  const child = await make(server, found);
  const grandchild = await make(server, child.token);
  const works = async (token: string) =>
    (await server.call('GET', '/admin/session', { token })).status === 200;
  const tokens = [found, child.token, grandchild.token];
  return { ...made, ...server, server, root, found, child, grandchild, works, tokens };
}

test.each<[string, (started: Awaited<ReturnType<typeof start>>) => unknown]>([
  [
    'by an admin',
    async ({ call, root, token }) =>
      call('DELETE', `/admin/sessions/${root.session.id}`, { token: await token('admin') }),
  ],
  ['on the machine', ({ service: { sessions }, root }) => sessions.revoke(root.session.id)],
  ['by the holder of the token', ({ call, found }) => call('DELETE', '/admin/session', { token: found })],
])('ending a session %s ends all sessions created with it', async (_, end) => {
  const started = await start();
  const other = await started.token('ada');
  await end(started);
  for (const token of started.tokens) expect(await started.works(token)).toBe(false);
  expect(await started.works(other)).toBe(true);
});

test('ending a child leaves its parent; ending the parent ends the remaining sessions', async () => {
  const started = await start();
  const {
    service: { sessions },
    child,
    works,
    tokens,
    root,
    server,
    found,
  } = started;
  await sessions.revoke(child.session.id);
  expect(await Promise.all(tokens.map(works))).toEqual([true, false, false]);
  const late = await make(server, found);
  expect(await sessions.revoke(root.session.id)).toBe(true);
  expect(await works(late.token)).toBe(false);
  expect(await sessions.revoke(root.session.id)).toBe(false);
});

test('a session that has ended cannot create another', async () => {
  const {
    call,
    found,
    root,
    service: { sessions },
  } = await start();
  await sessions.revoke(root.session.id);
  expect(refusalIn(await call('POST', '/admin/sessions', { token: found, body: {} }))).toEqual([
    401,
    'INVALID_SESSION',
  ]);
});

test('a response is repeated only to the session that sent the request', async () => {
  const made = await testService();
  const { call, token } = await serving(made);
  const [mine, other] = [await token('ada'), await token('ada')];
  const create = (session: string, secret: boolean) =>
    call<{ secret: string }>('POST', '/admin/keys', {
      token: session,
      body: { name: 'ci' },
      headers: { 'idempotency-key': 'deploy-2026-11-21' },
      secret,
    });
  const [first, again] = [await create(mine, true), await create(mine, true)];
  expect(again.body.secret).toBe(first.body.secret);
  expect(refusalIn(await create(other, false))).toEqual([422, 'IDEMPOTENCY_KEY_REUSED']);
});

test('a user can create at most 100 live sessions, and old ones are removed', async () => {
  const made = await testService();
  const server = await serving(made);
  const mine = await server.token('ada');
  const sessions = [];
  for (let round = 0; round < 99; round++) sessions.push(await make(server, mine));
  const more = await server.call('POST', '/admin/sessions', { token: mine, body: {} });
  expect(refusalIn(more)).toEqual([403, 'SESSION_LIMIT_REACHED']);
  for (const { session } of sessions) await made.service.sessions.revoke(session.id);
  made.clock.advance(31 * 86_400_000);
  expect(await made.service.sessions.list('ada')).toHaveLength(100);
  await make(server, mine);
  expect(await made.service.sessions.list('ada')).toHaveLength(2);
  expect(await server.token('ada')).toMatch(/^ses_/);
});

test.each([{}, { role: 'user' }])(
  'a session from before its user became an admin grants no more than it has: %j',
  async (body) => {
    const { service: authority, ...made } = await testService();
    const server = await serving({ service: authority, ...made });
    const old = (await authority.sessions.create({ user: 'bob', expiresAt: null })).token.reveal();
    const admin = (
      await authority.sessions.create({ user: 'bob', role: 'admin', expiresAt: null })
    ).token.reveal();
    const child = await make(server, old, body);
    expect(child.session.role).toBe('user');
    expect((await server.call('GET', '/admin/users', { token: child.token })).status).toBe(403);
    // Nor does it affect the others.
    expect((await server.call('GET', '/admin/users', { token: admin })).status).toBe(200);
  },
);
