import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/base/secret.ts';
import { authority } from '../../src/providers/built-in/authority.ts';
import { npm } from '../../src/providers/built-in/npm.ts';
import { openrouter } from '../../src/providers/built-in/openrouter.ts';
import { unreal } from '../../src/providers/built-in/unreal.ts';
import type { Verification } from '../../src/providers/declaration/verification.ts';
import type { Answer } from '../support/fault-server.ts';
import { FaultServer, json } from '../support/fault-server.ts';
import { remoteOf } from './remote-of.ts';

async function verdictOn(answer: Answer) {
  const server = await FaultServer.start();
  server.on('GET /verify', answer);
  const verdict = await remoteOf(authority, server).backend.verify(new Secret('sk_abc_EXAMPLE'));
  expect(server.received[0]?.headers.authorization).toBe('Bearer sk_abc_EXAMPLE');
  return verdict;
}

test('a verdict lists the models that a key may call; null means all models', async () => {
  const some = { key_id: 'k1', name: 'ci', models: ['m1', 'm2'] };
  expect(await verdictOn(json(200, some))).toEqual({
    valid: true,
    reason: 'ok',
    httpStatus: 200,
    models: ['m1', 'm2'],
  });
  expect(await verdictOn(json(200, { ...some, models: null }))).toEqual({
    valid: true,
    reason: 'ok',
    httpStatus: 200,
  });
});

test.each([
  [401, 'INVALID_API_KEY', 'invalid', false],
  [401, 'EXPIRED_API_KEY', 'expired', false],
  [401, 'DISABLED_API_KEY', 'forbidden', false],
  [402, 'BUDGET_EXCEEDED', 'budget', true],
  [403, 'PERMISSION_DENIED', 'forbidden', false],
  [403, 'MODEL_NOT_ENTITLED', 'forbidden', false],
  [403, 'NO_MODELS', 'no-models', true],
])('HTTP %i with %s is %s', async (status, code, reason, valid) => {
  const answer = json(status, { success: false, error: { code, message: 'no', details: {} } });
  expect(await verdictOn(answer)).toEqual({ valid, reason, httpStatus: status });
});

describe('a success proves a key only with content that is not public', () => {
  async function reasonOf(verify: Verification, body: unknown) {
    const server = await FaultServer.start();
    server.on('GET /me', json(200, body));
    const { backend } = remoteOf({ ...unreal, verify: { ...verify, get: '/me' } }, server);
    return (await backend.verify(new Secret('sk-EXAMPLE'))).reason;
  }

  test.each<[Verification, unknown, string]>([
    [npm.verify ?? {}, {}, 'invalid'],
    [npm.verify ?? {}, { username: '' }, 'invalid'],
    [npm.verify ?? {}, { username: null }, 'invalid'],
    [npm.verify ?? {}, { username: 'ada' }, 'ok'],
    [openrouter.verify ?? {}, {}, 'invalid'],
    [{ id: 'key_id' }, { name: 'anybody' }, 'invalid'],
    [{ models: 'data' }, { object: 'list' }, 'invalid'],
    [{ models: 'data' }, { data: [] }, 'ok'],
    [{}, {}, 'invalid'],
    [{}, null, 'invalid'],
    [{}, { ok: true }, 'ok'],
    [{ requires: 'data' }, { success: false, data: { x: 1 } }, 'invalid'],
    [{}, { errors: [{ message: 'no' }] }, 'invalid'],
    [{}, { error: { code: 429 } }, 'rate-limited'],
    [{}, { valid: false, code: 'EXPIRED_API_KEY' }, 'expired'],
    [{ requires: 'data' }, { valid: false, data: { x: 1 } }, 'invalid'],
  ])('with %j, the answer %j means %s', async (verify, body, reason) => {
    expect(await reasonOf(verify, body)).toBe(reason);
  });

  test.each([
    ['VALID', 'ok'],
    ['EXPIRED', 'expired'],
    ['USAGE_EXCEEDED', 'budget'],
    ['SOMETHING_NEW', 'invalid'],
    [undefined, 'invalid'],
  ])('the declared word %s means %s', async (code, reason) => {
    const words = { VALID: 'ok', EXPIRED: 'expired', USAGE_EXCEEDED: 'budget' } as const;
    expect(await reasonOf({ verdict: { at: 'data.code', words } }, { data: { code } })).toBe(reason);
  });
});
