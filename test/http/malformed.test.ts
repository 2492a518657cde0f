import { expect, test } from 'vitest';
import { rawServer } from '../support/raw-server.ts';
import { clientOf, failureOf } from './client-of.ts';

/* Replies that a lenient parser would accept. What they mean is uncertain, so a write that gets one is ambiguous. */

const write = { method: 'POST', body: { name: 'ci' }, repeatable: false } as const;

test.each([
  ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{} '],
  ['a length twice', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 2\r\n\r\n{}'],
  ['a length that is no number', 'HTTP/1.1 200 OK\r\ncontent-length: 2x\r\n\r\n{}'],
  [
    'a length and chunks',
    'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
  ],
  [
    'a chunk that is longer than announced',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n',
  ],
  [
    'a chunk length that is no number',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n',
  ],
  ['a space in the name of a header', 'HTTP/1.1 200 OK\r\nx y: z\r\ncontent-length: 2\r\n\r\n{}'],
  ['a zero byte in a header', 'HTTP/1.1 200 OK\r\nx: \0\r\ncontent-length: 2\r\n\r\n{}'],
  ['a status of four digits', 'HTTP/1.1 2000 OK\r\ncontent-length: 2\r\n\r\n{}'],
  ['another protocol', 'HTTPS/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}'],
  [
    'another protocol than was asked for',
    'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n',
  ],
  ['status 101 and no protocol', 'HTTP/1.1 101 Switching Protocols\r\ncontent-length: 2\r\n\r\n{}'],
  ['a status below 100', 'HTTP/1.1 099 OK\r\ncontent-length: 2\r\n\r\n{}'],
  ['headers of 20 KB', `HTTP/1.1 200 OK\r\nx: ${'x'.repeat(20_000)}\r\ncontent-length: 2\r\n\r\n{}`],
])('a reply with %s is not valid HTTP', async (_, reply) => {
  const { origin } = await rawServer((socket) => void socket.write(reply));
  const { client } = clientOf(origin, { timeoutMs: 2000 });
  const failure = await failureOf(client.send({ ...write, url: new URL('/v1/keys', origin) }));
  expect(failure).toMatchObject({ code: 'reply_lost' });
  expect(failure.message).toContain(`the reply from ${origin} is not valid HTTP`);
});

test.each([
  ['in the status line', 'HTTP/1.1 20'],
  ['in the headers', 'HTTP/1.1 200 OK\r\ncontent-le'],
  ['before its body', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n'],
  ['between chunks', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n'],
  ['within a chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\n{}'],
])('a reply that ends %s was broken off', async (_, reply) => {
  const { origin } = await rawServer((socket) => void socket.end(reply));
  const { client } = clientOf(origin, { timeoutMs: 2000 });
  const failure = await failureOf(client.send({ ...write, url: new URL('/v1/keys', origin) }));
  expect(failure).toMatchObject({ code: 'reply_lost' });
  expect(failure.message).toContain(`${origin} closed the connection before its reply was complete`);
});
