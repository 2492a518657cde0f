import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { forgedKey, spec } from '../support/authority.ts';
import { FaultServer, json } from '../support/fault-server.ts';
import type { Run } from '../support/sandbox.ts';
import { Sandbox } from '../support/sandbox.ts';
import { authorityOf } from '../support/seed.ts';
import {
  durations,
  idColumns,
  ids,
  keychainFaults,
  ports,
  prefixes,
  secrets,
  Transcript,
  userAgents,
} from '../support/transcript.ts';

const foreign = 'sk-0123456789abcdefghij_EXAMPLE';
const now = new Date('2026-11-20T12:00:00Z');
const noKeychain = { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent' };
const hashOf = (value: string) => createHash('sha256').update(value).digest('hex');

/** A key of the embedded authority, with its value. */
async function makeKey(box: Sandbox, name = 'ci'): Promise<{ id: string; value: string }> {
  const authority = authorityOf(box, now);
  const { key, secret } = await authority.create(spec({ name }));
  await authority.close();
  return { id: key.id, value: secret.reveal() };
}

function writeProfiles(box: Sandbox, profiles: Readonly<Record<string, { provider: string; url: string }>>) {
  mkdirSync(join(box.home, 'config'), { recursive: true, mode: 0o700 });
  writeFileSync(join(box.home, 'config', 'config.json'), JSON.stringify({ profiles }), { mode: 0o600 });
}

function found({ stdout }: Run): { id: string; match: string; profile: string }[] {
  return JSON.parse(stdout);
}

describe('the embedded authority', () => {
  test('recognises a secret by its hash', async () => {
    const box = new Sandbox();
    await makeKey(box, 'other');
    const { id, value } = await makeKey(box);
    const shows = new Transcript(box, [prefixes, ids]);
    expect(shows.filtered(id)).toBe('[id 1]');
    const options = { stdin: `${value}\n`, now };
    expect(await shows.keys(['find', '--json'], options)).toMatchInlineSnapshot(`
      "$ keys find --json
      exit 0
      --- stdout
      [
        {
          "id": "[id 1]",
          "name": "ci",
          "description": null,
          "status": "active",
          "prefix": "[prefix]",
          "createdAt": "2026-11-20T12:00:00.000Z",
          "expiresAt": null,
          "lastUsedAt": null,
          "lastUsedIp": null,
          "permissions": [],
          "rateLimitRpm": null,
          "budgetUsd": null,
          "spentUsd": 0,
          "models": [],
          "labels": {},
          "usage": {
            "requests": 0,
            "tokens": 0
          },
          "provider": "local",
          "profile": "local",
          "superseded": false,
          "match": "hash"
        }
      ]
      "
    `);
  });

  test('recognises the secret of a revoked key', async () => {
    const box = new Sandbox();
    const { id, value } = await makeKey(box);
    await box.keys(['revoke', id, '--yes']);
    const run = await box.keys(['find', '--json', 'id,status,match'], { stdin: value });
    expect(found(run)).toEqual([{ id, status: 'revoked', match: 'hash' }]);
  });

  test('rejects another secret, even with the id of a key in it', async () => {
    const box = new Sandbox();
    const { id } = await makeKey(box);
    const shows = new Transcript(box, []);
    expect(await shows.keys(['find', '--json'], { stdin: forgedKey(id) })).toMatchInlineSnapshot(`
      "$ keys find --json
      exit 3
      --- stderr
      {"error":{"code":"no_such_value","message":"no key of the profile local has this secret","hint":"to search all profiles: keys find --all-profiles"}}
      "
    `);
  });

  test('recognises a part of a secret, and warns that this is no proof', async () => {
    const box = new Sandbox();
    const { id, value } = await makeKey(box);
    const shows = new Transcript(box, [ids]);
    expect(shows.filtered(id)).toBe('[id 1]');
    const options = { stdin: value.slice(0, 40) };
    expect(await shows.keys(['find', '--json', 'id,match'], options)).toMatchInlineSnapshot(`
      "$ keys find --json id,match
      exit 0
      --- stdout
      [
        {
          "id": "[id 1]",
          "match": "prefix"
        }
      ]
      --- stderr
      warning: only the prefix shown by the provider matches; that does not prove it is this key
      "
    `);
  });
});

test('reports a typing error offline, with the key that the id belongs to', async () => {
  const box = new Sandbox();
  const { id, value } = await makeKey(box);
  const mistyped = `${value.slice(0, 30)}${value[30] === 'x' ? 'y' : 'x'}${value.slice(31)}`;
  const shows = new Transcript(box, [ids]);
  expect(shows.filtered(id)).toBe('[id 1]');
  const args = ['find', '--json', '--provider', 'unreal', '--url', 'http://127.0.0.1:1'];
  expect(await shows.keys(args, { stdin: mistyped })).toMatchInlineSnapshot(`
    "$ keys find --json --provider unreal --url http://127.0.0.1:1
    exit 3
    --- stderr
    {"error":{"code":"value_mistyped","message":"the secret is mistyped: its checksum is wrong, so it belongs to no key","hint":"the key whose id it contains: keys show [id 1]"}}
    "
  `);
});

describe('an API', () => {
  const keysAnswer = json(200, {
    keys: [
      { name: 'other', hash: 'h1', created: 1694268762 },
      { name: 'ci', hash: hashOf(foreign), created: 1694268763 },
    ],
  });

  test('is asked for its keys and receives nothing of the secret', async () => {
    const [box, server] = [new Sandbox(), await FaultServer.start()];
    server.on('GET /v1/keys', keysAnswer);
    const env = { KEYS_PROVIDER: 'unreal', KEYS_URL: server.origin, KEYS_TOKEN: 'tok-EXAMPLE' };
    const args = ['find', '--debug', '--json', 'id,match'];
    const run = await box.keys(args, { env, stdin: foreign });
    expect(run.stderr).not.toContain(foreign.slice(8, 20));
    const shows = new Transcript(box, [ports, durations, userAgents]);
    expect(shows.of(args, run).replace(hashOf(foreign), '[hash]')).toMatchInlineSnapshot(`
      "$ keys find --debug --json id,match
      exit 0
      --- stdout
      [
        {
          "id": "[hash]",
          "match": "hash"
        }
      ]
      --- stderr
      debug: session token from KEYS_TOKEN
      debug: > GET http://127.0.0.1:[port 1]/v1/keys accept: application/json, accept-encoding: identity, user-agent: [program], authorization: ****
      debug: < 200 in [duration], content-type: application/json, body {keys}
      "
    `);
    expect(server.received).toHaveLength(1);
    const [request] = server.received;
    const sent = `${request?.path} ${JSON.stringify(request?.headers)} ${request?.body}`;
    for (const trace of [foreign, foreign.slice(8, 20), hashOf(foreign)]) expect(sent).not.toContain(trace);
  });

  test('whose secrets contain the id of the key', async () => {
    const [box, server] = [new Sandbox(), await FaultServer.start()];
    const api_keys = ['ak0123456789', 'ak9876543210'].map((access_key_id) => ({
      access_key_id,
      description: 'ci',
      prefix: access_key_id.slice(0, 8),
    }));
    server.on('GET /v1/api-keys', json(200, { api_keys, total: 2 }));
    const env = { KEYS_PROVIDER: 'privatemind', KEYS_URL: server.origin, KEYS_TOKEN: 'tok-EXAMPLE' };
    const run = await box.keys(['find', '--json', 'id,match'], { env, stdin: 'ak9876543210:abc-EXAMPLE' });
    expect(found(run)).toEqual([{ id: 'ak9876543210', match: 'id' }]);
  });

  test('that shows a masked part of its one key', async () => {
    const [box, server] = [new Sandbox(), await FaultServer.start()];
    const data = {
      keyId: 'k1',
      keySnippet: 'sk-01...MPLE',
      status: 'ACTIVE',
      createdAt: '2026-11-01T00:00:00Z',
    };
    server.on('GET /api/v1/keys/', json(200, { success: true, data }));
    const env = { KEYS_PROVIDER: 'riskinmind', KEYS_URL: server.origin, KEYS_TOKEN: 'tok-EXAMPLE' };
    const run = await box.keys(['find', '--json', 'id,match'], { env, stdin: foreign });
    expect(found(run)).toEqual([{ id: 'k1', match: 'prefix' }]);
  });

  test('without a login is not asked', async () => {
    const shows = new Transcript(new Sandbox(), [keychainFaults]);
    const args = ['find', '--provider', 'unreal'];
    expect(await shows.keys(args, { env: noKeychain, stdin: foreign })).toMatchInlineSnapshot(`
      "$ keys find --provider unreal
      exit 4
      --- stderr
      error: KEYS_TOKEN is not set, and no Secret Service is available ([fault])
      hint: pass the token with each call: KEYS_TOKEN, or KEYS_TOKEN_FILE=PATH (keys help environment)
      hint: or store it in a file that only you can read: keys login --store file --profile unreal
      hint: or start a keyring, which works without a desktop and on WSL: dbus-run-session -- bash -c 'read -rsp "Password of the keyring: " p; printf %s "$p" | gnome-keyring-daemon --unlock --components=secrets; exec "$SHELL"'
      "
    `);
  });

  test('that cannot be reached is reported as such', async () => {
    const env = { KEYS_PROVIDER: 'unreal', KEYS_URL: 'http://127.0.0.1:1', KEYS_TOKEN: 'tok-EXAMPLE' };
    const shows = new Transcript(new Sandbox(), []);
    expect(await shows.keys(['find'], { env, stdin: foreign })).toMatchInlineSnapshot(`
      "$ keys find
      exit 7
      --- stderr
      error: cannot connect to http://127.0.0.1:1: the connection was refused (ECONNREFUSED)
      hint: check the URL of the profile: keys profile list
      "
    `);
  });
});

describe('--all-profiles', () => {
  test('searches local and every stored profile, and lists the most certain match first', async () => {
    const [box, server] = [new Sandbox(), await FaultServer.start()];
    const { id, value } = await makeKey(box);
    const page = { data: [{ id: 'r1', name: 'ci', prefix: value.slice(0, 12) }], next_cursor: null };
    server.on('GET /keys', json(200, page));
    writeProfiles(box, { work: { provider: 'authority', url: server.origin } });
    const env = { KEYS_PROFILE: 'work', KEYS_TOKEN: 'tok-EXAMPLE' };
    const run = await box.keys(['find', '--all-profiles', '--json', 'id,match,profile'], {
      env,
      stdin: value,
    });
    expect(found(run)).toEqual([
      { id, match: 'hash', profile: 'local' },
      { id: 'r1', match: 'prefix', profile: 'work' },
    ]);
    expect(run.stderr).toBe('');
  });

  test('a failing profile is a warning if another one has the secret', async () => {
    const box = new Sandbox();
    const { value } = await makeKey(box);
    writeProfiles(box, { work: { provider: 'unreal', url: 'http://127.0.0.1:1' } });
    const shows = new Transcript(box, [keychainFaults]);
    const args = ['find', '--all-profiles', '--json', 'match'];
    expect(await shows.keys(args, { env: noKeychain, stdin: value })).toMatchInlineSnapshot(`
      "$ keys find --all-profiles --json match
      exit 0
      --- stdout
      [
        {
          "match": "hash"
        }
      ]
      --- stderr
      warning: could not search the profile work: KEYS_TOKEN is not set, and no Secret Service is available ([fault])
      "
    `);
  });

  test('a secret that was not found may belong to a profile that was not searched: exit 5', async () => {
    const box = new Sandbox();
    writeProfiles(box, { work: { provider: 'unreal', url: 'http://127.0.0.1:1' } });
    const shows = new Transcript(box, [keychainFaults]);
    const args = ['find', '--all-profiles', '--json'];
    expect(await shows.keys(args, { env: noKeychain, stdin: foreign })).toMatchInlineSnapshot(`
      "$ keys find --all-profiles --json
      exit 5
      --- stderr
      {"error":{"code":"profiles_unasked","message":"no key of the profile local has this secret; could not search the profile work: KEYS_TOKEN is not set, and no Secret Service is available ([fault])","hint":"pass the token with each call: KEYS_TOKEN, or KEYS_TOKEN_FILE=PATH (keys help environment)"}}
      "
    `);
  });

  test('a token in the environment is used for its own profile only', async () => {
    const [box, own, other] = [new Sandbox(), await FaultServer.start(), await FaultServer.start()];
    own.on('GET /v1/keys', json(200, { keys: [] }));
    writeProfiles(box, {
      own: { provider: 'unreal', url: own.origin },
      other: { provider: 'unreal', url: other.origin },
    });
    const env = { KEYS_PROFILE: 'own', KEYS_TOKEN: 'tok-EXAMPLE' };
    const run = await box.keys(['find', '--all-profiles'], { env, stdin: foreign });
    expect(run.exit).toBe(5);
    expect(own.received.map(({ headers }) => headers.authorization)).toEqual(['Bearer tok-EXAMPLE']);
    expect(other.received).toEqual([]);
  });
});

test('reports which profiles were searched if nothing was found: exit 3', async () => {
  const shows = new Transcript(new Sandbox(), []);
  expect(await shows.keys(['find'], { stdin: foreign })).toMatchInlineSnapshot(`
    "$ keys find
    exit 3
    --- stderr
    error: no key of the profile local has this secret
    hint: to search all profiles: keys find --all-profiles
    "
  `);
});

test('reads the secret from a source, and refuses a secret in place of one without repeating it', async () => {
  const box = new Sandbox();
  const { value } = await makeKey(box);
  writeFileSync(join(box.cwd, 'leaked.txt'), value);
  box.expectSecretIn('leaked.txt');
  expect(found(await box.keys(['find', '--from', 'file:leaked.txt', '--json']))).toHaveLength(1);
  const lines = ['find', 'verify'].map((command) => [command, '--from', 'correct-horse-battery']);
  for (const args of lines) expect((await box.keys(args)).stderr).not.toContain('horse');
  rmSync(join(box.cwd, 'leaked.txt'));
  expect(await new Transcript(box, []).all(lines)).toMatchInlineSnapshot(`
    "$ keys find --from correct-horse-battery
    exit 2
    --- stderr
    error: --from: not a source; expected keychain:NAME, file:PATH or env:PATH#NAME
    hint: keys help find
    $ keys verify --from correct-horse-battery
    exit 2
    --- stderr
    error: --from: not a source; expected keychain:NAME, file:PATH or env:PATH#NAME
    hint: keys help verify
    "
  `);
});

test('without a value and a prompt: exit 2', async () => {
  const shows = new Transcript(new Sandbox(), []);
  expect(
    await shows.keys(['find', '--no-input'], { terminal: 100, env: { NO_COLOR: '1' } }),
  ).toMatchInlineSnapshot(`
    "$ keys find --no-input
    exit 2
    --- stderr
    error: cannot prompt for the secret: --no-input is set
    hint: keys find < key.txt
    hint: keys find --from file:PATH
    "
  `);
  const job = { terminal: 100, env: { NO_COLOR: '1', CI: '1' } };
  expect(await shows.keys(['find'], job)).toMatchInlineSnapshot(`
    "$ keys find
    exit 2
    --- stderr
    error: cannot prompt for the secret: CI is set
    hint: keys find < key.txt
    hint: keys find --from file:PATH
    "
  `);
  expect(await shows.keys(['find'], { stdin: '' })).toMatchInlineSnapshot(`
    "$ keys find
    exit 2
    --- stderr
    error: stdin is empty; expected a secret
    "
  `);
});

test('on a terminal, prints a table and the command that revokes the key', async () => {
  const box = new Sandbox();
  const { id, value } = await makeKey(box, 'ci\u001b[2J');
  const shows = new Transcript(box, [secrets, idColumns, ids]);
  const terminal = { terminal: 100, now, env: { NO_COLOR: '1' } };
  writeFileSync(join(box.cwd, 'leaked.txt'), value, { mode: 0o600 });
  box.expectSecretIn('leaked.txt');
  const args = ['find', '--from', 'file:leaked.txt'];
  expect(await shows.keys(args, terminal)).toMatchInlineSnapshot(`
    "$ keys find --from file:leaked.txt
    exit 0
    --- stdout
    MATCH  NAME       ID                STATUS  PROFILE  LAST USED
    hash   ci\\x1b[2J  [id 1]            active  local    never

    if it has leaked: keys revoke [id 1]
    --- files
    leaked.txt (600): [secret 1]
    "
  `);
  await box.keys(['revoke', id, '--yes'], { now });
  expect(await shows.keys(args, terminal)).toMatchInlineSnapshot(`
    "$ keys find --from file:leaked.txt
    exit 0
    --- stdout
    MATCH  NAME       ID                STATUS   PROFILE  LAST USED
    hash   ci\\x1b[2J  [id 1]            revoked  local    never

    already revoked
    --- files
    leaked.txt (600): [secret 1]
    "
  `);
});

describe('a secret anywhere in a text', () => {
  const utf16 = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le');
  const bigEndian = (text: string) => utf16(text).swap16();

  test.each<[string, (value: string) => string | Buffer]>([
    ['a line of a log', (v) => `2026-11-21T17:36:53Z INFO call Authorization: Bearer ${v} status=200\n`],
    ['a dotenv line', (v) => `API_KEY=${v}\n`],
    ['a dotenv line in quotes', (v) => `export API_KEY="${v}" # of ci\n`],
    ['a dotenv line in single quotes', (v) => `API_KEY='${v}'`],
    ['a value in quotes', (v) => `"${v}"`],
    ['JSON', (v) => JSON.stringify({ a: [1, { apiKey: v }] }, undefined, 2)],
    ['JSON with escapes', (v) => `{"k":"${v.replaceAll('_', '\\u005f')}"}`],
    ['a URL', (v) => `https://api.example.com/v1?key=${v}&x=1`],
    ['a URL with a user', (v) => `https://ci:${v}@api.example.com/v1`],
    ['a URL with escapes', (v) => `https://api.example.com/v1?key=${v.replaceAll('_', '%5F')}`],
    ['a curl command', (v) => `$ curl -H 'Authorization: Bearer ${v}' https://api.example.com`],
    ['YAML', (v) => `key: ${v}\nother: 1\n`],
    ['CSV', (v) => `ci,${v},active\r\n`],
    ['lines that end in CRLF', (v) => `first line here\r\n${v}\r\nlast line here\r\n`],
    ['the end of a sentence', (v) => `The key is ${v}.`],
    ['Markdown', (v) => `Use \`${v}\`, please`],
    ['XML', (v) => `<key>${v}</key>`],
    ['one word with something before it', (v) => `token${v}\n`],
    ['one word with something after it', (v) => `${v}EOF\n`],
    ['a coloured line', (v) => `key \u001b[31m${v}\u001b[0m!`],
    ['a header with a user', (v) => `authorization: Basic ${Buffer.from(`ci:${v}`).toString('base64')}\n`],
    ['a Secret of Kubernetes', (v) => `data:\n  key: ${Buffer.from(`${v}\n`).toString('base64')}\n`],
    ['lines that a mail has broken', (v) => `key=3D${v.slice(0, 30)}=\r\n${v.slice(30)}\r\n`],
    ['lines of a shell', (v) => `curl -H "X-Key: ${v.slice(0, 30)}\\\n${v.slice(30)}"\n`],
    ['a UTF-8 byte order mark', (v) => `\ufeff${v}\n`],
    ['UTF-16', (v) => utf16(`${v}\r\n`)],
    ['UTF-16 without a mark', (v) => Buffer.from(`KEY=${v}\r\n`, 'utf16le')],
    ['UTF-16, big endian', (v) => bigEndian(`key = ${v}\r\n`)],
  ])('%s', async (_, textOf) => {
    const box = new Sandbox();
    const { id, value } = await makeKey(box);
    await makeKey(box, 'other');
    writeFileSync(join(box.cwd, 'leaked.txt'), textOf(value));
    box.expectSecretIn('leaked.txt');
    const fromStdin = await box.keys(['find', '--json', 'id,match'], { stdin: Buffer.from(textOf(value)) });
    const fromFile = await box.keys(['find', '--from', 'file:leaked.txt', '--json', 'id,match']);
    for (const run of [fromStdin, fromFile]) {
      expect(run, run.stderr).toMatchObject({ exit: 0, stderr: '' });
      expect(found(run)).toEqual([{ id, match: 'hash' }]);
    }
  });

  test('several secrets are listed once each, the most certain first', async () => {
    const box = new Sandbox();
    const [one, two] = [await makeKey(box, 'one'), await makeKey(box, 'two')];
    const text = `A=${one.value}\nB=${two.value.slice(0, 40)}\nC=${one.value}\nD=hunter2hunter2\n`;
    const run = await box.keys(['find', '--json', 'id,match'], { stdin: text });
    expect(found(run)).toEqual([
      { id: one.id, match: 'hash' },
      { id: two.id, match: 'prefix' },
    ]);
  });

  test('without a secret of a key: exit 3', async () => {
    const box = new Sandbox();
    await makeKey(box);
    const run = await box.keys(['find'], { stdin: `GET /v1/models 200\nkey=${foreign}\n` });
    expect(run).toMatchObject({ exit: 3, stdout: '' });
  });

  test.each([['by its hash', { name: 'ci', hash: hashOf(foreign), created: 1 }]])(
    'a key of an API %s, in a line of a log',
    async (_, listed) => {
      const [box, server] = [new Sandbox(), await FaultServer.start()];
      server.on('GET /v1/keys', json(200, { keys: [listed] }));
      const env = { KEYS_PROVIDER: 'unreal', KEYS_URL: server.origin, KEYS_TOKEN: 'tok-EXAMPLE' };
      const run = await box.keys(['find', '--json', 'match'], { env, stdin: `token=${foreign}; path=/\n` });
      expect(found(run)).toEqual([{ match: 'hash' }]);
    },
  );

  test('may still belong to a key if the API shows nothing of its keys: exit 5', async () => {
    const [box, server] = [new Sandbox(), await FaultServer.start()];
    server.on('GET /v1/keys', json(200, { keys: [{ name: 'ci', hash: 'h1', created: 1 }] }));
    const env = { KEYS_PROVIDER: 'unreal', KEYS_URL: server.origin, KEYS_TOKEN: 'tok-EXAMPLE' };
    const shows = new Transcript(box, []);
    expect(await shows.keys(['find', '--json'], { env, stdin: foreign })).toMatchInlineSnapshot(`
      "$ keys find --json
      exit 5
      --- stderr
      {"error":{"code":"value_unclear","message":"cannot tell whether a key of the profile unreal has this secret: the API does not show enough of its keys","hint":"to ask the API, sending it the secret: keys verify --profile unreal < key.txt"}}
      "
    `);
  });

  test('that is too long is refused', async () => {
    const shows = new Transcript(new Sandbox(), []);
    expect(await shows.keys(['find'], { stdin: 'a'.repeat(9_000_000) })).toMatchInlineSnapshot(`
      "$ keys find
      exit 2
      --- stderr
      error: the input is larger than 8 MB
      hint: search it in pieces: split -C 4M
      hint: to find what looks like a value in a file of any size: keys leaks PATH
      "
    `);
  });
});
