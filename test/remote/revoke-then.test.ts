import { expect, test } from 'vitest';
import { unreal } from '../../src/providers/built-in/unreal.ts';
import { checkProvider } from '../../src/providers/declaration/check.ts';
import type { Provider } from '../../src/providers/declaration/provider.ts';
import { failureIn } from '../support/failure.ts';
import { FaultServer, json, resetBeforeReply } from '../support/fault-server.ts';
import { remoteOf } from './remote-of.ts';

/* A revocation that is complete only with a second call. */

const provider: Provider = {
  ...unreal,
  revoke: {
    post: '/v1/keys/{id}/revoke',
    // biome-ignore lint/suspicious/noThenProperty: a list, which nothing awaits
    then: [{ delete: '/v1/keys/{id}' }],
  },
};

test('the second call follows the first', async () => {
  const server = await FaultServer.start();
  server.on('POST /v1/keys/h1/revoke', json(200, { key: { hash: 'h1' } }));
  server.on('DELETE /v1/keys/h1', json(200, { id: 'h1', deleted: true }));
  expect(await remoteOf(provider, server).backend.revoke('h1')).toBe(true);
  expect(server.received.map(({ method }) => method)).toEqual(['POST', 'DELETE']);
});

test('a key that does not exist needs no second call, and one that is gone already is done', async () => {
  const server = await FaultServer.start();
  server.on('POST /v1/keys/h1/revoke', json(404, {}), json(200, { key: { hash: 'h1' } }));
  server.always('GET /v1/keys/h1', json(404, {}));
  server.on('DELETE /v1/keys/h1', json(404, {}));
  const { backend } = remoteOf(provider, server);
  expect(await backend.revoke('h1')).toBe(false);
  expect(server.received.map(({ method }) => method)).not.toContain('DELETE');
  expect(await backend.revoke('h1')).toBe(true);
});

test('a failure of the second call tells what is done, what is not, and how to do it', async () => {
  const server = await FaultServer.start();
  server.on('POST /v1/keys/h1/revoke', json(200, { key: { hash: 'h1' } }));
  server.on('DELETE /v1/keys/h1', json(403, { message: 'not yours' }));
  expect(await failureIn(remoteOf(provider, server).backend.revoke('h1'))).toMatchObject({
    exit: 'unfinished',
    code: 'revocation_incomplete',
    message:
      'the key h1 is revoked, but DELETE /v1/keys/h1 is still to be done: the session token does not allow this: not yours',
    hints: ['keys api DELETE /v1/keys/h1'],
  });
});

test('a failure of the first call is followed by nothing', async () => {
  const server = await FaultServer.start();
  server.on('POST /v1/keys/h1/revoke', json(403, { message: 'not yours' }));
  expect(await failureIn(remoteOf(provider, server).backend.revoke('h1'))).toMatchObject({
    exit: 'auth',
    code: 'forbidden',
  });
  expect(server.received).toHaveLength(1);
});

test('a lost reply to the first call is followed by the second once the key is seen to be revoked', async () => {
  const server = await FaultServer.start();
  server.on('POST /v1/keys/h1/revoke', resetBeforeReply);
  server.always('GET /v1/keys/h1', json(404, {}));
  server.on('DELETE /v1/keys/h1', json(404, {}));
  expect(await remoteOf(provider, server).backend.revoke('h1')).toBe(true);
  expect(server.received.at(-1)?.method).toBe('DELETE');
});

test('the calls that follow are checked like any other', () => {
  const issues = (then: unknown) =>
    checkProvider({ ...unreal, revoke: { ...provider.revoke, then } }).issues.map(({ path }) => path);
  expect(issues([{ delete: '/v1/keys/{id}' }])).toEqual([]);
  expect(issues([{ delete: '/v1/keys' }])).toEqual(['revoke.then.0']);
  expect(issues([{ delete: '/v1/keys/{id}' }, {}])).toContain('revoke.then.1');
  expect(issues([{ delete: '/v1/keys/{key}' }])).toContain('revoke.then.0.delete');
  expect(issues([{ post: '/v1/keys/{id}', body: {}, form: {} }])).toEqual(['revoke.then.0.form']);
});
