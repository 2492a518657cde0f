import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { FaultServer, json } from '../support/fault-server.ts';
import { Sandbox } from '../support/sandbox.ts';
import { durations, operations, ports, Transcript, userAgents } from '../support/transcript.ts';
import { UnrealServer } from '../support/unreal-server.ts';

function envOf(provider: string, url: string, token = 'tok-EXAMPLE') {
  return { KEYS_PROVIDER: provider, KEYS_URL: url, KEYS_TOKEN: token };
}

describe('Unreal AI, to the letter of its document', () => {
  test('the whole life of a key, from login to revocation', async () => {
    const [box, server] = [new Sandbox(), await UnrealServer.start()];
    box.expectSecretIn('.env');
    const now = new Date('2026-11-20T12:00:00Z');
    const shows = new Transcript(box, [ports, operations]);
    const login = ['login', '--provider', 'unreal', '--url', server.url, '--with-token', '--store', 'file'];
    const fields = ['--json', 'profile,provider,tokenSource,authenticated'];
    const verify = ['verify', '--from', 'env:.env#API_KEY', '--json'];
    expect(await shows.keys([...login, ...fields], { stdin: 'tok-EXAMPLE\n' })).toMatchInlineSnapshot(`
      "$ keys login --provider unreal --url http://127.0.0.1:[port 1] --with-token --store file --json profile,provider,tokenSource,authenticated
      exit 0
      --- stdout
      {
        "profile": "unreal",
        "provider": "unreal",
        "tokenSource": "file",
        "authenticated": true
      }
      --- stderr
      logged in: unreal is now the current profile; its token is in a file that only you can read
      "
    `);
    expect(
      await shows.keys(['create', 'ci', '--to', 'env:.env#API_KEY', '--json'], { now }),
    ).toMatchInlineSnapshot(`
      "$ keys create ci --to env:.env#API_KEY --json
      exit 0
      --- stdout
      {
        "id": "hash1abcdef",
        "name": "ci",
        "status": "active",
        "createdAt": "2023-09-09T14:12:43.000Z",
        "superseded": false,
        "provider": "unreal",
        "profile": "unreal",
        "delivered": [
          {
            "sink": "env:.env#API_KEY",
            "verified": true
          }
        ],
        "changed": true
      }
      --- stderr
      delivered to env:.env#API_KEY and read back
      --- files
      .env (600): API_KEY=sk-a1b2c3d4e5f6g7h8i9j01EXAMPLE
      "
    `);
    const lines = [
      ['list', '--json', 'name,status'],
      ['show', 'ci', '--json', 'usage'],
      verify,
      ['revoke', 'ci', '--yes'],
      verify,
    ];
    expect(await shows.all(lines, { now })).toMatchInlineSnapshot(`
      "$ keys list --json name,status
      exit 0
      --- stdout
      [
        {
          "name": "ci",
          "status": "active"
        }
      ]
      $ keys show ci --json usage
      exit 0
      --- stdout
      {
        "usage": {
          "requests": 17,
          "tokens": 4250
        }
      }
      $ keys verify --from env:.env#API_KEY --json
      exit 0
      --- stdout
      {
        "valid": true,
        "reason": "ok",
        "httpStatus": 200,
        "models": [
          "mixtral-8x22b-instruct"
        ]
      }
      $ keys revoke ci --yes
      exit 0
      --- stdout
      hash1abcdef	ci	true	true	
      $ keys verify --from env:.env#API_KEY --json
      exit 8
      --- stdout
      {
        "valid": false,
        "reason": "invalid",
        "httpStatus": 401
      }
      --- files
      .env (600): API_KEY=sk-a1b2c3d4e5f6g7h8i9j01EXAMPLE
      "
    `);
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
    const args = ['create', 'ci', '--secret-only', '--debug'];
    const run = await box.keys(args, { env: envOf('unreal', server.url), secretOnStdout: true });
    expect(run.stderr).not.toMatch(/EXAMPLE/);
    const shows = new Transcript(box, [ports, durations, userAgents]);
    expect(shows.of(args, run)).toMatchInlineSnapshot(`
      "$ keys create ci --secret-only --debug
      exit 0
      --- stdout
      sk-a1b2c3d4e5f6g7h8i9j01EXAMPLE
      --- stderr
      debug: session token from KEYS_TOKEN
      debug: > GET http://127.0.0.1:[port 1]/v1/keys accept: application/json, accept-encoding: identity, user-agent: [program], authorization: ****
      debug: < 200 in [duration], content-type: application/json, body {keys}
      debug: > POST http://127.0.0.1:[port 1]/v1/keys accept: application/json, accept-encoding: identity, user-agent: [program], content-type: application/json, authorization: ****, body {name}
      debug: < 200 in [duration], content-type: application/json, body {name, key, hash, created}
      "
    `);
  });

  test('an expired session is reported with the command to log in: exit 4', async () => {
    const [box, server] = [new Sandbox(), await UnrealServer.start()];
    server.isLocked = true;
    const shows = new Transcript(box, [ports]);
    expect(await shows.keys(['list', '--json'], { env: envOf('unreal', server.url) })).toMatchInlineSnapshot(`
      "$ keys list --json
      exit 4
      --- stderr
      {"error":{"code":"not_logged_in","message":"the API does not accept the session token: unknown session (UNAUTHORIZED)","hint":"keys login --profile unreal\\nor set KEYS_TOKEN","httpStatus":401}}
      "
    `);
  });

  test('a key whose delivery failed is revoked at the API', async () => {
    const [box, server] = [new Sandbox(), await UnrealServer.start()];
    const options = { env: envOf('unreal', server.url), breakStdout: { at: 1, code: 'EPIPE' } };
    const shows = new Transcript(box, []);
    expect(await shows.keys(['create', 'ci', '--secret-only'], options)).toMatchInlineSnapshot(`
      "$ keys create ci --secret-only
      exit 1
      --- stderr
      error: the secret was not delivered to stdout: broken; the new key hash1abcdef was revoked
      hint: set up an escrow to keep it next time: keys doctor
      "
    `);
    expect(server.keys).toEqual([]);
    expect(server.requests).toContain('DELETE /v1/keys/hash1abcdef');
  });
});

