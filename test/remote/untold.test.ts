import { expect, test } from 'vitest';
import type { Key } from '../../src/keys/key.ts';
import type { Provider } from '../../src/providers/declaration/provider.ts';
import type { Answer } from '../support/fault-server.ts';
import { FaultServer, json } from '../support/fault-server.ts';
import { Sandbox } from '../support/sandbox.ts';

/* Rotations at APIs that do not report creation times or names. */

const provider: Provider = {
  id: 'timeless',
  name: 'Timeless',
  auth: { header: 'Authorization', scheme: 'Bearer' },
  capabilities: { overlap: 'client', expiry: 'none', uniqueNames: false, maxKeys: null },
  list: { get: '/keys', items: 'keys' },
  create: { post: '/keys', body: { name: '{name}' }, key: '', secret: 'secret' },
  revoke: { delete: '/keys/{id}' },
  key: { id: 'id', name: 'name' },
};

interface Stored {
  id: string;
  name: string;
}

async function started(one: Provider, keys: Stored[]) {
  const server = await FaultServer.start();
  let next = 9 - keys.length;
  const list: Answer = (response, request) => json(200, { keys })(response, request);
  const create: Answer = (response, request) => {
    // Ids whose order is not that of creation.
    const made = { id: `k-${next--}000`, name: JSON.parse(String(request.body)).name };
    keys.push(made);
    json(201, { ...made, secret: `sk-a1b2c3d4e5f6g7h8${keys.length}EXAMPLE` })(response, request);
  };
  server.always('GET /keys', list).always('POST /keys', create);
  for (const id of [1, 2, 3, 4, 5, 6, 7, 8, 9].map((at) => `k-${at}000`)) {
    server.always(`DELETE /keys/${id}`, (response, request) => {
      const at = keys.findIndex((key) => key.id === id);
      if (at >= 0) keys.splice(at, 1);
      json(200, {})(response, request);
    });
  }
  const sandbox = new Sandbox();
  sandbox.ownProvider(one);
  sandbox.expectSecretIn('ci.key');
  const env = { KEYS_PROVIDER: one.id, KEYS_URL: server.origin, KEYS_TOKEN: 'tok-EXAMPLE' };
  return {
    server,
    keys: (...args: string[]) => sandbox.keys(args, { env }),
    rotate: async (...args: string[]) => {
      const run = await sandbox.keys(['rotate', ...args, '--to', 'file:ci.key', '--json'], { env });
      return { ...run, record: run.stdout === '' ? {} : JSON.parse(run.stdout) };
    },
  };
}

test('a key without timestamps is rotated again within its grace period, because the journal knows which one is newer', async () => {
  const { rotate, keys } = await started(provider, [{ id: 'k-9000', name: 'ci' }]);
  expect((await rotate('ci', '--grace', '7d')).record).toMatchObject({ oldId: 'k-9000', newId: 'k-8000' });
  expect((await rotate('ci', '--grace', '7d')).record).toMatchObject({ oldId: 'k-8000', newId: 'k-7000' });
  const listed = JSON.parse((await keys('list', '--json', 'id,superseded')).stdout);
  expect(listed.find(({ id }: Stored) => id === 'k-7000')).toMatchObject({ superseded: false });
  expect(listed.find(({ id }: Stored) => id === 'k-9000')).toMatchObject({ superseded: true });
  expect(await rotate('k-9000')).toMatchObject({ exit: 2 });
});

test('if the newest key is unknown, only the key named by its id is rotated', async () => {
  const two = [
    { id: 'k-9000', name: 'ci' },
    { id: 'k-8000', name: 'ci' },
  ];
  const { rotate } = await started(provider, two);
  expect(await rotate('ci')).toMatchObject({ exit: 3 });
  expect((await rotate('k-8000', '--grace', '0')).record).toMatchObject({
    oldId: 'k-8000',
    oldRevoked: true,
  });
  expect(two.map(({ id }) => id)).toContain('k-9000');
});

test('each key without a name is rotated by its own id', async () => {
  const nameless: Provider = { ...provider, id: 'nameless', key: { id: 'id', name: { always: 'api-key' } } };
  const stored = [
    { id: 'k-9000', name: 'x' },
    { id: 'k-8000', name: 'x' },
  ];
  const { rotate } = await started(nameless, stored);
  for (const id of ['k-9000', 'k-8000']) {
    const { record } = await rotate(id, '--grace', '0');
    expect(record).toMatchObject({ oldId: id, oldRevoked: true });
  }
  expect(stored.map(({ id }) => id)).toEqual(['k-7000', 'k-6000']);
});

test('a key without a name that was rotated already is not said to supersede itself', async () => {
  const nameless: Provider = { ...provider, id: 'nameless', key: { id: 'id', name: { always: 'api-key' } } };
  const { rotate } = await started(nameless, [{ id: 'k-9000', name: 'x' }]);
  expect(await rotate('k-9000', '--grace', '7d')).toMatchObject({ exit: 0 });
  const again = await rotate('k-9000', '--grace', '7d');
  expect(again.exit).toBe(2);
  expect(again.stderr).toContain('the key k-9000 was already rotated and is due to be retired');
});

test('rotating one key without a name leaves the others alone', async () => {
  const named: Provider = {
    ...provider,
    id: 'optional',
    verify: { get: '/me', requires: 'id', id: 'id' },
    key: { id: 'id', name: 'name', createdAt: 'made' },
  };
  const made = (day: number) => ({ made: `2026-01-0${day}T00:00:00Z` });
  const stored = [
    { id: 'k-9000', name: '', ...made(3) },
    { id: 'k-8000', name: null, ...made(2) },
    { id: 'k-7000', name: 'ci', ...made(1) },
  ];
  const { rotate, keys, server } = await started(named, stored as Stored[]);
  server.always('GET /me', (response, request) => json(200, { id: stored.at(-1)?.id })(response, request));
  const listed = async () =>
    JSON.parse((await keys('list', '--json', 'id,superseded')).stdout).map(({ id, superseded }: Key) => [
      id,
      superseded,
    ]);
  expect(await listed()).toEqual([
    ['k-9000', false],
    ['k-8000', false],
    ['k-7000', false],
  ]);
  const first = await rotate('k-9000', '--grace', '0');
  expect(first).toMatchObject({ exit: 0, record: { oldId: 'k-9000', oldRevoked: true } });
  expect(await rotate('k-8000', '--grace', '0')).toMatchObject({ exit: 0, record: { oldId: 'k-8000' } });
  expect(stored.map(({ id }) => id)).toContain('k-7000');
  expect(stored).toHaveLength(3);
});
