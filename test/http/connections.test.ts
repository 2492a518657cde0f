import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { FaultServer, json } from '../support/fault-server.ts';
import { rawServer } from '../support/raw-server.ts';
import { clientOf, failureOf } from './client-of.ts';

/* Connections are kept and reused, but a request is never written to one that has ended, nor reads what was not its own. */

const read = { method: 'GET', repeatable: true } as const;
const write = { method: 'POST', body: { name: 'ci' }, repeatable: false } as const;

function ok(body: string, headers = ''): string {
  return `HTTP/1.1 200 OK\r\n${headers}content-length: ${body.length}\r\n\r\n${body}`;
}

test('requests one after the other use one connection', async () => {
  const { origin, connections } = await rawServer((socket) => void socket.write(ok('{}')));
  const { client } = clientOf(origin);
  for (let sent = 0; sent < 20; sent++) await client.send({ ...write, url: new URL('/v1/keys', origin) });
  expect(connections).toHaveLength(1);
});

test('requests at the same time use a connection each, again and again', async () => {
  const { origin, connections } = await rawServer((socket) => {
    setTimeout(() => socket.write(ok('{}')), 5);
  });
  const { client } = clientOf(origin);
  for (let round = 0; round < 3; round++) {
    await Promise.all(
      Array.from({ length: 16 }, () => client.send({ ...read, url: new URL('/v1/keys', origin) })),
    );
  }
  expect(connections).toHaveLength(16);
});

test.each<[string, (reply: string) => [text: string, end: 'end' | 'resetAndDestroy']]>([
  ['closes', (reply) => [reply, 'end']],
  ['resets', (reply) => [reply, 'resetAndDestroy']],
])('a connection that the server %s after each reply loses no write', async (_, endOf) => {
  const { origin, connections } = await rawServer((socket) => {
    const [reply, end] = endOf(ok('{}'));
    socket.write(reply, () => socket[end]());
  });
  const { client, pauses } = clientOf(origin);
  for (let sent = 0; sent < 20; sent++) {
    expect((await client.send({ ...write, url: new URL('/v1/keys', origin) })).status).toBe(200);
    // The reply may overtake the end of its connection.
    if (sent % 2 === 0) await sleep(5);
  }
  expect(connections.length).toBeGreaterThan(10);
  expect(pauses).toEqual([]);
});

test.each(['end', 'destroy'] as const)('nor if %s ends it and others are in use', async (end) => {
  const { origin, connections } = await rawServer((socket) => {
    socket.write(ok('{}'), () => socket[end]());
  });
  const { client, pauses } = clientOf(origin);
  const writeRepeatedly = async () => {
    for (let sent = 0; sent < 15; sent++) {
      expect((await client.send({ ...write, url: new URL('/v1/keys', origin) })).status).toBe(200);
    }
  };
  await Promise.all(Array.from({ length: 16 }, writeRepeatedly));
  expect(connections.length).toBeGreaterThan(100);
  expect(pauses).toEqual([]);
});

test('a connection that ended while this process was busy is not used', async () => {
  const { origin, connections } = await rawServer((socket) => void socket.write(ok('{}')));
  const { client, pauses } = clientOf(origin);
  const url = new URL('/v1/keys', origin);
  for (let round = 0; round < 5; round += 1) {
    await client.send({ ...write, url });
    await sleep(1);
    connections.at(-1)?.end();
    const busyUntil = performance.now() + 25;
    while (performance.now() < busyUntil);
    expect((await client.send({ ...write, url })).status).toBe(200);
  }
  expect(pauses).toEqual([]);
});

test('nor one that ended unused while others were used', async () => {
  const { origin, connections } = await rawServer((socket) => {
    setTimeout(() => socket.write(ok('{}')), 2);
  });
  const { client, pauses } = clientOf(origin);
  const url = new URL('/v1/keys', origin);
  const send = async () => expect((await client.send({ ...write, url })).status).toBe(200);
  await Promise.all([send(), send(), send()]);
  const before = connections.map((socket) => socket.bytesRead);
  const until = performance.now() + 600;
  while (performance.now() < until) await send();
  // One that has just been used is offered a little later, so two take turns.
  const [unused, ...others] = connections.filter((socket, index) => socket.bytesRead === before[index]);
  expect([unused !== undefined, others]).toEqual([true, []]);
  unused?.end();
  await Promise.all([send(), send(), send()]);
  expect(connections).toHaveLength(4);
  expect(pauses).toEqual([]);
});

