import { expect, test } from 'vitest';
import type { Provider } from '../../src/providers/declaration/provider.ts';
import type { Answer } from '../support/fault-server.ts';
import { FaultServer, json, text } from '../support/fault-server.ts';
import { Sandbox } from '../support/sandbox.ts';

/* Whole commands against an API that does not say which key a new secret belongs to. */

const secret = 'sk-a1b2c3d4e5f6g7h8EXAMPLE';
const provider: Provider = {
  id: 'terse',
  name: 'Terse',
  auth: { header: 'Authorization', scheme: 'Bearer' },
  capabilities: { overlap: 'client', expiry: 'none', uniqueNames: false, maxKeys: null },
  list: { get: '/keys', items: 'keys' },
  create: { post: '/keys', body: { name: '{name}' }, secret: 'secret' },
  revoke: { delete: '/keys/{id}' },
  key: {
    id: 'id',
    name: 'name',
    status: [{ at: 'state', words: { on: 'active', off: 'disabled' } }],
    createdAt: 'created',
  },
};
const rolling: Provider = {
  ...provider,
  id: 'rolling',
  capabilities: { ...provider.capabilities, overlap: 'server' },
  rotate: { post: '/keys/{id}/roll', secret: 'secret' },
  verify: { get: '/me', id: 'key_id' },
};

const old = { id: 'k-old1', name: 'ci', state: 'on', created: '2026-11-01T00:00:00Z' };
const made = { id: 'k-new1', name: 'ci', state: 'on', created: '2026-11-20T00:00:00Z' };

async function started(one: Provider, ...script: [route: string, ...answers: Answer[]][]) {
  const sandbox = new Sandbox();
  const server = await FaultServer.start();
  for (const [route, ...answers] of script) server.on(route, ...answers);
  sandbox.ownProvider(one);
  const env = { KEYS_PROVIDER: one.id, KEYS_URL: server.origin, KEYS_TOKEN: 'tok-EXAMPLE' };
  return { server, sandbox, keys: (args: readonly string[]) => sandbox.keys(args, { env }) };
}

const listed = (...keys: unknown[]) => json(200, { keys });

test('a failed delivery revokes no earlier key, even if the list lags behind', async () => {
  const { keys, server, sandbox } = await started(
    provider,
    ['GET /keys', listed(old), listed(old), listed(old), listed(old)],
    ['POST /keys', json(201, { secret })],
  );
  const run = await keys(['create', 'ci', '--to', 'exec:false']);
  expect(run.exit).toBe(5);
  expect(server.received.filter(({ method }) => method === 'DELETE')).toEqual([]);
  expect(run.stderr).not.toContain(`revoke ${old.id}`);
  expect(sandbox.leaks()).toEqual([]);
});

test('a secret is delivered even if its key cannot be found', async () => {
  const { keys, sandbox } = await started(
    provider,
    ['GET /keys', listed(old), text(400, ''), text(400, ''), text(400, '')],
    ['POST /keys', json(201, { secret })],
  );
  sandbox.expectSecretIn('ci.key');
  const run = await keys(['create', 'ci', '--to', 'file:ci.key', '--json']);
  expect(run.exit).toBe(0);
  expect(sandbox.read('ci.key').trim()).toBe(secret);
  const record = JSON.parse(run.stdout);
  expect(record).toMatchObject({ name: 'ci', changed: true });
  expect(record).not.toHaveProperty('id');
  expect(run.stderr).toMatchInlineSnapshot(`
    "warning: a key named ci already works (k-old1): the new one supersedes it, and it stays active
    warning: the API does not show which key it created: keys list --status all
    delivered to file:ci.key and read back
    "
  `);
});

test('the new key is found even if an older one has a later timestamp', async () => {
  const later = { ...old, created: '2026-12-01T00:00:00Z' };
  const { keys, sandbox } = await started(
    provider,
    ['GET /keys', listed(later), listed(later, made)],
    ['POST /keys', json(201, { secret })],
  );
  sandbox.expectSecretIn('ci.key');
  const run = await keys(['create', 'ci', '--to', 'file:ci.key', '--json']);
  expect(JSON.parse(run.stdout)).toMatchObject({ id: 'k-new1' });
});

