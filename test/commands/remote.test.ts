import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FaultServer, json } from '../support/fault-server.ts';
import type { Run } from '../support/sandbox.ts';
import { filesBelow, Sandbox } from '../support/sandbox.ts';
import { UnrealServer } from '../support/unreal-server.ts';

function envOf(provider: string, url: string, token = 'tok-EXAMPLE') {
  return { KEYS_PROVIDER: provider, KEYS_URL: url, KEYS_TOKEN: token };
}

function errorOf({ stderr }: Run): { code: string; message: string; hint?: string } {
  return JSON.parse(stderr).error;
}

describe('Unreal AI, to the letter of its document', () => {
  test('the whole life of a key, from login to revocation', async () => {
    const [box, server] = [new Sandbox(), await UnrealServer.start()];
    box.expectSecretIn('.env');
    const login = [
      'login',
      '--provider',
      'unreal',
      '--url',
      server.url,
      '--with-token',
      '--store',
      'file',
      '--json',
    ];
    const status = JSON.parse((await box.keys(login, { stdin: 'tok-EXAMPLE\n' })).stdout);
    expect(status).toMatchObject({
      profile: 'unreal',
      provider: 'unreal',
      tokenSource: 'file',
      authenticated: true,
    });

    const made = await box.keys(['create', 'ci', '--to', 'env:.env#API_KEY', '--json']);
    expect(JSON.parse(made.stdout)).toMatchObject({
      id: 'hash1abcdef',
      name: 'ci',
      provider: 'unreal',
      profile: 'unreal',
    });
    expect(box.read('.env')).toBe('API_KEY=sk-a1b2c3d4e5f6g7h8i9j01EXAMPLE\n');

    expect(JSON.parse((await box.keys(['list', '--json', 'name,status'])).stdout)).toEqual([
      { name: 'ci', status: 'active' },
    ]);
    expect(JSON.parse((await box.keys(['show', 'ci', '--json', 'usage'])).stdout)).toEqual({
      usage: { requests: 17, tokens: 4250 },
    });
    const verdict = await box.keys(['verify', '--from', 'env:.env#API_KEY', '--json']);
    expect(JSON.parse(verdict.stdout)).toEqual({
      valid: true,
      reason: 'ok',
      httpStatus: 200,
      models: ['mixtral-8x22b-instruct'],
    });

    expect((await box.keys(['revoke', 'ci', '--yes'])).exit).toBe(0);
    expect((await box.keys(['verify', '--from', 'env:.env#API_KEY', '--json'])).exit).toBe(8);
    expect(server.keys).toEqual([]);
    for (const request of server.requests) expect(request).not.toMatch(/EXAMPLE/);
  });

  test('KEYS_PROVIDER, KEYS_URL and KEYS_TOKEN are enough, and nothing is written', async () => {
    const [box, server] = [new Sandbox(), await UnrealServer.start()];
    const run = await box.keys(['list', '--json'], { env: envOf('unreal', server.url) });
    expect(run).toEqual({ exit: 0, stdout: '[]\n', stderr: '' });
    expect(existsSync(box.home)).toBe(false);
  });

  test('--debug shows the traffic without token or secret', async () => {
    const [box, server] = [new Sandbox(), await UnrealServer.start()];
    const run = await box.keys(['create', 'ci', '--secret-only', '--debug'], {
      env: envOf('unreal', server.url),
      secretOnStdout: true,
    });
    expect(run.stdout).toMatch(/^sk-\w+EXAMPLE\n$/);
    expect(run.stderr).toContain('> POST');
    expect(run.stderr).toContain('authorization: ****');
    expect(run.stderr).not.toMatch(/EXAMPLE/);
  });

  test('an expired session is reported with the command to log in: exit 4', async () => {
    const [box, server] = [new Sandbox(), await UnrealServer.start()];
    server.isLocked = true;
    const run = await box.keys(['list', '--json'], { env: envOf('unreal', server.url) });
    expect(run.exit).toBe(4);
    expect(errorOf(run)).toMatchObject({
      code: 'not_logged_in',
      httpStatus: 401,
      hint: expect.stringContaining('keys login --profile unreal'),
    });
  });

  test('a key whose delivery failed is revoked at the API', async () => {
    const [box, server] = [new Sandbox(), await UnrealServer.start()];
    const options = { env: envOf('unreal', server.url), breakStdout: { at: 1, code: 'EPIPE' } };
    expect((await box.keys(['create', 'ci', '--secret-only'], options)).exit).toBe(1);
    expect(server.keys).toEqual([]);
    expect(server.requests).toContain('DELETE /v1/keys/hash1abcdef');
  });
});

