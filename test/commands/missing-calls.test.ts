import { expect, test } from 'vitest';
import { unreal } from '../../src/providers/built-in/unreal.ts';
import { FaultServer, json } from '../support/fault-server.ts';
import { Sandbox } from '../support/sandbox.ts';
import { Transcript } from '../support/transcript.ts';

/* What an API has no call for is refused before any call, with the place where it can be done. */

const { create: _, ...readOnly } = unreal;

function settings(provider: string, server: FaultServer) {
  return {
    env: { KEYS_PROVIDER: provider, KEYS_URL: server.origin, KEYS_TOKEN: 'tok-EXAMPLE', NO_COLOR: '1' },
    now: new Date('2026-11-20T12:00:00Z'),
  };
}

test.each([
  [['create', 'ci', '--json']],
  [['create', 'ci', '--dry-run', '--json']],
  [['create', 'ci', '--if-missing', '--to', 'file:key']],
  [['rotate', 'ci', '--json']],
  [['rotate', '--all', '--to', 'exec:./deliver {name}']],
  [['rotate', 'ci', '--dry-run', '--json']],
])('an API that cannot create keys: %j', async (args) => {
  const [box, server] = [new Sandbox(), await FaultServer.start()];
  const run = await box.keys(args, settings('anthropic', server));
  const what = args[0] === 'rotate' ? 'rotate a key' : 'create a key';
  expect(run).toMatchObject({ exit: 2, stdout: expect.not.stringContaining('apikey') });
  expect(run.stderr).toContain(`the provider anthropic cannot ${what}: its API has no call`);
  expect(run.stderr).toMatch(/create the (new )?key in the Claude Console/);
  expect(server.received).toEqual([]);
});

test('the console of an API without some calls may be a URL', async () => {
  const [box, server] = [new Sandbox(), await FaultServer.start()];
  const { revoke: _, ...listed } = readOnly;
  const listing = { ...listed, id: 'listed', console: 'https://console.example.com/keys' };
  box.ownProvider(listing);
  const shows = new Transcript(box, []);
  expect(await shows.keys(['create', 'ci', '--json'], settings('listed', server))).toMatchInlineSnapshot(`
    "$ keys create ci --json
    exit 2
    --- stderr
    {"error":{"code":"usage","message":"the provider listed cannot create a key: its API has no call for that","hint":"create the key at https://console.example.com/keys\\nkeys provider show listed"}}
    "
  `);
  expect(await shows.keys(['revoke', 'ci', '--yes'], settings('listed', server))).toMatchInlineSnapshot(`
    "$ keys revoke ci --yes
    exit 2
    --- stderr
    error: the provider listed cannot revoke a key: its API has no call for that
    hint: revoke the key at https://console.example.com/keys
    hint: keys provider show listed
    "
  `);
  expect(await shows.keys(['rotate', '--finish'], settings('listed', server))).toMatchInlineSnapshot(`
    "$ keys rotate --finish
    exit 2
    --- stderr
    error: the provider listed cannot rotate a key: its API has no call to create the new key; nothing was changed
    hint: create the new key at https://console.example.com/keys
    hint: keys provider show listed
    "
  `);
  expect(server.received).toEqual([]);
});

const disabling = {
  ...unreal,
  id: 'disabling',
  revoke: undefined,
  disable: { put: '/v1/keys/{id}/status', body: { status: false } },
  enable: { put: '/v1/keys/{id}/status', body: { status: true } },
  verify: undefined,
  key: {
    id: 'hash',
    name: 'name',
    createdAt: { at: 'created', as: 'epochSeconds' },
    status: [{ at: 'isActive', words: { true: 'active', false: 'disabled' } }],
  },
};

test('an API that can only disable keys: a revocation is refused, a rotation disables the old key', async () => {
  const [box, server] = [new Sandbox(), await FaultServer.start()];
  box.ownProvider(disabling);
  box.expectSecretIn('key');
  const shows = new Transcript(box, []);
  const options = settings('disabling', server);
  expect(await shows.keys(['revoke', 'ci', '--yes'], options)).toMatchInlineSnapshot(`
    "$ keys revoke ci --yes
    exit 2
    --- stderr
    error: the provider disabling cannot revoke a key: its API has no call for that
    hint: keys update <key> --disable
    hint: keys provider show disabling
    "
  `);
  expect(server.received).toEqual([]);

  const old = { name: 'ci', hash: 'h1', created: 1_700_000_000, isActive: true };
  const made = { ...old, hash: 'h2', created: 1_763_640_000 };
  server.on('GET /v1/keys', json(200, { keys: [old] }));
  server.always('GET /v1/keys', json(200, { keys: [old, made] }));
  server.on('GET /v1/keys/h1', json(200, old));
  server.always('GET /v1/keys/h1', json(200, { ...old, isActive: false }));
  server.always('GET /v1/keys/h2', json(200, made));
  server.on('POST /v1/keys', json(200, { ...made, key: 'sk-a1b2c3d4e5f6g7h8EXAMPLE' }));
  server.on('PUT /v1/keys/h1/status', json(200, { ...old, isActive: false }));
  const run = await box.keys(['rotate', 'ci', '--grace', '0', '--to', 'file:key'], options);
  expect(run).toMatchObject({ exit: 0 });
  expect(run.stderr).toMatchInlineSnapshot(`
    "warning: the provider disabling cannot revoke a key: the old key is disabled, and can be enabled again
    delivered to file:key and read back
    the old key h1 is disabled
    "
  `);
  const put = server.received.find(({ method }) => method === 'PUT');
  expect(String(put?.body)).toBe('{"status":false}');
});

test('a new key that reaches no sink stays where the API can neither revoke nor disable it, and that is said', async () => {
  const [box, server] = [new Sandbox(), await FaultServer.start()];
  const { revoke: _, ...creating } = unreal;
  const provider = { ...creating, id: 'creating', console: 'https://console.example.com/keys' };
  box.ownProvider(provider);
  const options = settings('creating', server);
  server.always('GET /v1/keys', json(200, { keys: [] }));
  server.on(
    'POST /v1/keys',
    json(200, { name: 'ci', hash: 'h1', created: 1_763_640_000, key: 'sk-a1b2c3d4e5f6g7h8EXAMPLE' }),
  );
  server.always('GET /v1/keys/h1', json(200, { name: 'ci', hash: 'h1', created: 1_763_640_000 }));
  const run = await box.keys(['create', 'ci', '--to', 'exec:false'], options);
  expect(run).toMatchObject({ exit: 5 });
  expect(run.stderr).toContain('the new key h1 could not be revoked');
  const recovery = await box.keys(['recover', '--all', '--yes'], options);
  expect(recovery).toMatchObject({ exit: 5 });
  expect(recovery.stdout + recovery.stderr).toContain('revoke the key at https://console.example.com/keys');
});
