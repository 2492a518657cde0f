import { describe, expect, test } from 'vitest';
import type { Provider } from '../../src/providers/declaration/provider.ts';
import { bareName, TakenNames } from '../../src/remote/taken-names.ts';
import { spec } from '../support/authority.ts';
import type { Answer } from '../support/fault-server.ts';
import { FaultServer, json } from '../support/fault-server.ts';
import { key } from '../support/key.ts';
import { Sandbox } from '../support/sandbox.ts';
import { now } from './clock.ts';
import { remoteOf } from './remote-of.ts';

test.each([
  ['ci', 'ci'],
  ['ci (2026-11-20)', 'ci'],
  ['ci (2026-11-20 2)', 'ci'],
  ['ci (2026-11-20) (2026-11-21)', 'ci (2026-11-20)'],
  ['ci (beta)', 'ci (beta)'],
  ['ci(2026-11-20)', 'ci(2026-11-20)'],
])('%s is shown as %s', (name, shown) => {
  expect(bareName(name)).toBe(shown);
});

test('a taken name gets the date, and from the second time also a number', () => {
  const names = new TakenNames();
  expect(names.free('ci', now)).toBe('ci');
  names.shown(key({ id: '1', name: 'CI' }));
  expect(names.free('ci', now)).toBe('ci (2026-11-20)');
  names.shown(key({ id: '2', name: 'ci (2026-11-20)' }));
  names.refuse('ci (2026-11-20 2)');
  expect(names.free('ci', now)).toBe('ci (2026-11-20 3)');
  expect(names.free('ci', now, '2')).toBe('ci (2026-11-20)');
});

test('a name that ends with a date of its own is shown as it was asked for', () => {
  const names = new TakenNames();
  const name = 'backup (2026-01-31)';
  const free = names.free(name, now);
  expect(free).toBe('backup (2026-01-31) (2026-11-20)');
  expect(names.shown(key({ id: '1', name: free })).name).toBe(name);
  expect(names.free(name, now)).toBe('backup (2026-01-31) (2026-11-20 2)');
  expect(names.free(name, now, '1')).toBe(free);
});

test('31 keys of a name leave a free one, whatever their case and order', () => {
  const names = new TakenNames();
  const taken = new Set<string>();
  for (let count = 0; count < 31; count += 1) {
    const free = names.free(count % 2 === 0 ? 'ci' : 'CI', now);
    expect(taken).not.toContain(free.toLowerCase());
    taken.add(free.toLowerCase());
    names.shown(key({ id: `${100 - count}`, name: free }));
  }
  expect(names.free('ci', now)).toBe('ci (2026-11-20 31)');
});

const provider: Provider = {
  id: 'once',
  name: 'Once',
  auth: { header: 'Authorization', scheme: 'Bearer' },
  capabilities: { overlap: 'client', expiry: 'none', uniqueNames: true, maxKeys: null },
  list: { get: '/keys', items: 'keys' },
  create: { post: '/keys', body: { name: '{name}' }, key: '', secret: 'secret' },
  revoke: { delete: '/keys/{id}' },
  key: { id: 'id', name: 'name', createdAt: 'created' },
};

/** An API with unique names, including those of `hidden` keys. */
async function started(
  hidden: readonly string[] = [],
  refusal = json(409, { message: 'the name is taken' }),
) {
  const server = await FaultServer.start();
  const keys: { id: string; name: string; created: string }[] = [];
  const list: Answer = (response, request) => json(200, { keys })(response, request);
  const create: Answer = (response, request) => {
    const { name } = JSON.parse(String(request.body));
    if (hidden.includes(name) || keys.some((one) => one.name === name)) return refusal(response, request);
    const made = { id: `k-${keys.length}000`, name, created: `2026-11-20T12:0${keys.length}:00Z` };
    keys.push(made);
    return json(201, { ...made, secret: `sk-a1b2c3d4e5f6g7h8${keys.length}EXAMPLE` })(response, request);
  };
  server.always('GET /keys', list).always('POST /keys', create);
  for (const id of ['k-0000', 'k-1000'])
    server.always(`DELETE /keys/${id}`, (response, request) => {
      keys.splice(
        keys.findIndex((one) => one.id === id),
        1,
      );
      json(200, {})(response, request);
    });
  return { server, keys };
}

