import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/base/secret.ts';
import { meilisearch } from '../../src/providers/built-in/meilisearch.ts';
import { resend } from '../../src/providers/built-in/resend.ts';
import { unreal } from '../../src/providers/built-in/unreal.ts';
import { xai } from '../../src/providers/built-in/xai.ts';
import type { Provider } from '../../src/providers/declaration/provider.ts';
import type { Verification } from '../../src/providers/declaration/verification.ts';
import { failureIn } from '../support/failure.ts';
import type { Answer } from '../support/fault-server.ts';
import { FaultServer, json } from '../support/fault-server.ts';
import { remoteOf } from './remote-of.ts';

/* What goes where when a key is tried out, and what the answers mean. */

const key = new Secret('key-abcdefghEXAMPLE');

describe('a key in the body', () => {
  const verify: Verification = {
    post: '/verify',
    body: { key: '{key}', credits: { cost: 0 } },
    credential: 'session',
    verdict: [
      { when: { at: 'data.valid', is: true }, means: 'ok' },
      { at: 'data.code', words: { EXPIRED: 'expired', RATE_LIMITED: 'rate-limited' } },
    ],
  };

  async function verdictOn(answer: Answer, change: Partial<Verification> = {}) {
    const server = await FaultServer.start();
    server.always('POST /verify', answer);
    const { backend } = remoteOf({ ...unreal, verify: { ...verify, ...change } }, server);
    return { verdict: backend.verify(key), server };
  }

  test('is verified with the session token', async () => {
    const { verdict, server } = await verdictOn(json(200, { data: { valid: true, code: 'VALID' } }));
    expect(await verdict).toEqual({ valid: true, reason: 'ok', httpStatus: 200 });
    const [request] = server.received;
    expect(request?.headers.authorization).toBe('Bearer tok-EXAMPLE');
    expect(JSON.parse(String(request?.body))).toEqual({ key: 'key-abcdefghEXAMPLE', credits: { cost: 0 } });
  });

  test('is verified without a credential', async () => {
    const { verdict, server } = await verdictOn(json(200, { data: { valid: true } }), { credential: 'none' });
    expect((await verdict).valid).toBe(true);
    expect(server.received[0]?.headers).not.toHaveProperty('authorization');
  });

  test.each<[unknown, string, boolean]>([
    [{ data: { valid: false, code: 'EXPIRED' } }, 'expired', false],
    [{ data: { valid: false, code: 'RATE_LIMITED' } }, 'rate-limited', true],
    [{ data: { valid: false, code: 'SOMETHING_NEW' } }, 'invalid', false],
    [{ data: { valid: false, code: 'toString' } }, 'invalid', false],
    [{ data: { valid: 'yes' } }, 'invalid', false],
    [{ data: {} }, 'invalid', false],
    [{ data: null }, 'invalid', false],
    [{ valid: true }, 'invalid', false],
    [{}, 'invalid', false],
  ])('the answer %j means %s', async (body, reason, valid) => {
    const { verdict } = await verdictOn(json(200, body));
    expect(await verdict).toEqual({ valid, reason, httpStatus: 200 });
  });

  test.each([
    [401, 'not_logged_in'],
    [402, 'budget'],
    [403, 'forbidden'],
    [404, 'no_such_key'],
  ])('HTTP %i is about the session token, not about the key', async (status, code) => {
    const { verdict } = await verdictOn(json(status, { message: `no to ${key.reveal()}` }));
    const failure = await failureIn(verdict);
    expect(failure).toMatchObject({ code, httpStatus: status });
    expect(JSON.stringify(failure)).not.toContain('abcdefghEXAMPLE');
  });

  test('a declared reading of a status is about the key', async () => {
    const { verdict } = await verdictOn(json(404, {}), { reading: { 404: 'invalid' } });
    expect(await verdict).toEqual({ valid: false, reason: 'invalid', httpStatus: 404 });
  });
});