describe('Ctrl-C', () => {
  test('before a key is created ends the command: exit 130', async () => {
    const [box, server] = [new Sandbox(), await UnrealServer.start()];
    const options = { env: envOf('unreal', server.url), interrupt: AbortSignal.abort() };
    const shows = new Transcript(box, []);
    expect(await shows.keys(['create', 'ci', '--secret-only'], options)).toMatchInlineSnapshot(`
      "$ keys create ci --secret-only
      exit 130
      --- stderr
      error: interrupted; nothing was changed
      "
    `);
    expect(server.keys).toEqual([]);
  });

  test('after it was created lets the command clean up', async () => {
    const [box, server] = [new Sandbox(), await UnrealServer.start()];
    const controller = new AbortController();
    server.onCreate = () => controller.abort();
    const options = {
      env: envOf('unreal', server.url),
      interrupt: controller.signal,
      breakStdout: { at: 1, code: 'EPIPE' },
    };
    const shows = new Transcript(box, []);
    expect(await shows.keys(['create', 'ci', '--secret-only'], options)).toMatchInlineSnapshot(`
      "$ keys create ci --secret-only
      exit 1
      --- stderr
      error: the secret was not delivered to stdout: broken; the new key hash1abcdef was revoked
      hint: set up an escrow to keep it next time: keys doctor
      "
    `);
    expect(server.keys).toEqual([]);
  });

  test('after it was created does not stop the delivery', async () => {
    const [box, server] = [new Sandbox(), await UnrealServer.start()];
    box.expectSecretIn('a.key');
    const controller = new AbortController();
    server.onCreate = () => controller.abort();
    const now = new Date('2026-11-20T12:00:00Z');
    const options = { env: envOf('unreal', server.url), interrupt: controller.signal, now };
    const shows = new Transcript(box, []);
    expect(await shows.keys(['create', 'ci', '--to', 'file:a.key'], options)).toMatchInlineSnapshot(`
      "$ keys create ci --to file:a.key
      exit 0
      --- stdout
      hash1abcdef	ci		active		2023-09-09T14:12:43.000Z											false	unreal	unreal
      --- stderr
      delivered to file:a.key and read back
      --- files
      a.key (600): sk-a1b2c3d4e5f6g7h8i9j01EXAMPLE
      "
    `);
    expect(box.read('a.key')).toBe(server.keys[0]?.secret);
  });
});