describe('where names are unique', () => {
  test('a key is rotated by its bare name, again and again', async () => {
    const { server, keys } = await started();
    const sandbox = new Sandbox();
    sandbox.ownProvider(provider);
    const env = { KEYS_PROVIDER: 'once', KEYS_URL: server.origin, KEYS_TOKEN: 'tok-EXAMPLE' };
    const run = (...args: string[]) => sandbox.keys(args, { env, now });
    sandbox.expectSecretIn('ci.key');
    expect(await run('create', 'ci', '--to', 'file:ci.key')).toMatchObject({ exit: 0 });
    const rotated = await run('rotate', 'ci', '--grace', '0', '--to', 'file:ci.key', '--json');
    expect(JSON.parse(rotated.stdout)).toMatchObject({ name: 'ci', new: { name: 'ci' }, oldRevoked: true });
    expect(rotated.stderr).not.toContain('asked for');
    expect(keys.map(({ name }) => name)).toEqual(['ci (2026-11-20)']);
    const listed = await run('list', '--json', 'name');
    expect(JSON.parse(listed.stdout)).toEqual([{ name: 'ci' }]);
    expect(await run('rotate', 'ci', '--grace', '7d', '--to', 'file:ci.key')).toMatchObject({ exit: 0 });
    expect(keys.map(({ name }) => name)).toEqual(['ci (2026-11-20)', 'ci']);
  });

  test('a key with a date of its own is found again, created once and rotated', async () => {
    const { server, keys } = await started();
    const sandbox = new Sandbox();
    sandbox.ownProvider(provider);
    const env = { KEYS_PROVIDER: 'once', KEYS_URL: server.origin, KEYS_TOKEN: 'tok-EXAMPLE' };
    const run = (...args: string[]) => sandbox.keys([...args, '--to', 'file:ci.key', '--json'], { env, now });
    sandbox.expectSecretIn('ci.key');
    const name = 'backup (2026-11-20)';
    expect(JSON.parse((await run('create', name)).stdout)).toMatchObject({ name, changed: true });
    expect(JSON.parse((await run('create', name, '--if-missing')).stdout)).toMatchObject({ changed: false });
    expect(JSON.parse((await run('rotate', name, '--grace', '0')).stdout)).toMatchObject({ name });
    expect(keys.map((one) => one.name)).toEqual(['backup (2026-11-20) (2026-11-20 2)']);
  });

  test('a name that a hidden key has is replaced by another one', async () => {
    const { server } = await started(['ci', 'ci (2026-11-20)']);
    const { key: made } = await remoteOf(provider, server).backend.create(spec({ name: 'ci' }));
    expect(made).toMatchObject({ name: 'ci' });
    const sent = server.received
      .filter(({ method }) => method === 'POST')
      .map(({ body }) => JSON.parse(String(body)));
    expect(sent.map(({ name }) => name)).toEqual(['ci', 'ci (2026-11-20)', 'ci (2026-11-20 2)']);
  });

  test('a conflict about something else fails after three attempts', async () => {
    const { server } = await started();
    server.always('POST /keys', json(409, { message: 'the account is locked' }));
    await expect(
      remoteOf(provider, server).backend.create(spec({ name: 'ci' })),
    ).rejects.toThrowErrorMatchingInlineSnapshot(
      `[KeysError: the API reports a conflict: the account is locked]`,
    );
    expect(server.received.filter(({ method }) => method === 'POST')).toHaveLength(3);
  });

  test.each([
    [422, { errors: [{ title: 'Name has already been taken', status: '422' }] }],
    [400, { message: 'a key with this name already exists' }],
    [400, { detail: 'name must be unique' }],
    [200, { success: false, code: 'NAME_TAKEN', message: 'duplicate name' }],
  ])('a refusal of the name is known by its words: %s %j', async (status, answer) => {
    const { server } = await started(['ci'], json(status, answer));
    const { backend } = remoteOf(provider, server);
    expect(await backend.create(spec({ name: 'ci' }))).toMatchObject({ key: { name: 'ci' } });
  });

  test('any other refusal is not tried again under another name', async () => {
    const server = await FaultServer.start();
    server.always('GET /keys', json(200, { keys: [] }));
    server.always('POST /keys', json(422, { message: 'name has a character that is not allowed' }));
    const created = remoteOf(provider, server).backend.create(spec({ name: 'ci' }));
    await expect(created).rejects.toThrow('not allowed');
    expect(server.received.filter(({ method }) => method === 'POST')).toHaveLength(1);
  });
});