test('a rotation that keeps the id deletes neither that key nor a disabled key of its name', async () => {
  const disabled = { id: 'k-off1', name: 'ci', state: 'off', created: '2026-11-19T00:00:00Z' };
  const whose: Answer = (response, request) =>
    json(200, { key_id: request.headers.authorization?.includes(secret) ? old.id : 'me' })(response, request);
  const { keys, server, sandbox } = await started(rolling, ['POST /keys/k-old1/roll', json(200, { secret })]);
  server.always('GET /keys', listed(old, disabled)).always('GET /me', whose);
  sandbox.expectSecretIn('ci.key');
  const run = await keys(['rotate', old.id, '--grace', '0', '--to', 'file:ci.key', '--json']);
  expect(server.received.filter(({ method }) => method === 'DELETE')).toEqual([]);
  expect(JSON.parse(run.stdout)).toMatchObject({ newId: old.id, verified: true });
  expect(run.exit).toBe(0);
});

test('a rotation retires no key for one that the API does not show', async () => {
  const rotate = { post: '/keys/{id}/roll', body: { grace: '{grace:seconds}' }, key: '', secret: 'secret' };
  const { keys, server, sandbox } = await started({ ...rolling, rotate }, [
    'POST /keys/k-old1/roll',
    json(200, { id: 'K-OLD1', secret }),
  ]);
  server.always('GET /keys', listed(old)).always('GET /me', json(200, { key_id: 'me' }));
  sandbox.expectSecretIn('ci.key');
  const run = await keys(['rotate', old.id, '--grace', '0', '--to', 'file:ci.key', '--json']);
  expect(server.received.filter(({ method }) => method === 'DELETE')).toEqual([]);
  const { error } = JSON.parse(run.stderr.slice(run.stderr.indexOf('{"error"')));
  expect(error).toMatchObject({
    code: 'not_retired',
    message: expect.stringContaining('the API does not show the new key K-OLD1, which may be k-old1 itself'),
    hint: expect.not.stringContaining('revoke'),
  });
  expect(run.exit).toBe(5);
  expect(sandbox.read('ci.key').trim()).toBe(secret);
});

const inPlace: Provider = {
  ...provider,
  id: 'in-place',
  capabilities: { ...provider.capabilities, overlap: 'server' },
  rotate: { post: '/keys/{id}/rotate', body: { grace: '{grace:seconds}' }, secret: 'secret', keepsId: true },
};

test('the API gets the grace period itself where no old key could be revoked earlier', async () => {
  const { keys, server, sandbox } = await started(inPlace, [
    'POST /keys/k-old1/rotate',
    json(200, { secret }),
  ]);
  server.always('GET /keys', listed(old));
  sandbox.expectSecretIn('ci.key');
  const run = await keys(['rotate', old.id, '--grace', '1h', '--to', 'file:ci.key', '--json']);
  const { oldRevoked, oldRevokeAt } = JSON.parse(run.stdout);
  expect(server.received.find(({ method }) => method === 'POST')?.body.toString()).toBe('{"grace":3600}');
  expect(oldRevoked).toBe(false);
  expect(Math.abs(Date.parse(oldRevokeAt) - Date.now() - 3_600_000)).toBeLessThan(60_000);
  expect(run.stderr).toContain('the old value of the key k-old1 works until');
});

test('what would end the old secret before the new one has arrived is refused before any call', async () => {
  const { keys, server } = await started(inPlace);
  const rotate = ['rotate', old.id, '--to', 'file:ci.key'];
  const atOnce = await keys([...rotate, '--grace', '0']);
  const whenIdle = await keys([...rotate, '--when-idle', '1d']);
  expect([atOnce.exit, whenIdle.exit]).toEqual([2, 2]);
  expect(atOnce.stderr + whenIdle.stderr).toMatchInlineSnapshot(`
    "error: --grace 0: the provider in-place would end the old secret at once, before the new one is delivered
    hint: give the new secret time to arrive: --grace 1h
    hint: or add --allow-downtime to rotate anyway
    error: --when-idle: the provider in-place rotates a key in place, so its old secret ends at a set time
    hint: say when: --grace 7d
    "
  `);
  expect(server.received).toEqual([]);
});