describe('what a provider cannot do is refused before any call', () => {
  test('by Unreal AI', async () => {
    const [box, server] = [new Sandbox(), await UnrealServer.start()];
    const lines = [
      ['create', 'ci', '--budget', '5', '--expires', '90d', '--secret-only'],
      ['logs'],
      ['update', 'ci', '--name', 'x'],
      ['update', 'ci', '--disable'],
      ['list', '--unused', '9d'],
      ['list', '--expiring', '9d'],
      ['usage', '--by', 'day'],
    ];
    const options = { env: envOf('unreal', server.url) };
    expect(await new Transcript(box, []).all(lines, options)).toMatchInlineSnapshot(`
      "$ keys create ci --budget 5 --expires 90d --secret-only
      exit 2
      --- stderr
      error: the provider unreal does not support --expires: create accepts only a name
      error: the provider unreal does not support --budget: create accepts only a name
      hint: keys provider show unreal
      $ keys logs
      exit 2
      --- stderr
      error: the provider unreal does not report a log
      hint: keys provider show unreal
      $ keys update ci --name x
      exit 2
      --- stderr
      error: the provider unreal cannot change a key
      hint: keys provider show unreal
      $ keys update ci --disable
      exit 2
      --- stderr
      error: the provider unreal cannot disable a key, only revoke it
      hint: keys provider show unreal
      $ keys list --unused 9d
      exit 2
      --- stderr
      error: the provider unreal does not support --unused: it does not report lastUsedAt
      hint: keys provider show unreal
      $ keys list --expiring 9d
      exit 2
      --- stderr
      error: the provider unreal does not support --expiring: it does not report expiresAt
      hint: keys provider show unreal
      $ keys usage --by day
      exit 2
      --- stderr
      error: the provider unreal does not report usage by day
      hint: keys provider show unreal
      "
    `);
    expect(server.requests).toEqual([]);
  });

  test('by an API with fixed expiry steps: other spans, and keys that never expire', async () => {
    const [box, server] = [new Sandbox(), await UnrealServer.start()];
    const lines = [
      ['create', 'ci', '--expires', '45d', '--secret-only'],
      ['create', 'ci', '--secret-only'],
    ];
    const options = { env: envOf('privatemind', server.url) };
    expect(await new Transcript(box, []).all(lines, options)).toMatchInlineSnapshot(`
      "$ keys create ci --expires 45d --secret-only
      exit 2
      --- stderr
      error: --expires: the provider privatemind offers only 30d, 90d, 6mo, 1y, 2y, 10y
      $ keys create ci --secret-only
      exit 2
      --- stderr
      error: the provider privatemind does not create keys that never expire; pass --expires with one of 30d, 90d, 6mo, 1y, 2y, 10y
      "
    `);
    expect(server.requests).toEqual([]);
  });

  test('provider show lists every capability', async () => {
    const shows = new Transcript(new Sandbox(), []);
    const args = ['provider', 'show', 'privatemind', '--json', 'capabilities'];
    expect(await shows.keys(args)).toMatchInlineSnapshot(`
      "$ keys provider show privatemind --json capabilities
      exit 0
      --- stdout
      {
        "capabilities": {
          "overlap": "client",
          "expiry": "steps",
          "expirySteps": [
            "30d",
            "90d",
            "6mo",
            "1y",
            "2y",
            "10y"
          ],
          "expiryRequired": true,
          "uniqueNames": false,
          "maxKeys": null,
          "endsLists": false,
          "show": true,
          "create": true,
          "revoke": true,
          "usage": true,
          "logs": false,
          "logsByKey": false,
          "update": true,
          "disable": false,
          "verify": true,
          "expiryResolution": 1000,
          "expiryIsSpan": true,
          "alike": [
            "permissions"
          ],
          "createFields": [
            "name",
            "expiresAt",
            "rateLimitRpm",
            "budgetUsd",
            "models"
          ],
          "updateFields": [
            "name",
            "rateLimitRpm",
            "budgetUsd",
            "models"
          ],
          "usageByDay": false,
          "reports": [
            "id",
            "name",
            "status",
            "prefix",
            "createdAt",
            "expiresAt",
            "lastUsedAt",
            "lastUsedIp",
            "permissions",
            "rateLimitRpm",
            "budgetUsd",
            "spentUsd",
            "models",
            "usage",
            "superseded"
          ]
        }
      }
      "
    `);
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
    const options = { env: envOf('riskinmind', server.origin) };
    const shows = new Transcript(box, []);
    expect(await shows.keys(['create', 'ci', '--json'], options)).toMatchInlineSnapshot(`
      "$ keys create ci --json
      exit 6
      --- stderr
      {"error":{"code":"key_limit","message":"the provider riskinmind allows 1 active key, already used by key_12345","hint":"keys revoke key_12345\\nor add --allow-downtime: the old key may stop working before the new one is delivered"}}
      "
    `);
  });

  test('detects a server that replaced the active key', async () => {
    const [box, server] = [new Sandbox(), await FaultServer.start()];
    server.on('GET /api/v1/keys/', json(200, live), json(200, next), json(200, next));
    server.on(
      'POST /api/v1/keys/generate',
      json(200, { success: true, data: { apiKey: 'sk_live_abcdef12345678EXAMPLE' } }),
    );
    const args = ['create', 'ci', '--allow-downtime', '--json'];
    const now = new Date('2026-11-20T12:00:00Z');
    const options = { env: envOf('riskinmind', server.origin), secretOnStdout: true, now };
    const shows = new Transcript(box, [operations]);
    expect(await shows.keys(args, options)).toMatchInlineSnapshot(`
      "$ keys create ci --allow-downtime --json
      exit 0
      --- stdout
      {
        "id": "key_67890",
        "name": "ci",
        "status": "active",
        "prefix": "sk_live_...9f8a",
        "createdAt": "2026-11-20T12:00:00.000Z",
        "superseded": false,
        "provider": "riskinmind",
        "profile": "riskinmind",
        "delivered": [
          {
            "sink": "stdout",
            "verified": false
          }
        ],
        "changed": true,
        "secret": "sk_live_abcdef12345678EXAMPLE"
      }
      --- stderr
      warning: the provider riskinmind keeps no names: refer to the key by its id, key_67890
      warning: the API replaced the key key_12345: it no longer works
      "
    `);
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
