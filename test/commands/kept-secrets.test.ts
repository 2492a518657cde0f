import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { unreal } from '../../src/providers/built-in/unreal.ts';
import { FaultServer, json } from '../support/fault-server.ts';
import { Sandbox } from '../support/sandbox.ts';
import { ports, Transcript } from '../support/transcript.ts';

/* A second key that every call needs is asked for once, kept like the session token, and goes to one origin only. */

const twoKeys = {
  ...unreal,
  id: 'two-keys',
  name: 'Two Keys',
  headers: { 'x-app-key': '{secret.appKey}' },
  secrets: { appKey: { help: 'the application key', keep: true } },
};
const env = { KEYS_APPKEY: 'tok-appKeyEXAMPLE' };
const noKeys = json(200, { keys: [] });

async function start() {
  const [box, server] = [new Sandbox(), await FaultServer.start()];
  box.ownProvider(twoKeys);
  const login = [
    'login',
    '--provider',
    'two-keys',
    '--url',
    server.origin,
    '--with-token',
    '--store',
    'file',
  ];
  return { box, server, login, shows: new Transcript(box, [ports]) };
}

async function loggedIn() {
  const started = await start();
  started.server.on('GET /v1/keys', noKeys);
  expect((await started.box.keys(started.login, { stdin: 'tok-EXAMPLE', env })).exit).toBe(0);
  return started;
}

function stored(box: Sandbox): unknown {
  return JSON.parse(readFileSync(join(box.home, 'data', 'tokens.json'), 'utf8'));
}

describe('login', () => {
  test('stores the secret beside the token, tries both, and status says where they are', async () => {
    const { box, server, login, shows } = await start();
    server.on('GET /v1/keys', noKeys, noKeys, noKeys);
    const first = await box.keys([...login, '--json', 'tokenSource,secrets'], { stdin: 'tok-EXAMPLE', env });
    expect(shows.of(['login', '--json', 'tokenSource,secrets'], first)).toMatchInlineSnapshot(`
      "$ keys login --json tokenSource,secrets
      exit 0
      --- stdout
      {
        "tokenSource": "file",
        "secrets": {
          "appKey": "file"
        }
      }
      --- stderr
      the application key: taken from KEYS_APPKEY
      logged in: two-keys is now the current profile; its token and appKey are in a file that only you can read
      "
    `);
    expect(stored(box)).toEqual({
      [`two-keys@${server.origin}`]: 'tok-EXAMPLE',
      [`two-keys@${server.origin}#appKey`]: 'tok-appKeyEXAMPLE',
    });
    expect(await shows.all([['status', '--json', 'authenticated,secrets'], ['list']])).toMatchInlineSnapshot(`
      "$ keys status --json authenticated,secrets
      exit 0
      --- stdout
      {
        "authenticated": true,
        "secrets": {
          "appKey": "file"
        }
      }
      $ keys list
      exit 0
      "
    `);
    for (const { headers } of server.received)
      expect(headers).toMatchObject({
        authorization: 'Bearer tok-EXAMPLE',
        'x-app-key': 'tok-appKeyEXAMPLE',
      });
    expect(box.read(join(box.home, 'config', 'config.json'))).toContain('"keptSecrets"');
  });

  test('is refused before any call if keys cannot prompt and the variable is not set', async () => {
    const { server, login, shows } = await start();
    expect(await shows.keys(login, { stdin: 'tok-EXAMPLE' })).toMatchInlineSnapshot(`
      "$ keys login --provider two-keys --url http://127.0.0.1:[port 1] --with-token --store file
      exit 2
      --- stderr
      error: Two Keys needs the application key, and keys cannot prompt: not a terminal
      hint: set KEYS_APPKEY
      "
    `);
    expect(server.received).toEqual([]);
  });

  test('stores nothing that the API rejects', async () => {
    const { box, server, login, shows } = await start();
    server.on('GET /v1/keys', json(401, { error: { message: 'unknown key' } }));
    expect(await shows.keys(login, { stdin: 'tok-EXAMPLE', env })).toMatchInlineSnapshot(`
      "$ keys login --provider two-keys --url http://127.0.0.1:[port 1] --with-token --store file
      exit 4
      --- stderr
      the application key: taken from KEYS_APPKEY
      error: http://127.0.0.1:[port 1] rejects this session token or appKey; nothing was stored
      hint: get a new token from the provider
      hint: or store it unchecked with --no-verify
      "
    `);
    expect(() => stored(box)).toThrow('ENOENT');
  });

  test('again, with a new token, keeps the stored secret', async () => {
    const { box, server, login } = await loggedIn();
    server.on('GET /v1/keys', noKeys);
    expect((await box.keys(login, { stdin: 'tok-newEXAMPLE' })).exit).toBe(0);
    expect(stored(box)).toEqual({
      [`two-keys@${server.origin}`]: 'tok-newEXAMPLE',
      [`two-keys@${server.origin}#appKey`]: 'tok-appKeyEXAMPLE',
    });
  });

  test('with another provider removes the secret that nothing needs any more', async () => {
    const { box, server } = await loggedIn();
    box.ownProvider({ ...unreal, id: 'one-key' });
    const login = ['login', '--profile', 'two-keys', '--provider', 'one-key', '--url', server.origin];
    const run = await box.keys([...login, '--with-token', '--no-verify', '--store', 'file'], {
      stdin: 'tok-newEXAMPLE',
    });
    expect(run.exit).toBe(0);
    expect(stored(box)).toEqual({ [`two-keys@${server.origin}`]: 'tok-newEXAMPLE' });
  });
});

