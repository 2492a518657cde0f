import { expect, test } from 'vitest';
import { authority } from '../../src/providers/built-in/authority.ts';
import { npm } from '../../src/providers/built-in/npm.ts';
import { unreal } from '../../src/providers/built-in/unreal.ts';
import type { Provider } from '../../src/providers/declaration/provider.ts';
import { spec } from '../support/authority.ts';
import { failureIn } from '../support/failure.ts';
import type { Answer } from '../support/fault-server.ts';
import {
  FaultServer,
  json,
  resetAfterHeaders,
  resetBeforeReply,
  truncated,
} from '../support/fault-server.ts';
import { rotateKey } from '../support/rotate-key.ts';
import { authorityCase } from './cases/authority.ts';
import { remoteOf } from './remote-of.ts';

/* Retries at an API with idempotency keys. */

const done = json(201, authorityCase.create.answer);

async function creating(...answers: Answer[]) {
  const server = await FaultServer.start();
  server.on('POST /keys', ...answers);
  return { server, ...remoteOf(authority, server) };
}

function keysOf({ received }: FaultServer): unknown[] {
  return received.map(({ headers }) => headers['idempotency-key']);
}

test.each<[string, Answer]>([
  ['a reset before the reply', resetBeforeReply],
  ['a reset after the headers', resetAfterHeaders],
  ['a body that is cut off', truncated(201, '{"key":{')],
  ['HTTP 500', json(500, {})],
  ['HTTP 502', json(502, {})],
  ['HTTP 429', json(429, {})],
])('a create is sent again with the same idempotency key after %s', async (_, answer) => {
  const { backend, server } = await creating(answer, done);
  const { secret } = await backend.create(spec());
  expect(secret.reveal()).toBe(authorityCase.create.secret);
  const [first, second] = server.received;
  expect(keysOf(server)[1]).toBe(keysOf(server)[0]);
  expect(String(second?.body)).toBe(String(first?.body));
});

test('two creates have different idempotency keys', async () => {
  const { backend, server } = await creating(done, done);
  await backend.create(spec());
  await backend.create(spec());
  const [first, second] = keysOf(server);
  expect(first).toMatch(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
  expect(second).not.toBe(first);
});

test('a create whose reply is lost each time is not reported as failed', async () => {
  const { backend, server } = await creating(...Array.from({ length: 4 }, () => resetBeforeReply));
  expect(await failureIn(backend.create(spec()))).toMatchObject({ exit: 'network', code: 'reply_lost' });
  expect(new Set(keysOf(server)).size).toBe(1);
});

test('a refusal after a lost reply does not settle the first attempt', async () => {
  const refused = json(401, { error: { code: 'EXPIRED_SESSION' } });
  const { backend, server } = await creating(resetBeforeReply, refused);
  const failure = await failureIn(backend.create(spec()));
  expect(failure).toMatchObject({ exit: 'network', code: 'reply_lost' });
  // The code of a lost connection depends on timing.
  expect(failure.message.replace(/\(\w+\)/, '(CODE)')).toBe(
    `the reply to POST /keys was lost: ${server.origin} closed the connection before its reply was complete (CODE), and later it answered 401; the request may or may not have taken effect`,
  );
});

test('a rotation in place is sent again too; a revocation is not', async () => {
  const { rotate, revoke } = authorityCase;
  const server = await FaultServer.start();
  server.on(rotate?.route ?? '', resetBeforeReply, json(201, rotate?.answer));
  server.on(revoke.route, resetBeforeReply);
  server.always(`GET /keys/${revoke.id}`, json(200, { id: revoke.id, name: 'ci', status: 'active' }));
  const { backend } = remoteOf(authority, server);
  const { secret } = await rotateKey(backend, { id: revoke.id, name: 'ci', status: 'active' }, null);
  expect(secret.reveal()).toBe(rotate?.secret);
  expect(await failureIn(backend.revoke(revoke.id))).toMatchObject({ code: 'reply_lost' });
  expect(keysOf(server).slice(0, 3)).toEqual([expect.any(String), keysOf(server)[0], undefined]);
});

test('an API without idempotency keys gets none', async () => {
  const server = await FaultServer.start();
  server.on('POST /v1/keys', json(200, { name: 'ci', key: 'sk-a1b2c3d4e5f6g7h8EXAMPLE', hash: 'h2' }));
  await remoteOf(unreal, server).backend.create(spec());
  expect(keysOf(server)).toEqual([undefined]);
});

test('a call repeated with a one-time password has the same idempotency key', async () => {
  const provider: Provider = { ...npm, create: { ...npm.create, idempotency: 'Idempotency-Key' } };
  const server = await FaultServer.start();
  const made = { token: 'npm_abcdefghijklmnopqrEXAMPLE', key: 'id1' };
  server.on('POST /-/npm/v1/tokens', json(401, {}, { 'www-authenticate': 'OTP' }), json(200, made));
  await remoteOf(provider, server).backend.create(spec());
  expect(keysOf(server)).toEqual([expect.any(String), keysOf(server)[0]]);
});