describe('Ctrl-C', () => {
  test('before a key is created ends the command: exit 130', async () => {
    const [box, server] = [new Sandbox(), await UnrealServer.start()];
    const options = { env: envOf('unreal', server.url), interrupt: AbortSignal.abort() };
    expect((await box.keys(['create', 'ci', '--secret-only'], options)).exit).toBe(130);
    expect(server.keys).toEqual([]);
  });

  test('after it was created lets the command clean up', async () => {
    const [box, server] = [new Sandbox(), await UnrealServer.start()];
    const controller = new AbortController();
    server.onCreate = () => controller.abort();
    const options = { env: envOf('unreal', server.url), interrupt: controller.signal };
    const run = await box.keys(['create', 'ci', '--secret-only'], {
      ...options,
      breakStdout: { at: 1, code: 'EPIPE' },
    });
    expect(run.exit).toBe(1);
    expect(run.stderr).toContain('was revoked');
    expect(server.keys).toEqual([]);
  });

  test('after it was created does not stop the delivery', async () => {
    const [box, server] = [new Sandbox(), await UnrealServer.start()];
    box.expectSecretIn('a.key');
    const controller = new AbortController();
    server.onCreate = () => controller.abort();
    const run = await box.keys(['create', 'ci', '--to', 'file:a.key'], {
      env: envOf('unreal', server.url),
      interrupt: controller.signal,
    });
    expect(run.exit).toBe(0);
    expect(box.read('a.key')).toBe(server.keys[0]?.secret);
  });
});

describe('what a provider cannot do is refused before any call', () => {
  test.each([
    [
      ['create', 'ci', '--budget', '5', '--expires', '90d'],
      ['--budget', '--expires', 'create accepts only a name'],
    ],
    [['logs'], ['does not report a log']],
    [['update', 'ci', '--name', 'x'], ['cannot change a key']],
    [['update', 'ci', '--disable'], ['cannot disable a key']],
    [
      ['list', '--unused', '9d'],
      ['--unused', 'does not report lastUsedAt'],
    ],
    [['list', '--expiring', '9d'], ['--expiring']],
    [['usage', '--by', 'day'], ['by day']],
  ])('%j', async (args, reasons) => {
    const [box, server] = [new Sandbox(), await UnrealServer.start()];
    const run = await box.keys([...args, '--json'], { env: envOf('unreal', server.url) });
    expect(run.exit).toBe(2);
    for (const reason of reasons) expect(run.stderr).toContain(reason);
    expect(run.stderr).toContain('keys provider show unreal');
    expect(server.requests).toEqual([]);
  });

  test('an API with fixed expiry steps refuses other spans, and keys that never expire', async () => {
    const [box, server] = [new Sandbox(), await UnrealServer.start()];
    const env = envOf('privatemind', server.url);
    const other = await box.keys(['create', 'ci', '--expires', '45d', '--json'], { env });
    expect(errorOf(other).message).toContain('offers only 30d, 90d, 6mo, 1y, 2y, 10y');
    const none = await box.keys(['create', 'ci', '--json'], { env });
    expect(errorOf(none).message).toContain('pass --expires with one of 30d');
    expect([other.exit, none.exit, server.requests.length]).toEqual([2, 2, 0]);
  });

  test('provider show lists every capability', async () => {
    const run = await new Sandbox().keys(['provider', 'show', 'privatemind', '--json', 'capabilities']);
    expect(JSON.parse(run.stdout).capabilities).toMatchObject({
      overlap: 'client',
      expiry: 'steps',
      createFields: ['name', 'expiresAt', 'rateLimitRpm', 'budgetUsd', 'models'],
      logs: false,
    });
  });
});

