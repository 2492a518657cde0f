import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { createHttpClient } from '../../src/http/client.ts';
import type { Answer } from '../support/fault-server.ts';
import {
  endless,
  FaultServer,
  hugeHeaders,
  json,
  notHttp,
  resetAfterHeaders,
  resetBeforeReply,
  silence,
  silenceInBody,
  slowDrip,
  text,
  truncated,
} from '../support/fault-server.ts';
import { clientOf, failureOf } from './client-of.ts';

const read = { method: 'GET', repeatable: true } as const;
const write = { method: 'POST', body: { name: 'ci' }, repeatable: false } as const;

/** A loopback origin without a server. */
async function closedOrigin(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await once(server.close(), 'close');
  return `http://127.0.0.1:${port}`;
}

test.each([408, 429, 500, 502, 503, 504])(
  'a read is retried on %i, with four attempts in all',
  async (status) => {
    const server = await FaultServer.start();
    server.on('GET /v1/keys', text(status, ''), text(status, ''), text(status, ''), text(status, 'last'));
    const { client, pauses } = clientOf(server.origin);
    const response = await client.send({ ...read, url: server.url('/v1/keys') });
    expect(response).toMatchObject({ status, text: 'last' });
    expect(server.received).toHaveLength(4);
    expect(pauses).toEqual([250, 500, 1000]);
  },
);

test('a read that finally succeeds returns its reply', async () => {
  const server = await FaultServer.start();
  server.on('GET /v1/keys', text(502, ''), resetBeforeReply, json(200, { keys: [1] }));
  const { client } = clientOf(server.origin);
  const response = await client.send({ ...read, url: server.url('/v1/keys') });
  expect(response.json()).toEqual({ keys: [1] });
});

test.each([408, 500, 502, 503, 504])('a write is sent once on %i', async (status) => {
  const server = await FaultServer.start();
  server.on('POST /v1/keys', text(status, ''));
  const { client, pauses } = clientOf(server.origin);
  const response = await client.send({ ...write, url: server.url('/v1/keys') });
  expect(response.status).toBe(status);
  expect(pauses).toEqual([]);
});

test.each([429, 503])('a write is retried, with its body, on %i with Retry-After', async (status) => {
  const server = await FaultServer.start();
  server.on('POST /v1/keys', text(status, '', { 'retry-after': '2' }), json(201, { id: 'k1' }));
  const { client, pauses } = clientOf(server.origin);
  const response = await client.send({ ...write, url: server.url('/v1/keys') });
  expect(response.status).toBe(201);
  expect(pauses).toEqual([2000]);
  expect(server.received.map(({ body }) => body.toString())).toEqual(['{"name":"ci"}', '{"name":"ci"}']);
});

test.each<[string, Answer]>([
  ['a reset before the reply', resetBeforeReply],
  ['silence', silence],
  ['500', text(500, '')],
  ['503', text(503, '')],
])('an idempotent write is retried after %s', async (_, answer) => {
  const server = await FaultServer.start();
  server.on('POST /v1/keys', answer, json(201, { id: 'k1' }));
  const { client, pauses } = clientOf(server.origin, { timeoutMs: 400 });
  const response = await client.send({ ...write, repeatable: true, url: server.url('/v1/keys') });
  expect(response.status).toBe(201);
  expect(pauses).toEqual([250]);
});

test.each<[string, Answer[]]>([
  ['no reply at all', [resetBeforeReply, resetBeforeReply, resetBeforeReply, resetBeforeReply]],
  ['a refusal after no reply', [resetBeforeReply, text(403, '')]],
  ['a refusal after a failure', [text(500, ''), text(409, '')]],
  ['no time after no reply', [resetBeforeReply, text(429, '', { 'retry-after': '3600' })]],
])('a retried write is ambiguous after %s', async (_, answers) => {
  const server = await FaultServer.start();
  server.on('POST /v1/keys', ...answers);
  const { client } = clientOf(server.origin);
  const sent = client.send({ ...write, repeatable: true, url: server.url('/v1/keys') });
  const failure = await failureOf(sent);
  expect(failure).toMatchObject({ exit: 'network', code: 'reply_lost' });
  expect(failure.message).toContain('the request may or may not have taken effect');
});