test('with --allow-downtime, the old secret ends at once', async () => {
  const { keys, server, sandbox } = await started(inPlace, [
    'POST /keys/k-old1/rotate',
    json(200, { secret }),
  ]);
  server.always('GET /keys', listed(old));
  sandbox.expectSecretIn('ci.key');
  const flags = ['--grace', '0', '--allow-downtime', '--to', 'file:ci.key', '--json'];
  const run = await keys(['rotate', old.id, ...flags]);
  expect(server.received.find(({ method }) => method === 'POST')?.body.toString()).toBe('{"grace":0}');
  expect(JSON.parse(run.stdout)).toMatchObject({ oldRevoked: true, newId: old.id });
});

test('a rotation that names no key deletes none, even if a key of the name appears meanwhile', async () => {
  const { verify: _, ...silent } = rolling;
  const { keys, server, sandbox } = await started(
    silent,
    ['GET /keys', listed(old)],
    ['POST /keys/k-old1/roll', json(200, { secret })],
  );
  server.always('GET /keys', listed(old, { ...made, id: 'k-stranger' }));
  sandbox.expectSecretIn('ci.key');
  const run = await keys(['rotate', 'ci', '--grace', '0', '--to', 'file:ci.key', '--json']);
  expect(server.received.filter(({ method }) => method === 'DELETE')).toEqual([]);
  expect(run.exit).toBe(0);
  expect(JSON.parse(run.stdout)).toMatchObject({ oldId: old.id, newId: null, oldRevoked: false });
  expect(run.stderr).toMatchInlineSnapshot(`
    "delivered to file:ci.key and read back
    warning: the API does not show whether it gave the new value to k-old1 or to another key, so no key was revoked: keys list --status all
    "
  `);
});

test('a key that somebody else creates meanwhile is not taken for the one that kept its id', async () => {
  const cloud: Provider = {
    ...rolling,
    id: 'cloud',
    rotate: { put: '/keys/{id}/value', body: { grace: '{grace:seconds}' }, secret: 'result', keepsId: true },
    verify: { get: '/me', requires: 'key_id' },
  };
  const { keys, server, sandbox } = await started(
    cloud,
    ['GET /keys', listed(old)],
    ['PUT /keys/k-old1/value', json(200, { success: true, result: secret })],
  );
  server.always('GET /keys', listed(old, made)).always('GET /me', json(200, { key_id: 'any' }));
  sandbox.expectSecretIn('ci.key');
  const run = await keys(['rotate', old.id, '--grace', '1h', '--to', 'file:ci.key', '--json']);
  expect(server.received.filter(({ method }) => method === 'DELETE')).toEqual([]);
  expect(JSON.parse(run.stdout)).toMatchObject({ newId: old.id, verified: true });
  expect(run.exit).toBe(0);
});

test('a key that is revoked already is not revoked again', async () => {
  const lasting = {
    ...provider,
    key: { ...provider.key, status: [{ at: 'state', words: { on: 'active', gone: 'revoked' } }] },
  } satisfies Provider;
  const { keys, server } = await started(lasting, [
    'GET /keys',
    listed(old),
    listed({ ...old, state: 'gone' }),
  ]);
  server.always('DELETE /keys/k-old1', json(200, {}));
  const revoke = async () => JSON.parse((await keys(['revoke', old.id, '--yes', '--json'])).stdout);
  expect(await revoke()).toMatchObject({ revoked: true, changed: true });
  expect(await revoke()).toMatchObject({ revoked: true, changed: false });
  expect(server.received.filter(({ method }) => method === 'DELETE')).toHaveLength(1);
});
