import { describe, expect, test } from 'vitest';
import { gcpServiceAccount } from '../../src/providers/built-in/gcp-service-account.ts';
import { unreal } from '../../src/providers/built-in/unreal.ts';
import type { Provider, Toggle } from '../../src/providers/declaration/provider.ts';
import { failureIn } from '../support/failure.ts';
import type { Answer } from '../support/fault-server.ts';
import { FaultServer, json, text } from '../support/fault-server.ts';
import { now } from './clock.ts';
import { remoteOf } from './remote-of.ts';

/* An answer that confirms a change of the status is believed only if nothing in it says otherwise. */

const { update: _, ...rest } = unreal;
const row = { id: 'k1', name: 'ci', on: true };

function providerWith(disable: Partial<Toggle>, enable: Partial<Toggle> = {}): Provider {
  return {
    ...rest,
    list: { get: '/keys', items: '' },
    show: { get: '/keys/{id}' },
    disable: { post: '/keys/{id}/off', ...disable },
    enable: { post: '/keys/{id}/on', ...enable },
    key: {
      id: 'id',
      name: 'name',
      status: [{ at: 'on', words: { true: 'active', false: 'disabled' } }],
      expiresAt: { at: 'expires', missing: null },
    },
  };
}

/** The key stays as it is, whatever the answer to the change is. */
async function toggled(provider: Provider, answer: Answer, disabled = true, listedRow: object = row) {
  const server = await FaultServer.start();
  server.always('GET /keys', json(200, [listedRow])).always('GET /keys/k1', json(200, listedRow));
  server.always('POST /keys/k1/off', answer).always('POST /keys/k1/on', answer);
  const { backend } = remoteOf(provider, server);
  const [listedKey] = await backend.list();
  return backend.update('k1', { disabled }, listedKey);
}

describe.each<[string, Partial<Toggle>, object]>([
  ['the status', { confirms: 'status' }, {}],
  ['an ok', { ok: { at: 'meta.requestId' } }, { meta: { requestId: 'r1' } }],
])('%s', (_, declared, success) => {
  const provider = providerWith(declared);

  test('confirms a change', async () => {
    expect(await toggled(provider, json(200, success))).toMatchObject({ id: 'k1', status: 'disabled' });
  });

  test.each<[string, Answer]>([
    ['the key as it was', json(200, { ...success, ...row })],
    ['the key as it was, inside another field', json(200, { ...success, data: row })],
    ['the old status alone', json(200, { ...success, on: true })],
    ['the old status in other words', json(200, { ...success, disabled: false })],
    ['the old status as a word', json(200, { ...success, status: 'ACTIVE' })],
    ['another key', json(200, { ...success, id: 'k2', on: false })],
    ['a call that is not over', json(200, { ...success, name: 'operations/1', done: false })],
    ['a call that was accepted', json(202, success)],
    ['a call that changed nothing', json(200, { ...success, affected: 0 })],
    ['several results', json(207, { ...success, results: [{ id: 'k1', status: 403 }] })],
    ['another field that is still on', json(200, { ...success, enabled: true })],
    ['a text', text(200, 'not allowed')],
  ])('does not confirm a change if the answer has %s', async (__, answer) => {
    expect(await failureIn(toggled(provider, answer))).toMatchObject({
      code: 'rejected',
      message: expect.stringContaining('still reports the key k1 as active'),
    });
  });

  test('does not hide a refusal', async () => {
    const answer = json(200, { ...success, error: { message: 'not yours' } });
    expect(await failureIn(toggled(provider, answer))).toMatchObject({
      code: 'rejected',
      message: expect.stringContaining('not yours'),
    });
  });
});

test('an ok is not met by an empty answer', async () => {
  const provider = providerWith({ ok: { at: 'meta.requestId' } });
  expect(await failureIn(toggled(provider, text(204, '')))).toMatchObject({ code: 'rejected' });
});

test('an answer about another key does not stand for the key, even without a confirmation', async () => {
  const failure = await failureIn(toggled(providerWith({}), json(200, { id: 'k2', on: false })));
  expect(failure.message).toContain('still reports the key k1 as active');
});

describe('an enabled key whose reads lag behind', () => {
  const off = { ...row, on: false };
  const provider = providerWith({}, { confirms: 'status' });

  test.each([
    ['active', undefined],
    ['expiring', new Date(now.getTime() + 86_400_000)],
    ['expired', new Date(now.getTime() - 1000)],
  ])('is %s', async (status, end) => {
    const listedRow = { ...off, ...(end && { expires: end.toISOString() }) };
    // An expired key is no longer shown as disabled.
    const key = await toggled(provider, json(200, {}), false, listedRow);
    expect(key).toMatchObject({ id: 'k1', status });
  });

  test('is not taken for enabled without a confirmation', async () => {
    expect(await failureIn(toggled(providerWith({}), json(200, {}), false, off))).toMatchObject({
      code: 'rejected',
      message: expect.stringContaining('still reports the key k1 as disabled'),
    });
  });

  test('is enabled at Google Cloud by what the API answers', async () => {
    const name = 'projects/p/serviceAccounts/a/keys/0f1e';
    const server = await FaultServer.start();
    const row = { name, disabled: true, validAfterTime: '2026-11-01T00:00:00Z' };
    const list = 'GET /v1/projects/p/serviceAccounts/a/keys?keyTypes=USER_MANAGED';
    server.always(list, json(200, { keys: [row] }));
    server.always(`POST /v1/${name}:enable`, json(200, {}));
    const { backend } = remoteOf(gcpServiceAccount, server, { project: 'p', account: 'a' });
    const [listedKey] = await backend.list();
    expect(await backend.update(name, { disabled: false }, listedKey)).toMatchObject({ status: 'active' });
  });
});

test('a revocation with an ok of its own is looked up if the answer is a text', async () => {
  const server = await FaultServer.start();
  server.always('GET /keys/k1', json(200, row)).always('DELETE /keys/k1', text(200, 'not allowed'));
  const revoke = { delete: '/keys/{id}', ok: { at: 'done' } };
  const { backend } = remoteOf({ ...providerWith({}), revoke }, server);
  expect(await failureIn(backend.revoke('k1'))).toMatchObject({ code: 'not_revoked' });
});