describe('RiskInMind, with one key per user', () => {
  const live = {
    success: true,
    data: {
      keyId: 'key_12345',
      keySnippet: 'sk_live_...9f8a',
      status: 'ACTIVE',
      createdAt: '2023-10-01T12:00:00Z',
    },
  };
  const next = {
    success: true,
    data: { ...live.data, keyId: 'key_67890', createdAt: '2026-11-20T12:00:00Z' },
  };

  test('list shows that key', async () => {
    const [box, server] = [new Sandbox(), await FaultServer.start()];
    server.on('GET /api/v1/keys/', json(200, live));
    const run = await box.keys(['list', '--json', 'id,prefix'], { env: envOf('riskinmind', server.origin) });
    expect(JSON.parse(run.stdout)).toEqual([{ id: 'key_12345', prefix: 'sk_live_...9f8a' }]);
  });

  test('create refuses while a key is active, and revokes none', async () => {
    const [box, server] = [new Sandbox(), await FaultServer.start()];
    server.on('GET /api/v1/keys/', json(200, live));
    const run = await box.keys(['create', 'ci', '--json'], { env: envOf('riskinmind', server.origin) });
    expect(run.exit).toBe(6);
    expect(errorOf(run)).toMatchObject({
      code: 'key_limit',
      hint: expect.stringContaining('--allow-downtime'),
    });
  });

  test('detects a server that replaced the active key', async () => {
    const [box, server] = [new Sandbox(), await FaultServer.start()];
    server.on('GET /api/v1/keys/', json(200, live), json(200, next), json(200, next));
    server.on(
      'POST /api/v1/keys/generate',
      json(200, { success: true, data: { apiKey: 'sk_live_abcdef12345678EXAMPLE' } }),
    );
    const args = ['create', 'ci', '--allow-downtime', '--json'];
    const run = await box.keys(args, { env: envOf('riskinmind', server.origin), secretOnStdout: true });
    expect(JSON.parse(run.stdout)).toMatchObject({
      id: 'key_67890',
      secret: 'sk_live_abcdef12345678EXAMPLE',
    });
    expect(run.stderr).toContain('the API replaced the key key_12345: it no longer works');
  });

  test('logs read all pages, and filter locally if the API cannot', async () => {
    const [box, server] = [new Sandbox(), await FaultServer.start()];
    const row = (index: number) => ({
      endpoint: '/api/v1/loans',
      method: 'POST',
      statusCode: index % 2 ? 200 : 500,
      timestamp: `2023-10-01T12:00:0${index % 10}Z`,
    });
    const rows = Array.from({ length: 150 }, (_, index) => row(index));
    const page = (number: number) =>
      json(200, {
        success: true,
        data: rows.slice((number - 1) * 100, number * 100),
        meta: { total: 150, page: number, limit: 100 },
      });
    server
      .on('GET /api/v1/keys/logs?limit=100&page=1', page(1))
      .on('GET /api/v1/keys/logs?limit=100&page=2', page(2));
    const run = await box.keys(['logs', '--status', '5xx', '--format', 'ndjson'], {
      env: envOf('riskinmind', server.origin),
    });
    expect(run.stdout.trimEnd().split('\n')).toHaveLength(75);
  });

  test('logs read no page beyond the requested one', async () => {
    const [box, server] = [new Sandbox(), await FaultServer.start()];
    const rows = Array.from({ length: 100 }, () => ({
      endpoint: '/x',
      method: 'GET',
      statusCode: 200,
      timestamp: '2023-10-01T12:00:00Z',
    }));
    server.on(
      'GET /api/v1/keys/logs?limit=100&page=1',
      json(200, { success: true, data: rows, meta: { total: 1000, page: 1, limit: 100 } }),
    );
    const run = await box.keys(['logs', '--limit', '3', '--format', 'ndjson'], {
      env: envOf('riskinmind', server.origin),
    });
    expect(run.stdout.trimEnd().split('\n')).toHaveLength(3);
  });
});

describe('login, logout and profiles', () => {
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
    const run = await box.keys([...login(server.url), '--json'], { stdin: 'wrong-EXAMPLE' });
    expect(run.exit).toBe(4);
    expect(errorOf(run).message).toContain('nothing was stored');
    expect(existsSync(box.home)).toBe(false);
  });

  test('--no-verify stores it without a call', async () => {
    const [box, server] = [new Sandbox(), await UnrealServer.start()];
    expect((await box.keys(login(server.url, '--no-verify'), { stdin: 'wrong-EXAMPLE' })).exit).toBe(0);
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
    const status = await box.keys(['status', '--json', 'tokenSource,authenticated']);
    expect(JSON.parse(status.stdout)).toEqual({ tokenSource: 'file', authenticated: true });
    const out = await box.keys(['logout', '--json']);
    expect(JSON.parse(out.stdout)).toMatchObject({ profile: 'unreal', removed: true, changed: true });
    const after = await box.keys(['status', '--json', 'tokenSource,authenticated']);
    expect(after.exit).toBe(4);
    expect(JSON.parse(after.stdout)).toEqual({ tokenSource: null, authenticated: false });
    const list = await box.keys(['list', '--json']);
    expect([list.exit, errorOf(list).code]).toEqual([4, 'not_logged_in']);
  });

  test('a profile whose URL moved to another origin is not sent the old token', async () => {
    const [box, server, other] = [new Sandbox(), await UnrealServer.start(), await UnrealServer.start()];
    await box.keys(login(server.url), { stdin: 'tok-EXAMPLE' });
    const run = await box.keys(['list', '--url', other.url, '--json']);
    expect([run.exit, errorOf(run).code]).toEqual([4, 'not_logged_in']);
    expect(other.requests).toEqual([]);
  });

  test('profiles are listed, chosen and removed', async () => {
    const [box, server] = [new Sandbox(), await UnrealServer.start()];
    await box.keys(login(server.url, '--profile', 'work'), { stdin: 'tok-EXAMPLE' });
    const names = async () =>
      (
        JSON.parse((await box.keys(['profile', 'list', '--json'])).stdout) as {
          name: string;
          current: boolean;
        }[]
      ).map(({ name, current }) => `${name}${current ? ' *' : ''}`);
    expect(await names()).toEqual(['local', 'work *']);
    await box.keys(['profile', 'use', 'local']);
    expect(await names()).toEqual(['local *', 'work']);
    const removed = await box.keys(['profile', 'remove', 'work', '--json']);
    expect(JSON.parse(removed.stdout)).toEqual({ name: 'work', removed: true, tokenRemoved: true });
    expect(await names()).toEqual(['local *']);
    expect((await box.keys(['profile', 'use', 'work'])).exit).toBe(2);
  });

  test('without a terminal, login names everything that is missing', async () => {
    const box = new Sandbox();
    expect((await box.keys(['login'])).exit).toBe(2);
    const gitlab = await box.keys(['login', '--provider', 'gitlab', '--with-token'], {
      stdin: 'tok-EXAMPLE',
    });
    expect(gitlab.stderr).toContain('--option project=VALUE');
    const npm = await box.keys(['login', '--provider', 'npm', '--with-token', '--option', 'colour=red'], {
      stdin: 'tok-EXAMPLE',
    });
    expect(npm.stderr).toContain('has no default URL; pass --url');
    expect(npm.stderr).toContain('--option colour');
    expect(existsSync(box.home)).toBe(false);
  });

  test('a URL without TLS is refused beyond loopback, before any call', async () => {
    const run = await new Sandbox().keys(['list', '--json'], { env: envOf('unreal', 'http://192.0.2.1') });
    expect(run.exit).toBe(2);
    expect(run.stderr).not.toContain('EXAMPLE');
  });
});

