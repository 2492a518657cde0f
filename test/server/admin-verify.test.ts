import { expect, test } from 'vitest';
import { spec, use } from '../support/authority.ts';
import { refusalIn, serving, testService } from '../support/authority-service.ts';
import { collect } from '../support/collect.ts';

async function start(organisation = {}) {
  const made = await testService(organisation);
  const server = await serving(made);
  return { ...made, ...server, ada: await server.token('ada') };
}

test('GET /admin/verify lists the models that a key may call; null means every model', async () => {
  const { call, keysOf } = await start();
  const { id, secret } = await (await keysOf('ada')).issue(spec({ name: 'ci' }));
  const [one, some] = [secret, (await (await keysOf('ada')).issue(spec({ models: ['small'] }))).secret];
  const answer = await call('GET', '/admin/verify', { token: one.reveal() });
  expect([answer.status, answer.body]).toEqual([200, { key_id: id, name: 'ci', models: null }]);
  const limited = await call('GET', '/admin/verify', { token: some.reveal() });
  expect(limited.body).toMatchObject({ models: ['small'] });
});

test('it uses no slot of the rate limit, and is not a use of the key', async () => {
  const { call, keysOf } = await start();
  const { id, secret } = await (await keysOf('ada')).issue(spec({ rateLimitRpm: 1 }));
  const key = secret.reveal();
  for (let times = 0; times < 3; times++) {
    expect((await call('GET', '/admin/verify', { token: key })).status).toBe(200);
  }
  expect((await call('GET', '/v1/authorize', { token: key })).status).toBe(200);
  expect((await call('GET', '/v1/authorize', { token: key })).status).toBe(429);
  expect((await call('GET', '/admin/verify', { token: key })).status).toBe(200);
  expect(await collect((await keysOf('ada')).logs({ keyId: id, pathPrefix: '/admin' }))).toEqual([]);
});

test('it reports why a key does not work', async () => {
  const { call, keysOf, service, clock, ada: session } = await start();
  const ada = await keysOf('ada');
  const soon = new Date(clock.now().getTime() + 1000);
  const [short, poor] = [await ada.issue(spec({ expiresAt: soon })), await ada.issue(spec({ budgetUsd: 1 }))];
  await service.gate.record([use({ keyId: poor.id, costUsd: 1 })]);
  clock.advance(1000);
  for (const [shown, refusal] of [
    [short.secret.reveal(), [401, 'EXPIRED_API_KEY']],
    [poor.secret.reveal(), [402, 'BUDGET_EXCEEDED']],
    [session, [401, 'INVALID_API_KEY']],
    [undefined, [401, 'MISSING_API_KEY']],
  ] as const) {
    const answer = await call('GET', '/admin/verify', { ...(shown !== undefined && { token: shown }) });
    expect(refusalIn(answer)).toEqual(refusal);
    expect(answer.headers.has('www-authenticate')).toBe(refusal[0] === 401);
  }
});

test('it reports an organisation without models', async () => {
  const { call, keysOf } = await start({ models: [] });
  const { secret } = await (await keysOf('ada')).issue(spec());
  expect(refusalIn(await call('GET', '/admin/verify', { token: secret.reveal() }))).toEqual([
    403,
    'NO_MODELS',
  ]);
});
