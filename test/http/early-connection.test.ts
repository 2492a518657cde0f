import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { rawServer } from '../support/raw-server.ts';
import { clientOf, failureOf } from './client-of.ts';

/* While its first caller waits for the session token, a client connects. Nothing is sent, and nothing is lost by it. */

const write = { method: 'POST', body: { name: 'ci' }, repeatable: false } as const;
const reply = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}';

/** A server that counts the bytes it receives, and replies to each request. */
async function countingServer(host?: string) {
  const received: string[] = [];
  const server = await rawServer((socket, piece) => {
    received.push(piece);
    socket.write(reply);
  }, host);
  const connected = () => expect.poll(() => server.connections.length).toBe(1);
  return { ...server, received, connected, url: new URL('/v1/keys', server.origin) };
}

test.for(['127.0.0.1', '::1'])(
  '%s is connected to without a byte, and the request uses that',
  async (host) => {
    const { origin, connections, received, connected, url } = await countingServer(host);
    const { client } = clientOf(origin);
    client.prepare();
    client.prepare();
    await connected();
    await sleep(50);
    expect(received).toEqual([]);
    for (let sent = 0; sent < 3; sent++) expect((await client.send({ ...write, url })).status).toBe(200);
    expect(connections).toHaveLength(1);
  },
);

test('a request that comes while it is being opened uses it', async () => {
  const { origin, connections, url } = await countingServer();
  const { client } = clientOf(origin);
  client.prepare();
  expect((await client.send({ ...write, url })).status).toBe(200);
  expect(connections).toHaveLength(1);
});

test('of several requests at once, one uses it', async () => {
  const { origin, connections, connected, url } = await countingServer();
  const { client } = clientOf(origin);
  client.prepare();
  await connected();
  await Promise.all([1, 2, 3].map(() => client.send({ ...write, url })));
  expect(connections).toHaveLength(3);
});

test.for<[string, (socket: Socket | undefined) => void]>([
  ['ended', (socket) => socket?.end()],
  ['reset', (socket) => socket?.resetAndDestroy()],
  ['answered before it was asked', (socket) => socket?.write(reply)],
])('one that the server has %s is not used', async ([, disturb]) => {
  for (const waitMs of [0, 30]) {
    const { origin, connections, received, connected, url } = await countingServer();
    const { client, pauses } = clientOf(origin);
    client.prepare();
    await connected();
    await sleep(5);
    disturb(connections[0]);
    await sleep(waitMs);
    expect((await client.send({ ...write, url })).status).toBe(200);
    expect(connections).toHaveLength(2);
    expect(received).toHaveLength(1);
    expect(pauses).toEqual([]);
  }
});

test('one that has waited for long is ended, and not used', async () => {
  const { origin, connections, connected, url } = await countingServer();
  const { client } = clientOf(origin);
  client.prepare();
  await connected();
  await expect.poll(() => connections[0]?.readyState, { timeout: 10_000 }).not.toBe('open');
  expect((await client.send({ ...write, url })).status).toBe(200);
  expect(connections).toHaveLength(2);
});

test('if it could not be opened, the request says what is wrong', async () => {
  const { origin, url } = await countingServer();
  const closed = createServer().listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const { port } = closed.address() as AddressInfo;
  await new Promise((done) => closed.close(done));
  const { client } = clientOf(origin.replace(/\d+$/, String(port)));
  client.prepare();
  await sleep(20);
  url.port = String(port);
  expect(await failureOf(client.send({ ...write, url }))).toMatchObject({ code: 'connection_failed' });
});

test('it ends with the client, and none is opened after that', async () => {
  const { origin, connections, connected } = await countingServer();
  const { client } = clientOf(origin);
  client.prepare();
  await connected();
  await client.close();
  await expect.poll(() => connections[0]?.readyState).not.toBe('open');
  client.prepare();
  await sleep(20);
  expect(connections).toHaveLength(1);
});

test('an interrupt ends a handshake that a request has begun to wait for', async () => {
  const { origin, connections } = await rawServer(() => {});
  const interrupt = new AbortController();
  const secureOrigin = origin.replace('http:', 'https:');
  const { client } = clientOf(secureOrigin, { signal: interrupt.signal });
  client.prepare();
  await expect.poll(() => connections.length).toBe(1);
  const failure = failureOf(client.send({ ...write, url: new URL('/v1/keys', secureOrigin) }));
  await sleep(20);
  interrupt.abort();
  expect(await failure).toMatchObject({ code: 'interrupted' });
  await expect.poll(() => connections[0]?.readyState).not.toBe('open');
  expect(connections).toHaveLength(1);
});

test('through a proxy, none is opened', async () => {
  const { origin, connections } = await countingServer();
  const proxy = await countingServer();
  const { client } = clientOf(origin, { env: { HTTP_PROXY: proxy.origin } });
  client.prepare();
  await sleep(50);
  expect([...connections, ...proxy.connections]).toEqual([]);
});

test('its handshake is that of any other connection', async () => {
  const hellos: Buffer[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => {}).on('data', (piece) => void hellos.push(piece));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const origin = `https://localhost:${(server.address() as AddressInfo).port}`;
  const early = clientOf(origin, { timeoutMs: 200 }).client;
  early.prepare();
  await expect.poll(() => hellos.length).toBe(1);
  await early.close();
  const { client } = clientOf(origin, { timeoutMs: 200, pause: () => Promise.reject(new Error('enough')) });
  await client.send({ ...write, url: new URL('/v1/keys', origin) }).catch(() => {});
  const [ofEarly, ofOther] = hellos.map((hello) => ({
    length: hello.length,
    namesHost: hello.includes('localhost'),
    protocol: hello.includes('http/1.1'),
  }));
  expect(ofEarly).toEqual(ofOther);
  expect(ofEarly?.namesHost).toBe(true);
});
