import { describe, expect, test } from 'vitest';
import { updatesOf } from '../../src/providers/declaration/call.ts';
import type { Provider, Update } from '../../src/providers/declaration/provider.ts';
import { failureIn } from '../support/failure.ts';
import { FaultServer, json } from '../support/fault-server.ts';
import { Sandbox } from '../support/sandbox.ts';
import { remoteOf } from './remote-of.ts';

/* A change affects the requested fields and nothing else. */

const update: Update = {
  patch: '/keys/{id}',
  body: { name: '{name}', tags: '{labels}', scopes: '{permissions}' },
};
const provider: Provider = {
  id: 'box',
  name: 'Box',
  auth: { header: 'Authorization', scheme: 'Bearer' },
  capabilities: { overlap: 'client', expiry: 'none', uniqueNames: false, maxKeys: null },
  list: { get: '/keys', items: 'keys' },
  show: { get: '/keys/{id}' },
  create: { post: '/keys', body: { name: '{name}' }, key: '', secret: 'secret' },
  update,
  disable: { post: '/keys/{id}/off' },
  enable: { post: '/keys/{id}/on' },
  revoke: { delete: '/keys/{id}' },
  key: { id: 'id', name: 'name', labels: 'tags', permissions: 'scopes' },
};
const stored = { id: 'k-one1', name: 'ci', tags: { team: 'web', tier: '1' }, scopes: ['read'] };

async function updated(one: Provider, before: object, changes: object): Promise<unknown> {
  const server = await FaultServer.start();
  const method = updatesOf(one)[0]?.put ? 'PUT' : 'PATCH';
  server.always('GET /keys/k-one1', json(200, before)).on(`${method} /keys/k-one1`, json(200, {}));
  await remoteOf(one, server).backend.update('k-one1', changes);
  return JSON.parse(String(server.received.find((request) => request.method === method)?.body));
}

describe('labels', () => {
  test('that the API replaces are sent together with the unchanged ones', async () => {
    const labels = { tier: '2', fresh: 'x' };
    expect(await updated(provider, stored, { labels })).toEqual({
      tags: { team: 'web', tier: '2', fresh: 'x' },
    });
  });

  test('that are removed are omitted, not sent as null', async () => {
    expect(await updated(provider, stored, { labels: { team: null } })).toEqual({ tags: { tier: '1' } });
  });

  test('that the API merges are sent alone', async () => {
    const merging: Provider = { ...provider, update: { ...update, labels: 'merge' } };
    const server = await FaultServer.start();
    server.always('GET /keys/k-one1', json(200, stored)).on('PATCH /keys/k-one1', json(200, {}));
    await remoteOf(merging, server).backend.update('k-one1', { labels: { team: null, tier: '2' } });
    expect(JSON.parse(String(server.received[0]?.body))).toEqual({ tags: { team: null, tier: '2' } });
  });

  test('that cannot be read are not replaced', async () => {
    const server = await FaultServer.start();
    server.always('GET /keys/k-one1', json(200, { ...stored, tags: { trial: true } }));
    const { backend } = remoteOf(provider, server);
    const failure = await failureIn(backend.update('k-one1', { labels: { a: 'b' } }));
    expect(failure).toMatchObject({ exit: 'failed', code: 'would_be_lost' });
    expect(server.received.map(({ method }) => method)).not.toContain('PATCH');
  });

  test('that the declaration does not read cannot be changed', async () => {
    const { labels: _, ...key } = provider.key;
    const server = await FaultServer.start();
    const { backend } = remoteOf({ ...provider, key }, server);
    expect(backend.capabilities.updateFields).toEqual(['name', 'permissions']);
  });
});

test('a change that replaces the whole key repeats the unchanged fields', async () => {
  const { patch, ...fields } = update;
  const replacing: Provider = { ...provider, update: { ...fields, put: '/keys/{id}' } };
  expect(await updated(replacing, stored, { name: 'web' })).toEqual({
    name: 'web',
    tags: stored.tags,
    scopes: ['read'],
  });
  expect(await updated(replacing, stored, { permissions: ['write'] })).toMatchObject({
    name: 'ci',
    scopes: ['write'],
  });
});

