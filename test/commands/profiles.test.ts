import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { filesBelow, Sandbox } from '../support/sandbox.ts';
import { ports, Transcript } from '../support/transcript.ts';
import { UnrealServer } from '../support/unreal-server.ts';

const login = (url: string, ...more: string[]) => [
  'login',
  '--provider',
  'unreal',
  '--url',
  url,
  '--with-token',
  '--store',
  'file',
  ...more,
];

test('a token that the API rejects is not stored: exit 4', async () => {
  const [box, server] = [new Sandbox(), await UnrealServer.start()];
  const shows = new Transcript(box, [ports]);
  const options = { stdin: 'wrong-EXAMPLE' };
  expect(await shows.keys([...login(server.url), '--json'], options)).toMatchInlineSnapshot(`
    "$ keys login --provider unreal --url http://127.0.0.1:[port 1] --with-token --store file --json
    exit 4
    --- stderr
    {"error":{"code":"not_logged_in","message":"http://127.0.0.1:[port 1] rejects this session token; nothing was stored","hint":"get a new token from the provider\\nor store it unchecked with --no-verify","httpStatus":401}}
    "
  `);
  expect(existsSync(box.home)).toBe(false);
});

test('--no-verify stores it without a call', async () => {
  const [box, server] = [new Sandbox(), await UnrealServer.start()];
  const shows = new Transcript(box, [ports]);
  const options = { stdin: 'wrong-EXAMPLE' };
  expect(
    await shows.keys(
      login(server.url, '--no-verify', '--json', 'profile,tokenSource,authenticated'),
      options,
    ),
  ).toMatchInlineSnapshot(`
    "$ keys login --provider unreal --url http://127.0.0.1:[port 1] --with-token --store file --no-verify --json profile,tokenSource,authenticated
    exit 0
    --- stdout
    {
      "profile": "unreal",
      "tokenSource": "file",
      "authenticated": null
    }
    --- stderr
    logged in: unreal is now the current profile; its token is in a file that only you can read
    "
  `);
  expect(server.requests).toEqual([]);
});

test('token and configuration are private, and the configuration has no token', async () => {
  const [box, server] = [new Sandbox(), await UnrealServer.start()];
  await box.keys(login(server.url), { stdin: 'tok-EXAMPLE' });
  for (const file of filesBelow(box.home)) expect([file, box.mode(file)]).toEqual([file, '600']);
  expect(box.read(join(box.home, 'config', 'config.json'))).not.toContain('EXAMPLE');
  expect(readdirSync(box.cwd)).toEqual([]);
});

test('status shows the source and validity of the token, never a part of it; logout removes it', async () => {
  const [box, server] = [new Sandbox(), await UnrealServer.start()];
  await box.keys(login(server.url), { stdin: 'tok-EXAMPLE' });
  const fields = 'tokenSource,authenticated';
  const lines = [
    ['status', '--json', fields],
    ['logout', '--json', 'profile,removed,changed'],
    ['status', '--json', fields],
    ['list', '--json'],
  ];
  expect(await new Transcript(box, [ports]).all(lines)).toMatchInlineSnapshot(`
    "$ keys status --json tokenSource,authenticated
    exit 0
    --- stdout
    {
      "tokenSource": "file",
      "authenticated": true
    }
    $ keys logout --json profile,removed,changed
    exit 0
    --- stdout
    {
      "profile": "unreal",
      "removed": true,
      "changed": true
    }
    --- stderr
    removed the session token of the profile unreal; it stays valid at the provider until it expires
    $ keys status --json tokenSource,authenticated
    exit 4
    --- stdout
    {
      "tokenSource": null,
      "authenticated": false
    }
    $ keys list --json
    exit 4
    --- stderr
    {"error":{"code":"not_logged_in","message":"not logged in: no session token for the profile unreal at http://127.0.0.1:[port 1]","hint":"keys login --profile unreal --provider unreal --url http://127.0.0.1:[port 1]/\\nor set KEYS_TOKEN"}}
    "
  `);
});

