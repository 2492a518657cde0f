import { describe, expect, test } from 'vitest';
import { KeysError } from '../../src/base/errors.ts';
import { maskSecrets, Secret } from '../../src/base/secret.ts';
import { drun } from '../../src/providers/built-in/drun.ts';
import { openrouter } from '../../src/providers/built-in/openrouter.ts';
import { privatemind } from '../../src/providers/built-in/privatemind.ts';
import { riskinmind } from '../../src/providers/built-in/riskinmind.ts';
import { unreal } from '../../src/providers/built-in/unreal.ts';
import type { Provider } from '../../src/providers/declaration/provider.ts';
import { spec } from '../support/authority.ts';
import { FaultServer, html, json, text } from '../support/fault-server.ts';
import { now } from './clock.ts';
import { remoteOf } from './remote-of.ts';

/* Servers that answer with a success, but with unexpected content. */

async function started(provider: Provider, script: (server: FaultServer) => void) {
  const server = await FaultServer.start();
  script(server);
  return { server, ...remoteOf(provider, server) };
}

async function failureOf(work: Promise<unknown>): Promise<KeysError['failure']> {
  const error = await work.catch((reason: unknown) => reason);
  if (error instanceof KeysError) return error.failure;
  throw new Error(`not a failure: ${error}`);
}

describe('a successful create', () => {
  test('returns its secret even if another field of the key cannot be read', async () => {
    const answer = { name: 'ci', key: 'sk-a1b2c3d4e5f6g7h8EXAMPLE', hash: 'h2', created: 'yesterday' };
    const { backend } = await started(unreal, (server) => server.on('POST /v1/keys', json(200, answer)));
    const { key, secret } = await backend.create(spec({}));
    expect(key).toMatchObject({ id: 'h2', name: 'ci', status: 'active' });
    expect(secret.reveal()).toBe(answer.key);
  });

  test.each([
    ['no id', { name: 'ci', key: 'sk-a1b2c3d4e5f6g7h8EXAMPLE' }],
    ['an invalid id', { name: 'ci', key: 'sk-a1b2c3d4e5f6g7h8EXAMPLE', hash: { not: 'an id' } }],
    ['an empty id', { name: 'ci', key: 'sk-a1b2c3d4e5f6g7h8EXAMPLE', hash: '' }],
  ])('returns its secret with %s in the answer, after a single call', async (_, answer) => {
    const { backend } = await started(unreal, (server) => server.on('POST /v1/keys', json(200, answer)));
    const made = await backend.create(spec({}));
    expect(made.key).toBeUndefined();
    expect(made.secret.reveal()).toBe(answer.key);
  });

  test.each([
    ['is masked', 'sk-a1b2****'],
    ['is the session token', 'tok-EXAMPLE'],
  ])('whose secret %s is unfinished: nothing is delivered in place of the secret', async (_, key) => {
    const answer = { name: 'ci', key, hash: 'h2', created: 1694268762 };
    const { backend } = await started(unreal, (server) => server.on('POST /v1/keys', json(200, answer)));
    const failure = await failureOf(backend.create(spec({})));
    expect(failure).toMatchObject({ exit: 'unfinished', code: 'orphan_key' });
    expect(failure.message).toContain(
      'a key named ci (h2) was created, but its secret is lost: the field key',
    );
    expect(failure.message).toContain('is not a whole secret');
  });

  test('without a secret in the answer is unfinished, and reports that a key exists', async () => {
    const answer = { name: 'ci', hash: 'h2', created: 1694268762 };
    const { backend } = await started(unreal, (server) => server.on('POST /v1/keys', json(200, answer)));
    const failure = await failureOf(backend.create(spec({})));
    expect(failure).toMatchObject({ exit: 'unfinished', code: 'orphan_key' });
    expect(JSON.stringify(failure)).not.toContain('EXAMPLE');
  });
});

test('an unexpected answer of an API with one key does not mean that there is no key', async () => {
  const { backend } = await started(riskinmind, (server) =>
    server.on(
      'GET /api/v1/keys/',
      json(200, { error: 'temporarily unavailable' }),
      json(200, { note: 'temporarily unavailable' }),
    ),
  );
  expect(await failureOf(backend.list())).toMatchObject({ code: 'rejected' });
  expect(await failureOf(backend.list())).toMatchObject({ code: 'unexpected_answer' });
});

