import { describe, expect, test } from 'vitest';
import type { Provider } from '../../src/providers/declaration/provider.ts';
import { changeCalls } from '../../src/remote/change-calls.ts';
import { spec } from '../support/authority.ts';
import { failureIn } from '../support/failure.ts';
import type { Answer } from '../support/fault-server.ts';
import { FaultServer, json } from '../support/fault-server.ts';
import { remoteOf } from './remote-of.ts';

/* A change is as few calls as possible, and what `keys` does not model survives it. */

const whole = { name: '{name}', expires: '{expiresAt:iso}', policies: '{kept.policies}' };
const provider: Provider = {
  id: 'box',
  name: 'Box',
  auth: { header: 'Authorization', scheme: 'Bearer' },
  capabilities: { overlap: 'client', expiry: 'any', uniqueNames: false, maxKeys: null },
  list: { get: '/keys', items: 'keys' },
  show: { get: '/keys/{id}' },
  create: { post: '/keys', body: whole, key: '', secret: 'secret' },
  update: { put: '/keys/{id}', body: { ...whole, on: '{kept.on}' } },
  disable: { put: '/keys/{id}', body: { ...whole, on: false } },
  enable: { put: '/keys/{id}', body: { ...whole, on: true } },
  revoke: { delete: '/keys/{id}' },
  key: {
    id: 'id',
    name: 'name',
    expiresAt: 'expires',
    status: [{ at: 'on', words: { true: 'active', false: 'disabled' } }],
    kept: { policies: 'policies', on: 'on' },
    harmless: ['on'],
  },
};
const stored = {
  id: 'k1',
  name: 'ci',
  expires: '2027-01-31T00:00:00Z',
  on: true,
  policies: [{ effect: 'allow', token: 'kept-EXAMPLE' }],
};
const { id: _, ...fields } = stored;

async function started(one: Provider, ...answers: [route: string, answer: Answer][]) {
  const server = await FaultServer.start();
  for (const [route, answer] of answers) server.on(route, answer);
  const sent = () =>
    server.received.map(({ method, path, body }) =>
      body.length === 0 ? `${method} ${path}` : [`${method} ${path}`, JSON.parse(String(body))],
    );
  return { server, sent, backend: remoteOf(one, server).backend };
}

describe('a change that replaces the whole key', () => {
  test('repeats what the declaration keeps, as it is now', async () => {
    const { backend, sent } = await started(
      provider,
      ['GET /keys/k1', json(200, { ...stored, on: false })],
      ['PUT /keys/k1', json(200, {})],
      ['GET /keys/k1', json(200, { ...stored, name: 'web', on: false })],
    );
    expect(await backend.update('k1', { name: 'web' })).toMatchObject({ name: 'web', status: 'disabled' });
    expect(sent()[1]).toEqual(['PUT /keys/k1', { ...fields, name: 'web', on: false }]);
  });

  test('disables with a look and a change, if the answer has the new status', async () => {
    const { backend, sent } = await started(
      provider,
      ['GET /keys/k1', json(200, stored)],
      ['PUT /keys/k1', json(200, { ...stored, on: false })],
    );
    expect(await backend.update('k1', { disabled: true })).toMatchObject({ id: 'k1', status: 'disabled' });
    expect(sent()).toEqual(['GET /keys/k1', ['PUT /keys/k1', { ...fields, on: false }]]);
  });

  test.each([
    ['nothing', {}],
    ['the old status', stored],
    ['no status', { id: 'k1', name: 'ci' }],
  ])('looks again if the answer has %s', async (_, answer) => {
    const { backend, sent } = await started(
      provider,
      ['GET /keys/k1', json(200, stored)],
      ['PUT /keys/k1', json(200, answer)],
      ['GET /keys/k1', json(200, { ...stored, on: false })],
    );
    expect(await backend.update('k1', { disabled: true })).toMatchObject({ status: 'disabled' });
    expect(sent()).toHaveLength(3);
  });

  test.each([
    ['it restricts the key and is not declared', { ...stored, scopes: ['read'] }, 'scopes'],
    ['it is not what the API documents', { ...stored, expires: 'soon' }, 'expiresAt'],
  ])('is refused if a field would be lost: %s', async (_, before, field) => {
    const { backend, sent } = await started(provider, ['GET /keys/k1', json(200, before)]);
    const failure = await failureIn(backend.update('k1', { disabled: true }));
    expect(failure).toMatchObject({ exit: 'failed', code: 'would_be_lost' });
    expect(failure.message).toContain(field);
    expect(failure.message).not.toContain('EXAMPLE');
    expect(sent()).toHaveLength(1);
  });

  test('does not need to see the key if the API keeps what is not sent', async () => {
    const update = { put: '/keys/{id}', body: { name: '{name}' }, partial: true } as const;
    const { backend, sent } = await started(
      { ...provider, update },
      ['PUT /keys/k1', json(200, {})],
      ['GET /keys/k1', json(200, stored)],
    );
    await backend.update('k1', { name: 'ci' });
    expect(sent()[0]).toEqual(['PUT /keys/k1', { name: 'ci' }]);
  });
});