test('a profile whose URL moved to another origin is not sent the old token', async () => {
  const [box, server, other] = [new Sandbox(), await UnrealServer.start(), await UnrealServer.start()];
  await box.keys(login(server.url), { stdin: 'tok-EXAMPLE' });
  const shows = new Transcript(box, [ports]);
  expect(await shows.keys(['list', '--url', other.url])).toMatchInlineSnapshot(`
    "$ keys list --url http://127.0.0.1:[port 1]
    exit 4
    --- stderr
    error: not logged in: no session token for the profile unreal at http://127.0.0.1:[port 1]; its token is for http://127.0.0.1:[port 2], and is not sent elsewhere
    hint: keys login --profile unreal --provider unreal --url http://127.0.0.1:[port 1]/
    hint: or set KEYS_TOKEN
    "
  `);
  expect(other.requests).toEqual([]);
});

test('profiles are listed, chosen and removed', async () => {
  const [box, server] = [new Sandbox(), await UnrealServer.start()];
  await box.keys(login(server.url, '--profile', 'work'), { stdin: 'tok-EXAMPLE' });
  const lines = [
    ['profile', 'list', '--json', 'name,current'],
    ['profile', 'use', 'local'],
    ['profile', 'list', '--json', 'name,current'],
    ['profile', 'remove', 'work', '--json'],
    ['profile', 'list', '--json', 'name,current'],
    ['profile', 'use', 'work'],
  ];
  expect(await new Transcript(box, []).all(lines)).toMatchInlineSnapshot(`
    "$ keys profile list --json name,current
    exit 0
    --- stdout
    [
      {
        "name": "local",
        "current": false
      },
      {
        "name": "work",
        "current": true
      }
    ]
    $ keys profile use local
    exit 0
    --- stdout
    local	true
    --- stderr
    the current profile is local
    $ keys profile list --json name,current
    exit 0
    --- stdout
    [
      {
        "name": "local",
        "current": true
      },
      {
        "name": "work",
        "current": false
      }
    ]
    $ keys profile remove work --json
    exit 0
    --- stdout
    {
      "name": "work",
      "removed": true,
      "tokenRemoved": true
    }
    --- stderr
    removed the profile work and its session token
    $ keys profile list --json name,current
    exit 0
    --- stdout
    [
      {
        "name": "local",
        "current": true
      }
    ]
    $ keys profile use work
    exit 2
    --- stderr
    error: there is no profile 'work'
    hint: keys profile list
    "
  `);
});

test('without a terminal, login names everything that is missing', async () => {
  const box = new Sandbox();
  const lines = [
    ['login'],
    ['login', '--provider', 'gitlab', '--with-token'],
    ['login', '--provider', 'npm', '--with-token', '--option', 'colour=red'],
  ];
  expect(await new Transcript(box, []).all(lines, { stdin: 'tok-EXAMPLE' })).toMatchInlineSnapshot(`
    "$ keys login
    exit 2
    --- stderr
    error: no provider given, and cannot prompt: not a terminal
    hint: keys login --provider ID --with-token
    hint: keys provider list
    $ keys login --provider gitlab --with-token
    exit 2
    --- stderr
    error: the provider gitlab needs --option project=VALUE: id or path of the project, such as group/project
    hint: keys provider show gitlab
    $ keys login --provider npm --with-token --option colour=red
    exit 2
    --- stderr
    error: the provider npm has no default URL; pass --url
    error: --option colour: the provider npm has no such setting
    hint: keys provider show npm
    "
  `);
  expect(existsSync(box.home)).toBe(false);
});

test('a URL without TLS is refused beyond loopback, before any call', async () => {
  const shows = new Transcript(new Sandbox(), []);
  const options = {
    env: { KEYS_PROVIDER: 'unreal', KEYS_URL: 'http://192.0.2.1', KEYS_TOKEN: 'tok-EXAMPLE' },
  };
  expect(await shows.keys(['list'], options)).toMatchInlineSnapshot(`
    "$ keys list
    exit 2
    --- stderr
    error: the URL uses http, which would send the session token in the clear to another machine
    hint: write only scheme, host and path, such as https://api.example.com/v1
    "
  `);
});

test('removing the current profile says which one is current from now on', async () => {
  const [box, server] = [new Sandbox(), await UnrealServer.start()];
  await box.keys(login(server.url), { stdin: 'tok-EXAMPLE' });
  const run = await box.keys(['profile', 'remove', 'unreal']);
  expect(run.stderr).toContain('the current profile is now local\n');
});