test.each(['description', 'option.team'])(
  'a create whose URL needs {%s} is refused before any call if it is missing',
  async (input) => {
    const create = { ...unreal.create, post: `/v1/{${input}}/keys` };
    const { backend, server } = await started({ ...unreal, create }, () => {});
    expect(await failureOf(backend.create(spec({})))).toMatchObject({ exit: 'usage' });
    expect(server.received).toEqual([]);
  },
);

test.each(['', '.', '..'])('the id %j does not change the path', async (id) => {
  const { backend, server } = await started(unreal, () => {});
  expect(await failureOf(backend.revoke(id))).toMatchObject({ exit: 'failed', code: 'unusable_address' });
  expect(server.received).toEqual([]);
});

test('a web page proves neither a revocation nor a key', async () => {
  const { backend } = await started(openrouter, (server) =>
    server.on('DELETE /keys/h1', html(200)).on('GET /key', html(200)),
  );
  expect(await failureOf(backend.revoke('h1'))).toMatchObject({ code: 'not_json' });
  expect(await failureOf(backend.verify(new Secret('sk-EXAMPLE')))).toMatchObject({ code: 'not_json' });
});

test('a status that says nothing about the key does not make it invalid', async () => {
  const { backend } = await started(openrouter, (server) =>
    server.on('GET /key', json(404, { message: 'no route' })),
  );
  expect(await failureOf(backend.verify(new Secret('sk-EXAMPLE')))).toMatchObject({ exit: 'network' });
});

test('property names of JavaScript objects are not status words', async () => {
  const key = { access_key_id: 'a1', description: 'ci', status: 'constructor' };
  const list = json(200, { api_keys: [key], total: 1 });
  const { backend } = await started(privatemind, (server) =>
    server.on('GET /v1/api-keys', list).on('GET /v1/models', json(401, { code: 'constructor' })),
  );
  expect(await backend.list()).toMatchObject([{ status: 'unknown' }]);
  expect(await backend.verify(new Secret('x'))).toMatchObject({ valid: false, reason: 'invalid' });
});

test('an expiry step is sent as that step, even minutes later', async () => {
  const { backend, server } = await started(privatemind, (server) =>
    server.on(
      'POST /v1/api-keys',
      json(201, { access_key_id: 'a1', description: 'ci', token: 'a1:secretEXAMPLE' }),
    ),
  );
  const expiresAt = new Date(now.getTime() + 90 * 86_400_000 - 600_000);
  await backend.create(spec({ expiresAt }));
  expect(JSON.parse(String(server.received[0]?.body))).toMatchObject({ expiration: '90d' });
});

test('a token that a server repeats is masked', async () => {
  const { backend } = await started(unreal, (server) =>
    server.on(
      'GET /v1/keys',
      json(
        401,
        { message: 'no session for tok-EXAMPLE', code: 'tok-EXAMPLE' },
        { 'x-request-id': 'tok-EXAMPLE' },
      ),
    ),
  );
  const failure = await failureOf(backend.list());
  expect(failure.message).toMatchInlineSnapshot(
    `"the API does not accept the session token: no session for **** (****)"`,
  );
  expect(JSON.stringify(failure)).not.toContain('tok-EXAMPLE');
});

test('a rate limit is not mistaken for a limit on keys', async () => {
  const busy = json(429, { message: 'slow down', code: 'RATE_LIMIT_EXCEEDED' }, { 'retry-after': '3600' });
  const { backend } = await started(unreal, (server) => server.on('GET /v1/keys', busy));
  expect(await failureOf(backend.list())).toMatchObject({ exit: 'limit', code: 'rate_limited' });
});

test('a long text with many beginnings of secrets is masked quickly', () => {
  for (const start of ['re-', 'eyJ-', 'sk-', 'npm_']) {
    const text = start.repeat(50_000);
    expect(maskSecrets(text).length).toBeGreaterThan(0);
  }
});

