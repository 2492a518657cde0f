import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { forgedKey, spec } from '../support/authority.ts';
import { withAuthority } from '../support/embedded-authority.ts';
import { FaultServer, json } from '../support/fault-server.ts';
import type { Run } from '../support/sandbox.ts';
import { Sandbox } from '../support/sandbox.ts';

const foreign = 'sk-0123456789abcdefghij_EXAMPLE';
const hashOf = (value: string) => createHash('sha256').update(value).digest('hex');

/** A key of the embedded authority, with its value. */
function makeKey(box: Sandbox, name = 'ci'): Promise<{ id: string; value: string }> {
  return withAuthority(box, async (authority) => {
    const { key, secret } = await authority.create(spec({ name }));
    return { id: key.id, value: secret.reveal() };
  });
}

function writeProfiles(box: Sandbox, profiles: Readonly<Record<string, { provider: string; url: string }>>) {
  mkdirSync(join(box.home, 'config'), { recursive: true, mode: 0o700 });
  writeFileSync(join(box.home, 'config', 'config.json'), JSON.stringify({ profiles }), { mode: 0o600 });
}

function found({ stdout }: Run): { id: string; match: string; profile: string }[] {
  return JSON.parse(stdout);
}

function errorOf({ stderr }: Run): { code: string; message: string; hint?: string } {
  return JSON.parse(stderr).error;
}

describe('the embedded authority', () => {
  test('recognises a secret by its hash', async () => {
    const box = new Sandbox();
    await makeKey(box, 'other');
    const { id, value } = await makeKey(box);
    const run = await box.keys(['find', '--json'], { stdin: `${value}\n` });
    expect(run).toMatchObject({ exit: 0, stderr: '' });
    expect(found(run)).toEqual([
      expect.objectContaining({ id, name: 'ci', status: 'active', profile: 'local', match: 'hash' }),
    ]);
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
    const run = await box.keys(['find', '--json'], { stdin: forgedKey(id) });
    expect(run).toMatchObject({ exit: 3, stdout: '' });
    expect(errorOf(run).code).toBe('no_such_value');
  });

  test('recognises a part of a secret, and warns that this is no proof', async () => {
    const box = new Sandbox();
    const { id, value } = await makeKey(box);
    const run = await box.keys(['find', '--json', 'id,match'], { stdin: value.slice(0, 40) });
    expect(found(run)).toEqual([{ id, match: 'prefix' }]);
    expect(run.stderr).toMatch(/^warning: .* does not prove .*\n$/);
  });
});

test('reports a typing error offline, with the key that the id belongs to', async () => {
  const box = new Sandbox();
  const { id, value } = await makeKey(box);
  const mistyped = `${value.slice(0, 30)}${value[30] === 'x' ? 'y' : 'x'}${value.slice(31)}`;
  const run = await box.keys(['find', '--json', '--provider', 'unreal', '--url', 'http://127.0.0.1:1'], {
    stdin: mistyped,
  });
  expect(run).toMatchObject({ exit: 3, stdout: '' });
  expect(errorOf(run)).toMatchObject({ code: 'value_mistyped', hint: expect.stringContaining(id) });
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
    const run = await box.keys(['find', '--debug', '--json', 'id,match'], { env, stdin: foreign });
    expect(found(run)).toEqual([{ id: hashOf(foreign), match: 'hash' }]);
    expect(run.stderr).not.toContain(foreign.slice(8, 20));
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

  test('that cannot be reached is reported as such', async () => {
    const run = await new Sandbox().keys(['find', '--json', '--provider', 'unreal'], { stdin: foreign });
    expect(run.exit).toBe(4);
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
    const run = await box.keys(['find', '--all-profiles', '--json', 'match'], { stdin: value });
    expect(run.exit).toBe(0);
    expect(run.stderr).toMatch(/^warning: could not search the profile work: .+\n$/);
  });

  test('a secret that was not found may belong to a profile that was not searched: exit 5', async () => {
    const box = new Sandbox();
    writeProfiles(box, { work: { provider: 'unreal', url: 'http://127.0.0.1:1' } });
    const run = await box.keys(['find', '--all-profiles', '--json'], { stdin: foreign });
    expect(run).toMatchObject({ exit: 5, stdout: '' });
    expect(errorOf(run)).toMatchObject({
      code: 'profiles_unasked',
      message: expect.stringMatching(
        /^no key of the profile local has this secret; could not search the profile work/,
      ),
      hint: expect.stringContaining('keys '),
    });
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
  const run = await new Sandbox().keys(['find'], { stdin: foreign });
  expect(run).toEqual({
    exit: 3,
    stdout: '',
    stderr: [
      'error: no key of the profile local has this secret',
      'hint: to search all profiles: keys find --all-profiles\n',
    ].join('\n'),
  });
});

test('reads the secret from a source, and refuses a secret in place of one without repeating it', async () => {
  const box = new Sandbox();
  const { value } = await makeKey(box);
  writeFileSync(join(box.cwd, 'leaked.txt'), value);
  box.expectSecretIn('leaked.txt');
  expect(found(await box.keys(['find', '--from', 'file:leaked.txt', '--json']))).toHaveLength(1);
  for (const command of ['find', 'verify']) {
    const run = await box.keys([command, '--from', 'correct-horse-battery']);
    expect(run).toMatchObject({ exit: 2, stderr: expect.stringContaining('--from: not a source') });
    expect(run.stderr).not.toContain('horse');
  }
});

test.each([
  ['--no-input', 2, 'not a terminal'],
  ['', 2, 'stdin is empty; expected a secret'],
])('without a value %s: exit %i', async (flag, exit, reason) => {
  const options = flag ? { terminal: 100 } : { stdin: '' };
  const run = await new Sandbox().keys(['find', ...(flag ? [flag] : [])], options);
  expect(run.exit).toBe(exit);
  expect(run.stderr).toContain(reason);
});

test('on a terminal, prints a table and the command that revokes the key', async () => {
  const box = new Sandbox();
  const { id, value } = await makeKey(box, 'ci\u001b[2J');
  writeFileSync(join(box.cwd, 'leaked.txt'), value);
  box.expectSecretIn('leaked.txt');
  const run = await box.keys(['find', '--from', 'file:leaked.txt', '--no-color'], { terminal: 100 });
  expect(run.stdout).toMatch(
    /^MATCH +NAME +ID +STATUS +PROFILE +LAST USED\nhash +ci\\x1b\[2J +\w+ +active +local/,
  );
  expect(run.stdout).toMatch(new RegExp(`\n\nif it has leaked: keys revoke ${id}\n$`));
  await box.keys(['revoke', id, '--yes']);
  const after = await box.keys(['find', '--from', 'file:leaked.txt', '--no-color'], { terminal: 100 });
  expect(after.stdout).toMatch(/\n\nalready revoked\n$/);
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
    const run = await box.keys(['find', '--json'], { env, stdin: foreign });
    expect(run).toMatchObject({ exit: 5, stdout: '' });
    expect(errorOf(run)).toMatchObject({
      code: 'value_unclear',
      message: expect.stringContaining('cannot tell whether a key of the profile unreal has this secret'),
      hint: 'to ask the API, sending it the secret: keys verify --profile unreal < key.txt',
    });
  });

  test('that is too long is refused', async () => {
    const run = await new Sandbox().keys(['find'], { stdin: 'a'.repeat(9_000_000) });
    expect(run).toMatchObject({ exit: 2, stderr: expect.stringContaining('more than 8 MB') });
  });
});
