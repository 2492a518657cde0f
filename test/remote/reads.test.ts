import { expect, test } from 'vitest';
import { Secret } from '../../src/base/secret.ts';
import { unreal } from '../../src/providers/built-in/unreal.ts';
import type { Provider } from '../../src/providers/declaration/provider.ts';
import { failureIn } from '../support/failure.ts';
import { FaultServer, json, resetBeforeReply } from '../support/fault-server.ts';
import { remoteOf } from './remote-of.ts';

/* Whether a call is a read follows from its declaration, not from its method. */

const provider: Provider = {
  ...unreal,
  list: { post: '/keys.list', items: 'keys' },
  show: { post: '/keys.show', body: { id: '{id}' } },
  revoke: { get: '/keys/{id}/revoke' },
  verify: { post: '/keys.whoami', body: {}, models: 'models' },
};
const key = { hash: 'h1', name: 'ci' };

test('list, show and verify are retried even if they are POST requests', async () => {
  const server = await FaultServer.start();
  server.on('POST /keys.list', resetBeforeReply, json(502, {}), json(200, { keys: [key] }));
  server.on('POST /keys.show', resetBeforeReply, json(200, key));
  server.on('POST /keys.whoami', resetBeforeReply, json(200, { models: [] }));
  const { backend } = remoteOf(provider, server);
  expect(await backend.list()).toMatchObject([{ id: 'h1' }]);
  expect(await backend.get('h1')).toMatchObject({ id: 'h1' });
  expect(await backend.verify(new Secret('sk-EXAMPLE'))).toMatchObject({ valid: true });
});

test('a lost reply to a list is not ambiguous', async () => {
  const server = await FaultServer.start();
  server.on('POST /keys.list', ...Array.from({ length: 4 }, () => resetBeforeReply));
  const failure = await failureIn(remoteOf(provider, server).backend.list());
  expect(failure).toMatchObject({ exit: 'network', code: 'connection_failed' });
});

test('a revocation by GET is not retried', async () => {
  const server = await FaultServer.start();
  server.on('GET /keys/h1/revoke', resetBeforeReply).always('POST /keys.show', json(200, key));
  const failure = await failureIn(remoteOf(provider, server).backend.revoke('h1'));
  expect(failure).toMatchObject({ code: 'reply_lost' });
  expect(server.received.filter(({ path }) => path.endsWith('/revoke'))).toHaveLength(1);
});

test.each([null, ''])('a key with the id %j hides no list, even if it is the only one', async (hash) => {
  const server = await FaultServer.start();
  server.on('GET /v1/keys', json(200, { keys: [{ hash, name: 'ci' }] }));
  const { backend, warnings } = remoteOf(unreal, server);
  expect(await backend.list()).toEqual([]);
  expect(warnings).toEqual(['the field keys[0] is not a key with the field hash; this key is omitted']);
});