describe('a new secret', () => {
  const created = (apiKey: string) =>
    json(201, { id: 'i2', name: 'ci', apiKey, createdAt: '2026-11-20T12:00:00Z' });

  test.each(['sk-short', 'sk-drunsecret0000EXAMPLE', 'sk-x1VDTAFB7Ra1hldATbncOaEXAMPLE'])(
    'has a prefix that reveals less than half of %s',
    async (value) => {
      const { backend } = await started(drun, (server) => server.on('POST /apis/v1/apikeys', created(value)));
      const { key } = await backend.create(spec({}));
      const shown = (key?.prefix ?? '').replace('…', '');
      expect(shown.length).toBeLessThan(value.length / 2);
    },
  );

  test.each(['sk-a\u001b[31mEXAMPLE', 'sk-a\nb-EXAMPLE', 'sk-\u202eEXAMPLE', ''])(
    'is refused if it has characters unsafe for a terminal: %j',
    async (value) => {
      const { backend } = await started(drun, (server) => server.on('POST /apis/v1/apikeys', created(value)));
      expect(await failureOf(backend.create(spec({})))).toMatchObject({
        exit: 'unfinished',
        code: 'orphan_key',
      });
    },
  );
});

test('a revocation that the API denies is a failure', async () => {
  const { backend } = await started(unreal, (server) =>
    server.on('DELETE /v1/keys/h1', json(200, { deleted: false })),
  );
  expect(await failureOf(backend.revoke('h1'))).toMatchObject({ exit: 'failed', code: 'not_revoked' });
});

test('a time in another unit is unreadable', async () => {
  const keys = [{ name: 'ci', hash: 'h1', created: 1694268762123 }];
  const { backend, warnings } = await started(unreal, (server) =>
    server.on('GET /v1/keys', json(200, { keys })),
  );
  expect((await backend.list())[0]).not.toHaveProperty('createdAt');
  expect(warnings).toMatchInlineSnapshot(`
    [
      "the key h1: the field keys[0].created is not a time; createdAt is omitted",
    ]
  `);
});

test('JSON with another content type is refused', async () => {
  const { backend } = await started(unreal, (server) =>
    server.on('GET /v1/keys', text(200, '{"keys":[]}', { 'content-type': 'text/plain' })),
  );
  expect(await failureOf(backend.list())).toMatchObject({ code: 'not_json' });
});

test('a token that an API repeats in a key is masked in any form', async () => {
  const token = 'tok-EXAMPLE';
  const forms = [
    token,
    token.toUpperCase(),
    encodeURIComponent(token),
    Buffer.from(`u:${token}`).toString('base64'),
  ];
  const keys = forms.map((name, at) => ({ name: `of ${name}`, hash: `h${at}`, created: 0 }));
  const { backend } = await started(unreal, (server) => server.on('GET /v1/keys', json(200, { keys })));
  const names = (await backend.list()).map(({ name }) => name);
  expect(names.every((name) => name.includes('****'))).toBe(true);
  expect(names.join().toLowerCase()).not.toContain(token.toLowerCase());
});

test('a token is masked in a list of any length', async () => {
  const { backend } = await started(unreal, (server) =>
    server.always('GET /v1/keys', (response, request) => {
      const [, sent] = request.headers.authorization?.split(' ') ?? [];
      json(200, { keys: [{ hash: 'h1', name: `of ${sent}` }], padding: ' '.repeat(2 * 1024 * 1024) })(
        response,
        request,
      );
    }),
  );
  expect((await backend.list()).map(({ name }) => name)).toEqual(['of ****']);
});

describe('a secret that an API repeats', () => {
  const value = 'a1b2c3d4e5f6g7h8EXAMPLE';
  const create = async (answer: object) => {
    const { backend } = await started(unreal, (server) =>
      server.on('POST /v1/keys', json(200, { name: 'ci', hash: 'h2', key: value, ...answer })),
    );
    return (await backend.create(spec({}))).key;
  };

  test.each([value, `key ${value}`, Buffer.from(value).toString('base64'), value.toUpperCase()])(
    'in a name is masked: %s',
    async (name) => {
      const key = await create({ name });
      expect(key?.id).toBe('h2');
      expect(key?.name).toContain('****');
      expect(JSON.stringify(key)).not.toContain(name);
    },
  );

  test.each([value, `id-${value}`])('in the id leaves the key without an id: %s', async (hash) => {
    expect(await create({ hash })).toBeUndefined();
  });
});

test('an id that cannot be part of a URL is refused, and is not a bug', async () => {
  const { backend } = await started(unreal, () => {});
  expect(await failureOf(backend.revoke('\ud800'))).toMatchObject({ code: 'unusable_address' });
});