test('a retried write that fails at the server each time returns the last reply', async () => {
  const server = await FaultServer.start();
  server.on('POST /v1/keys', resetBeforeReply, text(500, ''), text(500, ''), text(500, 'last'));
  const { client } = clientOf(server.origin);
  const response = await client.send({ ...write, repeatable: true, url: server.url('/v1/keys') });
  expect(response).toMatchObject({ status: 500, text: 'last' });
});

test('a refusal after attempts that changed nothing is a plain refusal', async () => {
  const server = await FaultServer.start();
  server.on('POST /v1/keys', text(429, ''), text(503, '', { 'retry-after': '1' }), text(403, ''));
  const { client } = clientOf(server.origin);
  const response = await client.send({ ...write, repeatable: true, url: server.url('/v1/keys') });
  expect(response.status).toBe(403);
});

test('a request to wait more than a minute is not followed', async () => {
  const server = await FaultServer.start();
  server.on('GET /v1/keys', text(429, 'later', { 'retry-after': '61' }));
  const { client, pauses } = clientOf(server.origin);
  const response = await client.send({ ...read, url: server.url('/v1/keys') });
  expect(response).toMatchObject({ status: 429, text: 'later' });
  expect(pauses).toEqual([]);
});

test('a request to retry at once gets the same pause as none', async () => {
  const server = await FaultServer.start();
  server.on('GET /v1/keys', text(429, '', { 'retry-after': '0' }), json(200, {}));
  const { client, pauses } = clientOf(server.origin);
  await client.send({ ...read, url: server.url('/v1/keys') });
  expect(pauses).toEqual([250]);
});

test.each<[string, Answer]>([
  ['a reset before the reply', resetBeforeReply],
  ['a reset after the headers', resetAfterHeaders],
  ['a truncated body', truncated(201, '{"secret":"one-EXAMPLE"')],
  ['silence', silence],
  ['silence within the body', silenceInBody],
  ['something that is not HTTP', notHttp],
])('a write is sent exactly once on %s, and its reply counts as lost', async (_, answer) => {
  const server = await FaultServer.start();
  server.on('POST /v1/keys', answer);
  const { client, pauses } = clientOf(server.origin, { timeoutMs: 400 });
  const failure = await failureOf(client.send({ ...write, url: server.url('/v1/keys?a=query-EXAMPLE') }));
  expect(failure).toMatchObject({ exit: 'network', code: 'reply_lost' });
  expect(failure.message).toContain('the reply to POST /v1/keys was lost');
  expect(failure.message).toContain('the request may or may not have taken effect');
  expect(JSON.stringify(failure)).not.toContain('EXAMPLE');
  expect(failure.cause).toBeUndefined();
  expect(server.received).toHaveLength(1);
  expect(pauses).toEqual([]);
});

test.each<[string, string, Answer]>([
  ['connection_failed', 'a reset before the reply', resetBeforeReply],
  ['connection_failed', 'a reset after the headers', resetAfterHeaders],
  ['connection_failed', 'a truncated body', truncated(200, '{')],
  ['timed_out', 'silence', silence],
  ['timed_out', 'silence within the body', silenceInBody],
  ['not_http', 'something that is not HTTP', notHttp],
  ['not_http', 'headers without measure', hugeHeaders],
])('a read fails with %s after four times %s', async (code, _, answer) => {
  const server = await FaultServer.start();
  server.on('GET /v1/keys', answer, answer, answer, answer);
  const { client, pauses } = clientOf(server.origin, { timeoutMs: 400 });
  const failure = await failureOf(client.send({ ...read, url: server.url('/v1/keys') }));
  expect(failure).toMatchObject({ exit: 'network', code });
  expect(pauses).toEqual([250, 500, 1000]);
});