describe('a rename that gives the key another id', () => {
  const renamed = { ...stored, id: 'k-two2', name: 'web' };

  test('is followed by the id in the answer', async () => {
    const server = await FaultServer.start();
    server.on('PATCH /keys/k-one1', json(200, renamed)).on('GET /keys/k-two2', json(200, renamed));
    const { backend } = remoteOf(provider, server);
    expect(await backend.update('k-one1', { name: 'web' })).toMatchObject({ id: 'k-two2', name: 'web' });
  });

  test('is followed by the name if the answer has no id', async () => {
    const server = await FaultServer.start();
    server.on('PATCH /keys/k-one1', json(200, {})).on('GET /keys/k-one1', json(404, {}));
    server.on('GET /keys', json(200, { keys: [renamed] }));
    const { backend } = remoteOf(provider, server);
    expect(await backend.update('k-one1', { name: 'web' })).toMatchObject({ id: 'k-two2', name: 'web' });
  });
});

describe('the command', () => {
  async function run(after: object, ...given: (string | object)[]) {
    const args = given.filter((one) => typeof one === 'string');
    const answer = given.find((one) => typeof one === 'object') ?? {};
    const sandbox = new Sandbox();
    const server = await FaultServer.start();
    sandbox.ownProvider(provider);
    server.always('GET /keys', json(200, { keys: [stored] })).always('GET /keys/k-one1', json(200, after));
    server.always('PATCH /keys/k-one1', json(200, answer)).always('POST /keys/k-one1/off', json(200, {}));
    const env = { KEYS_PROVIDER: 'box', KEYS_URL: server.origin, KEYS_TOKEN: 'tok-EXAMPLE' };
    const done = await sandbox.keys(['update', 'ci', '--json', ...args], { env });
    return { ...done, record: JSON.parse(done.stdout), calls: server.received.length };
  }

  test('reports fields that the API did not change', async () => {
    const { record, stderr } = await run(
      { ...stored, name: 'web' },
      '--name',
      'web',
      '--permission',
      'write',
    );
    expect(record).toMatchObject({ name: 'web', changed: true, requested: { permissions: ['write'] } });
    expect(stderr).toMatchInlineSnapshot(`
      "warning: requested permissions write for web, but the server stored read
      "
    `);
  });

  test('quotes what the API answered, if it did not change the key', async () => {
    const { stderr } = await run(stored, '--name', 'web', { info: 'the plan is too small' });
    expect(stderr).toMatchInlineSnapshot(`
      "warning: requested name web for ci, but the server stored ci
      warning: the API answered: info the plan is too small
      "
    `);
  });

  test('does not report a change if nothing changed', async () => {
    const { record } = await run(stored, '--label', 'team=');
    expect(record).toMatchObject({ changed: false, requested: { labels: { team: null } } });
  });

  test('disables a key with three calls', async () => {
    expect((await run(stored, '--disable')).calls).toBe(3);
  });
});