test('a connection that ends as the write arrives may have carried it', async () => {
  let requests = 0;
  const { origin } = await rawServer((socket) => {
    requests += 1;
    if (requests === 1) socket.write(ok('{}'));
    else socket.resetAndDestroy();
  });
  const { client } = clientOf(origin);
  const url = new URL('/v1/keys', origin);
  await client.send({ ...read, url });
  expect(await failureOf(client.send({ ...write, url }))).toMatchObject({ code: 'reply_lost' });
  expect(requests).toBe(2);
});

test.each([
  ['a second reply', ok('{"of":"nobody"}')],
  ['a timeout', 'HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n'],
  ['anything else', 'x'],
])('%s on a connection that waits is not the reply to the next request', async (_, stray) => {
  let [requests, strays] = [0, 0];
  const { origin, connections } = await rawServer((socket) => {
    requests += 1;
    socket.write(ok(`{"of":${requests}}`));
    if (strays++ === 0) setTimeout(() => socket.write(stray), 10);
  });
  const { client } = clientOf(origin);
  const url = new URL('/v1/keys', origin);
  expect((await client.send({ ...read, url })).json()).toEqual({ of: 1 });
  await sleep(30);
  expect((await client.send({ ...write, url })).json()).toEqual({ of: 2 });
  expect(connections).toHaveLength(2);
});

test.each([
  ['in the same piece', `${ok('{"of":1}')}${ok('{"of":"nobody"}')}`],
  ['after a body that is longer than announced', `${ok('{"of":1}')}trailing`],
])('a second reply %s is not the reply to the next request', async (_, first) => {
  let requests = 0;
  const { origin } = await rawServer((socket) => {
    requests += 1;
    socket.write(requests === 1 ? first : ok(`{"of":${requests}}`));
  });
  const { client } = clientOf(origin);
  const url = new URL('/v1/keys', origin);
  const reply = await client.send({ ...read, url });
  expect((await client.send({ ...write, url })).json()).toEqual({ of: requests });
  expect((reply.json() as { of: number }).of).toBeLessThan(requests);
});

test('a connection whose reply came before all of the request is not used again', async () => {
  let requests = 0;
  const { origin, connections } = await rawServer((socket, piece) => {
    if (!/^(GET|POST) /.test(piece)) return;
    requests += 1;
    socket.write(ok(`{"of":${requests}}`));
    if (requests === 1) socket.pause();
    setTimeout(() => socket.resume(), 20);
  });
  const { client } = clientOf(origin);
  const url = new URL('/v1/keys', origin);
  const body = { name: 'x'.repeat(20_000_000) };
  expect((await client.send({ ...write, body, url })).json()).toEqual({ of: 1 });
  await sleep(200);
  expect((await client.send({ ...write, url })).json()).toEqual({ of: 2 });
  expect(connections).toHaveLength(2);
});

test('a connection is not kept longer than the server announces', async () => {
  const { origin, connections } = await rawServer(
    (socket) => void socket.write(ok('{}', 'keep-alive: timeout=1\r\n')),
  );
  const { client } = clientOf(origin);
  for (let sent = 0; sent < 2; sent++) await client.send({ ...read, url: new URL('/v1/keys', origin) });
  expect(connections).toHaveLength(2);
});

test('an origin may be an IPv6 address', async () => {
  let host = '';
  const { origin } = await rawServer((socket, piece) => {
    host = /^host: (.*)\r$/im.exec(piece)?.[1] ?? '';
    socket.write(ok('{}'));
  }, '::1');
  const { client } = clientOf(origin);
  expect((await client.send({ ...read, url: new URL('/v1/keys', origin) })).status).toBe(200);
  expect(`http://${host}`).toBe(origin);
});

test('a name with several addresses is reached at the one that answers', async () => {
  // `localhost` may stand for ::1 too, where nothing listens.
  const server = await FaultServer.start();
  server.on('GET /v1/keys', json(200, {}));
  const origin = server.origin.replace('127.0.0.1', 'localhost');
  const { client } = clientOf(origin);
  expect((await client.send({ ...read, url: new URL('/v1/keys', origin) })).status).toBe(200);
});

test('close ends connections in use and those that wait', async () => {
  let requests = 0;
  const { origin, connections } = await rawServer((socket) => {
    requests += 1;
    if (requests === 1) socket.write(ok('{}'));
  });
  const { client } = clientOf(origin);
  const url = new URL('/v1/keys', origin);
  await client.send({ ...read, url });
  const waiting = failureOf(client.send({ ...write, url }));
  while (requests < 2) await sleep(2);
  const ended = connections.map((socket) => once(socket, 'close'));
  await client.close();
  await Promise.all(ended);
  expect(await waiting).toMatchObject({ code: 'reply_lost' });
});
