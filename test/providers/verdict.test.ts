import { expect, test } from 'vitest';
import { authority } from '../../src/providers/authority.ts';
import { Secret } from '../../src/secret.ts';
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

test('the models that a key may call are told; null is every model, and no list', async () => {
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