describe('the escape hatch', () => {
  test('api calls any path with the session token, and prints the answer unchanged', async () => {
    const [box, server] = [new Sandbox(), await FaultServer.start()];
    server.on('POST /v1/anything?x=1', json(201, { ok: true }));
    const run = await box.keys(['api', 'post', '/v1/anything?x=1'], {
      env: envOf('unreal', server.origin),
      stdin: '{"a": [1]}',
    });
    expect(run).toEqual({ exit: 0, stdout: '{"ok":true}', stderr: '' });
    expect(String(server.received[0]?.body)).toBe('{"a":[1]}');
    expect(server.received[0]?.headers.authorization).toBe('Bearer tok-EXAMPLE');
  });

  test('a failure is printed too, and has its exit code', async () => {
    const [box, server] = [new Sandbox(), await FaultServer.start()];
    server.on('GET /v1/nothing', json(404, { message: 'nothing here' }));
    const run = await box.keys(['api', 'GET', '/v1/nothing'], { env: envOf('unreal', server.origin) });
    expect(run.exit).toBe(3);
    expect(run.stdout).toBe('{"message":"nothing here"}');
  });

  test('refuses an invalid method, and a body that is not JSON', async () => {
    const [box, server] = [new Sandbox(), await FaultServer.start()];
    const env = envOf('unreal', server.origin);
    expect((await box.keys(['api', 'FETCH', '/'], { env })).exit).toBe(2);
    expect((await box.keys(['api', 'POST', '/'], { env, stdin: 'not json' })).exit).toBe(2);
  });
});

test("a user's own provider works like a built-in one", async () => {
  const [box, server] = [new Sandbox(), await FaultServer.start()];
  const { unreal } = await import('../../src/providers/unreal.ts');
  const { mkdirSync, writeFileSync } = await import('node:fs');
  const folder = join(box.home, 'config', 'providers');
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'mine.json'),
    JSON.stringify({ ...unreal, id: 'mine', list: { get: '/keys', items: 'all' } }),
  );
  server.on('GET /keys', json(200, { all: [{ name: 'ci\u001b[2J', hash: 'h1', created: 0 }] }));
  const run = await box.keys(['list', '--no-color'], { env: envOf('mine', server.origin), terminal: 100 });
  expect(run.stdout).toContain('ci\\x1b[2J');
  expect(run.stdout).not.toContain('\u001b');
});

test('provider check lists each fault with its path: exit 8', async () => {
  const box = new Sandbox();
  const { writeFileSync } = await import('node:fs');
  writeFileSync(join(box.cwd, 'broken.json'), '{"id": "Mine", "name": ""}');
  const run = await box.keys(['provider', 'check', 'broken.json', '--json', 'path']);
  expect(run.exit).toBe(8);
  const paths = (JSON.parse(run.stdout) as { path: string }[]).map(({ path }) => path);
  expect(paths).toEqual(
    expect.arrayContaining(['id', 'name', 'auth', 'capabilities', 'list', 'create', 'revoke', 'key']),
  );
  writeFileSync(join(box.cwd, 'broken.json'), '{');
  expect((await box.keys(['provider', 'check', 'broken.json'])).exit).toBe(1);
});
