import { describe, expect, test } from 'vitest';
import { FaultServer, json, slowDrip, text } from '../support/fault-server.ts';
import { rawServer } from '../support/raw-server.ts';
import { clientOf, failureOf } from './client-of.ts';

/* Replies that keep sending without end, and unexpected interim replies. */

const read = { method: 'GET', repeatable: true } as const;
const write = { method: 'POST', body: { name: 'ci' }, repeatable: false } as const;

const done = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}';

describe('a call ends', () => {
  const drip = slowDrip(`"${'x'.repeat(10_000)}"`, 20);

  test('at its time limit if the reply arrives byte by byte, without a retry', async () => {
    const server = await FaultServer.start();
    server.on('GET /v1/keys', drip);
    const { client } = clientOf(server.origin, { timeoutMs: 500 });
    const failure = await failureOf(client.send({ ...read, url: server.url('/v1/keys') }));
    expect(failure).toMatchObject({ exit: 'network', code: 'timed_out' });
    expect(failure.message).toBe(`${server.origin} did not finish its reply within 2 s`);
  });

  test('at its time limit, and a write is then ambiguous', async () => {
    const server = await FaultServer.start();
    server.on('POST /v1/keys', drip);
    const { client } = clientOf(server.origin, { timeoutMs: 500 });
    const failure = await failureOf(client.send({ ...write, url: server.url('/v1/keys') }));
    expect(failure).toMatchObject({ exit: 'network', code: 'reply_lost' });
  });

  test('at its time limit if interim replies never stop', async () => {
    const { origin } = await rawServer((socket) => {
      const more = setInterval(() => socket.write('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'), 10);
      socket.on('close', () => clearInterval(more));
    });
    const { client } = clientOf(origin, { timeoutMs: 500 });
    const failure = await failureOf(client.send({ ...write, url: new URL('/v1/keys', origin) }));
    expect(failure).toMatchObject({ code: 'reply_lost' });
  });

  test('normally if a slow reply is complete in time', async () => {
    const server = await FaultServer.start();
    server.on('GET /v1/keys', slowDrip('{"a":1}', 10));
    const { client } = clientOf(server.origin, { timeoutMs: 3000 });
    expect((await client.send({ ...read, url: server.url('/v1/keys') })).json()).toEqual({ a: 1 });
  });
});

describe('an unexpected 100 Continue', () => {
  test.each([
    ['in one piece with the reply', [`HTTP/1.1 100 Continue\r\n\r\n${done}`]],
    ['before the reply', ['HTTP/1.1 100 Continue\r\n\r\n', done]],
    ['twice, with a field', ['HTTP/1.1 100 Continue\r\nx: y\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n', done]],
  ])('is ignored %s', async (_, pieces) => {
    const { origin } = await rawServer(async (socket) => {
      for (const piece of pieces) {
        socket.write(piece);
        await new Promise((next) => setTimeout(next, 20));
      }
    });
    const { client } = clientOf(origin);
    const url = new URL('/v1/keys', origin);
    expect((await client.send({ ...write, url })).json()).toEqual({});
    expect((await client.send({ ...read, url })).json()).toEqual({});
  });
});

test.each([
  ['lists', '['.repeat(100_000)],
  ['objects', '{"a":'.repeat(100_000)],
])('JSON of endlessly nested %s is refused', async (_, body) => {
  const server = await FaultServer.start();
  server.on('GET /v1/keys', text(200, body, { 'content-type': 'application/json' }));
  const { client } = clientOf(server.origin);
  const response = await client.send({ ...read, url: server.url('/v1/keys') });
  expect(await failureOf((async () => response.json())())).toMatchObject({
    exit: 'network',
    code: 'not_json',
  });
});

test('brackets in a string are not nesting', async () => {
  const server = await FaultServer.start();
  const value = { a: `\\"${'['.repeat(1000)}` };
  server.on('GET /v1/keys', json(200, value));
  const { client } = clientOf(server.origin);
  expect((await client.send({ ...read, url: server.url('/v1/keys') })).json()).toEqual(value);
});