describe('a key at another host', () => {
  const secrets = { app: { help: 'the application key' } };

  async function elsewhere(provider: Provider) {
    const [home, other] = [await FaultServer.start(), await FaultServer.start()];
    const { backend } = remoteOf(
      { ...provider, verify: { ...provider.verify, url: `${other.origin}/base` } },
      home,
      { team: 'team-1' },
    );
    return { backend, home, other };
  }

  test('goes there alone', async () => {
    const { backend, home, other } = await elsewhere({
      ...xai,
      secrets,
      headers: { 'x-app': '{secret.app}', 'x-version': '1' },
    });
    other.on('GET /base/v1/api-key', json(200, { api_key_id: 'key-1', api_key_blocked: false }));
    expect(await backend.verify(key)).toEqual({ valid: true, reason: 'ok', httpStatus: 200 });
    expect(home.received).toEqual([]);
    expect(other.received[0]?.headers.authorization).toBe('Bearer key-abcdefghEXAMPLE');
    expect(other.received[0]?.headers).not.toHaveProperty('x-app');
    expect(JSON.stringify(other.received[0])).not.toContain('tok-EXAMPLE');
  });

  test('is not the session token', async () => {
    const { backend, other } = await elsewhere(xai);
    expect(await failureIn(backend.verify(new Secret('tok-EXAMPLE')))).toMatchObject({ exit: 'usage' });
    expect(backend.identify).toBeUndefined();
    expect(other.received).toEqual([]);
  });

  test.each([
    [{ api_key_id: 'k', api_key_disabled: true }, 'forbidden'],
    [{ api_key_id: 'k', api_key_blocked: true }, 'forbidden'],
    [{ api_key_id: 'k', team_blocked: true }, 'forbidden'],
    [{ api_key_blocked: false }, 'invalid'],
  ])('xAI answers %j for a key that is %s', async (body, reason) => {
    const { backend, other } = await elsewhere(xai);
    other.on('GET /base/v1/api-key', json(200, body));
    expect((await backend.verify(key)).reason).toBe(reason);
  });
});

test.each([
  [200, { object: 'list', has_more: false, data: [] }, 'ok'],
  [200, {}, 'invalid'],
  [401, { statusCode: 401, name: 'restricted_api_key', message: 'only send' }, 'ok'],
  [401, { statusCode: 401, name: 'missing_api_key', message: 'no' }, 'invalid'],
  [403, { statusCode: 403, name: 'invalid_api_key', message: 'no' }, 'invalid'],
  [403, { statusCode: 403, name: 'something_else', message: 'no' }, 'forbidden'],
])('Resend answers %i %j for a key that is %s', async (status, body, reason) => {
  const server = await FaultServer.start();
  server.on('GET /api-keys?limit=1', json(status, body));
  const { backend } = remoteOf(resend, server);
  expect(await backend.verify(key)).toEqual({ valid: reason === 'ok', reason, httpStatus: status });
});

describe('a list that has the secrets of all keys', () => {
  const listedKey = {
    uid: 'k1',
    key: key.reveal(),
    name: 'ci',
    actions: ['search'],
    indexes: ['*'],
    expiresAt: null,
  };

  async function verdictIn(...keys: unknown[]) {
    const server = await FaultServer.start();
    server.on('GET /keys?limit=100', json(200, { results: keys, offset: 0, limit: 100, total: keys.length }));
    return remoteOf(meilisearch, server).backend.verify(key);
  }

  test.each<[unknown, string]>([
    [listedKey, 'ok'],
    [{ ...listedKey, expiresAt: '2026-11-01T00:00:00Z' }, 'expired'],
    [{ ...listedKey, key: 'another-EXAMPLE' }, 'invalid'],
    [{ ...listedKey, key: key.reveal().slice(0, -1) }, 'invalid'],
    [{ ...listedKey, key: 7 }, 'invalid'],
    [{ ...listedKey, key: null }, 'invalid'],
  ])('with %j says %s', async (one, reason) => {
    expect(await verdictIn({ uid: 'k0', key: 'x', name: 'other' }, one)).toEqual({
      valid: reason === 'ok',
      reason,
      httpStatus: 200,
    });
  });

  test('says nothing if it cannot be read, and is not believed if it is incomplete', async () => {
    const server = await FaultServer.start();
    server.always('GET /keys?limit=100', json(503, {}));
    expect(await remoteOf(meilisearch, server).backend.verify(key)).toMatchObject({ reason: 'unreachable' });
    const cut = await FaultServer.start();
    cut.on('GET /keys?limit=100', json(200, { results: [], total: 3 }));
    const failure = await failureIn(remoteOf(meilisearch, cut).backend.verify(key));
    expect(failure).toMatchObject({ code: 'list_incomplete' });
  });

  test('shows no secret', async () => {
    const server = await FaultServer.start();
    server.on('GET /keys?limit=100', json(200, { results: [listedKey], total: 1 }));
    expect(JSON.stringify(await remoteOf(meilisearch, server).backend.list())).not.toContain('abcdefgh');
  });
});