describe('a key that was just listed', () => {
  const { patch, ...fields } = update;
  const replacing: Provider = {
    ...provider,
    list: { ...provider.list, whole: true },
    update: [
      { ...fields, put: '/keys/{id}' },
      { patch: '/keys/{id}/text', body: { text: '{description}' } },
    ],
    key: { ...provider.key, kept: { policy: 'policy' } },
    disable: { put: '/keys/{id}', body: { name: '{name}', policy: '{kept.policy}', on: false } },
    enable: { put: '/keys/{id}', body: { name: '{name}', policy: '{kept.policy}', on: true } },
  };
  const row = { ...stored, policy: { ip: '10.0.0.0/8' } };

  async function requests(one: Provider, listedRow: object, changes: object) {
    const server = await FaultServer.start();
    server.always('GET /keys', json(200, { keys: [listedRow] })).always('GET /keys/k-one1', json(200, row));
    server
      .always('PUT /keys/k-one1', json(200, { done: 1 }))
      .always('PATCH /keys/k-one1/text', json(200, {}));
    const { backend } = remoteOf(one, server);
    const [listedKey] = await backend.list();
    const key = await backend.update('k-one1', changes, listedKey);
    const bodyOf = (method: string) =>
      JSON.parse(String(server.received.find((request) => request.method === method)?.body));
    const routes = server.received.slice(1).map(({ method, path }) => `${method} ${path}`);
    return { key, bodyOf, routes };
  }

  test('is not read again before it is replaced, if the list has whole keys', async () => {
    const { routes, bodyOf } = await requests(replacing, row, { disabled: true });
    expect(routes).toEqual(['PUT /keys/k-one1', 'GET /keys/k-one1']);
    expect(bodyOf('PUT')).toEqual({ name: 'ci', policy: row.policy, on: false });
  });

  test('is read again if the list need not have all of it', async () => {
    const { whole: _, ...list } = replacing.list;
    const { routes, bodyOf } = await requests({ ...replacing, list }, stored, { disabled: true });
    expect(routes).toEqual(['GET /keys/k-one1', 'PUT /keys/k-one1', 'GET /keys/k-one1']);
    expect(bodyOf('PUT')).toEqual({ name: 'ci', policy: row.policy, on: false });
  });

  test('is read again if the list has it in an unreadable form', async () => {
    const { routes } = await requests(replacing, { ...row, scopes: { odd: 1 } }, { name: 'web' });
    expect(routes[0]).toBe('GET /keys/k-one1');
  });

  test('is read again once a first call has changed it', async () => {
    const text = { ...fields, put: '/keys/{id}' };
    const twice = {
      ...replacing,
      update: [text, { ...text, put: '/keys/{id}', body: { text: '{description}' } }],
    };
    const { routes } = await requests(twice, row, { name: 'web', description: 'new' });
    expect(routes.slice(0, 3)).toEqual(['PUT /keys/k-one1', 'GET /keys/k-one1', 'PUT /keys/k-one1']);
  });

  test('is not looked up again if the answer meets the ok of the call', async () => {
    const disable = { put: '/keys/{id}', body: { on: false }, ok: { at: 'done', is: 1 } };
    const { routes, key } = await requests({ ...replacing, disable }, row, { disabled: true });
    expect(routes).toEqual(['PUT /keys/k-one1']);
    expect(key).toMatchObject({ id: 'k-one1', name: 'ci', status: 'disabled' });
  });

  test('is looked up again if it is enabled, because it may have expired', async () => {
    const enable = { put: '/keys/{id}', body: { on: true }, ok: { at: 'done', is: 1 } };
    const { routes } = await requests({ ...replacing, enable }, row, { disabled: false });
    expect(routes).toEqual(['PUT /keys/k-one1', 'GET /keys/k-one1']);
  });

  test('is not disabled by an answer that does not meet the ok of the call', async () => {
    const disable = { put: '/keys/{id}', body: { on: false }, ok: { at: 'done', is: 2 } };
    await expect(requests({ ...replacing, disable }, row, { disabled: true })).rejects.toMatchObject({
      failure: { code: 'rejected' },
    });
  });
});

test('if revoking only disables, a disabled key counts as revoked', async () => {
  const { disable: _, enable: __, ...rest } = provider;
  const leaving: Provider = {
    ...rest,
    revoke: { post: '/keys/{id}/off', leaves: 'disabled' },
    key: { ...provider.key, status: [{ at: 'on', words: { true: 'active', false: 'disabled' } }] },
  };
  const server = await FaultServer.start();
  server.on(
    'GET /keys',
    json(200, {
      keys: [
        { ...stored, on: false },
        { ...stored, id: 'k-two2', on: true },
      ],
    }),
  );
  const keys = await remoteOf(leaving, server).backend.list();
  expect(keys.map(({ status }) => status)).toEqual(['revoked', 'active']);
});