test('a body that arrives slowly is not idle', async () => {
  const server = await FaultServer.start();
  server.on('GET /v1/keys', slowDrip('{"a":1}', 60));
  const { client } = clientOf(server.origin, { timeoutMs: 300 });
  const response = await client.send({ ...read, url: server.url('/v1/keys') });
  expect(response.json()).toEqual({ a: 1 });
});

test('a timeout longer than a timer can hold does not expire', async () => {
  const server = await FaultServer.start();
  server.on('GET /v1/keys', slowDrip('{"a":1}', 5));
  const { client } = clientOf(server.origin, { timeoutMs: 2 ** 33 });
  expect((await client.send({ ...read, url: server.url('/v1/keys') })).status).toBe(200);
});

test('a refused connection is tried four times, and the hint is to check the URL', async () => {
  const origin = await closedOrigin();
  const { client, pauses } = clientOf(origin);
  const failure = await failureOf(client.send({ ...read, url: new URL('/v1/keys', origin) }));
  expect(failure).toMatchObject({ exit: 'network', code: 'connection_failed' });
  expect(failure.message).toBe(`cannot connect to ${origin}: the connection was refused (ECONNREFUSED)`);
  expect(failure.hints).toMatchInlineSnapshot(`
    [
      "check the URL of the profile: keys profile list",
    ]
  `);
  expect(pauses).toHaveLength(3);
});

test('a write that was never sent is tried four times too, and its reply is not lost', async () => {
  const origin = await closedOrigin();
  const { client, pauses } = clientOf(origin);
  const failure = await failureOf(client.send({ ...write, url: new URL('/v1/keys', origin) }));
  expect(failure.code).toBe('connection_failed');
  expect(pauses).toHaveLength(3);
});

test('a connection that the server closes after a reply does not lose the next write', async () => {
  const server = await FaultServer.start();
  server.on('GET /v1/keys', (response) => {
    response.writeHead(200).end('{}', () => response.socket?.destroy());
  });
  server.on('POST /v1/keys', json(201, {}));
  const { client } = clientOf(server.origin);
  await client.send({ ...read, url: server.url('/v1/keys') });
  expect((await client.send({ ...write, url: server.url('/v1/keys') })).status).toBe(201);
});

test('a body of more than 32 MB is an error without a retry', async () => {
  const server = await FaultServer.start();
  server.on('GET /v1/keys', endless);
  const { client } = clientOf(server.origin);
  const failure = await failureOf(client.send({ ...read, url: server.url('/v1/keys') }));
  expect(failure).toMatchObject({ exit: 'network', code: 'body_too_large' });
  expect(failure.message).toBe(`${server.origin} sent a body of more than 32 MB`);
});

test('a body of exactly 32 MB is read', async () => {
  const server = await FaultServer.start();
  server.on('GET /v1/keys', text(200, 'x'.repeat(32 * 1024 * 1024)));
  const { client } = clientOf(server.origin, { trace: () => {} });
  const response = await client.send({ ...read, url: server.url('/v1/keys') });
  expect(response.text).toHaveLength(32 * 1024 * 1024);
});

test('one 429 delays all concurrent requests to the same API', async () => {
  const server = await FaultServer.start();
  server
    .on('POST /v1/keys', text(429, '', { 'retry-after': '1' }), json(201, { id: 'k1' }))
    .on('GET /v1/keys', json(200, { keys: [] }));
  const client = createHttpClient({
    ...{ origin: server.origin, env: {}, version: '0', timeoutMs: 5000, now: () => new Date() },
    signal: new AbortController().signal,
  });
  const first = client.send({ ...write, url: server.url('/v1/keys') });
  while (server.received.length === 0) await new Promise((resume) => setTimeout(resume, 5));
  await new Promise((resume) => setTimeout(resume, 50));
  const begun = Date.now();
  await client.send({ ...read, url: server.url('/v1/keys') });
  expect(Date.now() - begun).toBeGreaterThan(700);
  expect((await first).status).toBe(201);
  await client.close();
});