test('provider show names the secret', async () => {
  const { shows } = await start();
  expect(await shows.keys(['provider', 'show', 'two-keys', '--json', 'secrets'])).toMatchInlineSnapshot(`
    "$ keys provider show two-keys --json secrets
    exit 0
    --- stdout
    {
      "secrets": {
        "appKey": "the application key (stored by keys login)"
      }
    }
    "
  `);
});

test('the variable overrides the stored secret', async () => {
  const { box, server } = await loggedIn();
  server.on('GET /v1/keys', noKeys);
  await box.keys(['list'], { env: { KEYS_APPKEY: 'tok-otherEXAMPLE' } });
  expect(server.received.at(-1)?.headers['x-app-key']).toBe('tok-otherEXAMPLE');
});

test('another origin is not sent the secret', async () => {
  const [{ shows }, other] = [await loggedIn(), await FaultServer.start()];
  const args = ['list', '--url', other.origin];
  expect(await shows.keys(args, { env: { KEYS_TOKEN: 'tok-EXAMPLE' } })).toMatchInlineSnapshot(`
    "$ keys list --url http://127.0.0.1:[port 1]
    exit 4
    --- stderr
    error: the API requires the application key for this call, and keys cannot prompt: not a terminal
    hint: set KEYS_APPKEY
    hint: or store it: keys login --profile two-keys
    "
  `);
  const status = ['status', '--url', other.origin, '--json', 'authenticated,secrets'];
  expect(await shows.keys(status, { env: { KEYS_TOKEN: 'tok-EXAMPLE' } })).toMatchInlineSnapshot(`
    "$ keys status --url http://127.0.0.1:[port 1] --json authenticated,secrets
    exit 4
    --- stdout
    {
      "authenticated": false,
      "secrets": {
        "appKey": null
      }
    }
    "
  `);
  expect(other.received).toEqual([]);
});

test.each(['logout', 'profile remove two-keys'])('%s removes the secret', async (words) => {
  const { box } = await loggedIn();
  const run = await box.keys([...words.split(' '), '--json']);
  expect(run.exit).toBe(0);
  expect(stored(box)).toEqual({});
});

test('a keychain that is absent is an error of its own', async () => {
  const { server, box } = await start();
  const env = { KEYS_PROVIDER: 'two-keys', KEYS_URL: server.origin, KEYS_TOKEN: 'tok-EXAMPLE' };
  const noKeychain = { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere' };
  const run = await box.keys(['list', '--json'], { env: { ...env, ...noKeychain } });
  expect(run.exit).toBe(4);
  const { error } = JSON.parse(run.stderr);
  expect([error.code, error.hint.split('\n')[0]]).toEqual([
    'keychain_absent',
    'pass the secret with each call: KEYS_APPKEY',
  ]);
});
