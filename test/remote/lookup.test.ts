import { expect, test } from 'vitest';
import { sendgrid } from '../../src/providers/built-in/sendgrid.ts';
import type { Provider } from '../../src/providers/declaration/provider.ts';
import { failureIn } from '../support/failure.ts';
import { FaultServer, json } from '../support/fault-server.ts';
import { Sandbox } from '../support/sandbox.ts';
import { remoteOf } from './remote-of.ts';

/* Commands about one key, at an API whose list is incomplete. */

const provider: Provider = {
  id: 'vague',
  name: 'Vague',
  auth: { header: 'Authorization', scheme: 'Bearer' },
  capabilities: { overlap: 'client', expiry: 'none', uniqueNames: false, maxKeys: null },
  list: { get: '/keys', items: 'keys' },
  show: { get: '/keys/{id}' },
  create: { post: '/keys', body: { name: '{name}' }, key: '', secret: 'secret' },
  revoke: { delete: '/keys/{id}' },
  key: {
    id: 'id',
    name: 'name',
    labels: 'meta',
    status: [{ at: 'state', words: { gone: 'revoked', on: 'active' } }],
  },
};
const hidden = { id: 'k-hidden1', name: 'deploy', state: 'on' };

async function started(list: unknown) {
  const sandbox = new Sandbox();
  const server = await FaultServer.start();
  sandbox.ownProvider(provider);
  server.always('GET /keys', json(200, list));
  const env = { KEYS_PROVIDER: 'vague', KEYS_URL: server.origin, KEYS_TOKEN: 'tok-EXAMPLE' };
  return { server, keys: (args: readonly string[]) => sandbox.keys(args, { env }) };
}

test('a full id that is not listed is fetched', async () => {
  const { server, keys } = await started({ keys: [] });
  server.always('GET /keys/k-hidden1', json(200, hidden)).always('GET /keys/k-none1', json(404, {}));
  server.on('DELETE /keys/k-hidden1', json(200, {}));
  expect((await keys(['show', 'k-hidden1', '--json'])).stdout).toContain('"deploy"');
  expect(JSON.parse((await keys(['revoke', 'k-hidden1', '--yes', '--json'])).stdout)).toMatchObject({
    changed: true,
  });
  expect(await keys(['show', 'k-none1'])).toMatchObject({ exit: 3 });
});

test('a name is looked up in the list only', async () => {
  const { server, keys } = await started({ keys: [{ id: 'k1', name: 'ci app' }] });
  expect(await keys(['show', 'web app'])).toMatchObject({ exit: 3 });
  expect(server.received.map(({ path }) => path)).toEqual(['/keys']);
});

test('a key is revoked by its id even if the list cannot be read', async () => {
  const { server, keys } = await started({ keys: [], total: 5 });
  server.always('GET /keys/k-hidden1', json(200, hidden)).on('DELETE /keys/k-hidden1', json(200, {}));
  const run = await keys(['revoke', 'k-hidden1', '--yes', '--json']);
  expect(JSON.parse(run.stdout)).toMatchObject({ id: 'k-hidden1', changed: true });
  expect(run.stderr).toMatchInlineSnapshot(`
    "warning: the API reports 5 keys but returned 0, so the list would be incomplete; each key was fetched by its id instead
    "
  `);
  server.always('GET /keys/deploy', json(404, {}));
  expect(await keys(['revoke', 'deploy', '--yes'])).toMatchObject({ exit: 7 });
});

test('a key with unreadable fields is reported, and all keys can still be revoked', async () => {
  const odd = { id: 'k-odd1', name: 'odd', meta: { trial: true }, state: 'on' };
  const { server, keys } = await started({
    keys: [odd, { id: null, name: 'x' }, { ...hidden, state: 'on' }],
  });
  server.on('DELETE /keys/k-hidden1', json(200, {})).on('DELETE /keys/k-odd1', json(200, {}));
  const listed = await keys(['list', '--json']);
  expect(listed.exit).toBe(0);
  expect(JSON.parse(listed.stdout)).toHaveLength(2);
  expect(listed.stderr).toMatchInlineSnapshot(`
    "warning: the key k-odd1: the field keys[0].meta.trial is not a string; labels is omitted
    warning: the field keys[1] is not a key with the field id; this key is omitted
    "
  `);

  expect(await keys(['revoke', 'deploy', '--yes'])).toMatchObject({ exit: 0 });
  expect(await keys(['revoke', 'k-odd1', '--yes'])).toMatchObject({ exit: 0 });
});

test('a revoked key is not revoked again', async () => {
  const { server, keys } = await started({ keys: [{ ...hidden, state: 'gone' }] });
  const run = await keys(['revoke', 'deploy', '--yes', '--json']);
  expect(JSON.parse(run.stdout)).toMatchObject({ revoked: true, changed: false });
  expect(server.received.map(({ method }) => method)).toEqual(['GET']);
});

test('in a list of keys, the one with the id is shown', async () => {
  const server = await FaultServer.start();
  const other = { api_key_id: 'sg0', name: 'other', scopes: [] };
  server.on(
    'GET /v3/api_keys/sg1',
    json(200, { result: [other, { api_key_id: 'sg1', name: 'ci', scopes: ['a'] }] }),
    json(200, { api_key_id: 'sg1', name: 'ci', scopes: ['b'] }),
    json(200, { result: [other] }),
  );
  const { backend } = remoteOf(sendgrid, server);
  expect(await backend.get('sg1')).toMatchObject({ id: 'sg1', permissions: ['a'] });
  expect(await backend.get('sg1')).toMatchObject({ id: 'sg1', permissions: ['b'] });
  expect(await failureIn(backend.get('sg1'))).toMatchObject({ exit: 'network', code: 'unexpected_answer' });
});