test('a call that changes the status is refused only for a field that it would drop', async () => {
  const disable = { put: '/keys/{id}', body: { name: '{name}', on: false } };
  const odd = { ...stored, expires: 'soon' };
  const server = await FaultServer.start();
  server.always('GET /keys/k1', json(200, odd));
  server.always('PUT /keys/k1', json(200, { ...odd, expires: null, on: false }));
  const run = (partial: object) =>
    remoteOf({ ...provider, disable: { ...disable, ...partial } }, server).backend.update('k1', {
      disabled: true,
    });
  expect(await failureIn(run({}))).toMatchObject({ code: 'would_be_lost' });
  expect(await run({ partial: true })).toMatchObject({ status: 'disabled' });
});

test.each([['PUT'], ['POST']])('an error never repeats what was kept: %s', async (method) => {
  const token = 'abcd1234efgh5678-EXAMPLE';
  const policies = [{ effect: 'allow', token }];
  const refusal = json(400, { message: `the policy with ${token} is not allowed` });
  const server = await FaultServer.start();
  server.always('GET /keys/k1', json(200, { ...stored, policies }));
  server.on(method === 'PUT' ? 'PUT /keys/k1' : 'POST /keys', refusal);
  const { backend } = remoteOf(provider, server);
  const call =
    method === 'PUT'
      ? backend.update('k1', { name: 'web' })
      : backend.create(spec({ name: 'web', kept: { policies } }));
  const failure = await failureIn(call);
  expect(failure.message).toContain('the policy with **** is not allowed');
});

describe('several update calls', () => {
  const rename = { patch: '/keys/{id}', body: { name: '{name}' } };
  const permit = { put: '/keys/{id}', body: { name: '{name}', scopes: '{permissions}' } };
  const limit = { post: '/keys/{id}/limit', body: { rpm: '{rateLimitRpm}' } };
  const several: Provider = {
    ...provider,
    create: { post: '/keys', body: { name: '{name}', scopes: '{permissions}' }, key: '', secret: 'secret' },
    update: [rename, permit, limit],
    key: { id: 'id', name: 'name', permissions: 'scopes', rateLimitRpm: 'rpm' },
  };

  test.each([
    ['the first one that sends the field', { name: 'web' }, [rename]],
    ['the only one that sends the field', { permissions: ['read'] }, [permit]],
    ['one that sends both fields', { name: 'web', permissions: ['read'] }, [permit]],
    ['all that are needed, in their order', { rateLimitRpm: 5, name: 'web' }, [rename, limit]],
  ])('are made as needed: %s', (_, changes, operations) => {
    expect(changeCalls(several, changes).map(({ operation }) => operation)).toEqual(operations);
  });

  test('tell what has changed and what has not if a later one fails', async () => {
    const { backend } = await started(
      several,
      ['PATCH /keys/k1', json(200, {})],
      ['POST /keys/k1/limit', json(422, { message: 'too low' })],
    );
    const failure = await failureIn(backend.update('k1', { name: 'web', rateLimitRpm: 1 }));
    expect(failure).toMatchObject({ exit: 'unfinished', code: 'partly_changed', httpStatus: 422 });
    expect(failure.message).toMatchInlineSnapshot(
      `"name of the key k1 changed, but rateLimitRpm did not: the API rejected the request: too low"`,
    );
  });

  test('that fail at once have changed nothing', async () => {
    const { backend } = await started(several, ['PATCH /keys/k1', json(422, { message: 'too long' })]);
    const failure = await failureIn(backend.update('k1', { name: 'web', rateLimitRpm: 1 }));
    expect(failure).toMatchObject({ exit: 'failed', code: 'rejected' });
  });
});
