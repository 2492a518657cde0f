import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { Answer } from '../support/fault-server.ts';
import {
  endless,
  FaultServer,
  resetBeforeReply,
  silence,
  silenceInBody,
  text,
} from '../support/fault-server.ts';
import { LoopbackProxy } from '../support/loopback-proxy.ts';
import { clientOf, failureOf } from './client-of.ts';

const read = { method: 'GET', repeatable: true } as const;
const write = { method: 'POST', body: {}, repeatable: false } as const;

/** Aborts once the server has received a request. */
async function interruptAt(server: FaultServer, controller: AbortController): Promise<void> {
  while (server.received.length === 0) await new Promise((done) => setTimeout(done, 2));
  controller.abort();
}

test.each([silence, silenceInBody])('Ctrl-C ends a running read', async (answer) => {
  const server = await FaultServer.start();
  server.on('GET /v1/keys', answer);
  const controller = new AbortController();
  const { client } = clientOf(server.origin, { signal: controller.signal });
  const sent = failureOf(client.send({ ...read, url: server.url('/v1/keys') }));
  await interruptAt(server, controller);
  expect(await sent).toMatchObject({ exit: 'interrupted' });
});

test('Ctrl-C after a write was sent does not claim that nothing changed', async () => {
  const server = await FaultServer.start();
  server.on('POST /v1/keys', silence);
  const controller = new AbortController();
  const { client } = clientOf(server.origin, { signal: controller.signal });
  const sent = failureOf(client.send({ ...write, url: server.url('/v1/keys') }));
  await interruptAt(server, controller);
  const failure = await sent;
  expect(failure).toMatchObject({ exit: 'unfinished', code: 'reply_lost' });
  expect(failure.message).toMatchInlineSnapshot(
    `"the reply to POST /v1/keys was lost: the request was interrupted; the request may or may not have taken effect"`,
  );
});

test('Ctrl-C ends a pause at once, and nothing more is sent', async () => {
  const server = await FaultServer.start();
  server.on('POST /v1/keys', text(429, '', { 'retry-after': '50' }));
  const controller = new AbortController();
  const { client } = clientOf(server.origin, {
    signal: controller.signal,
    pause: async (_, signal) => {
      setTimeout(() => controller.abort(), 5);
      await new Promise((_done, fail) =>
        signal.addEventListener('abort', () => fail(controller.signal.reason)),
      );
    },
  });
  const failure = await failureOf(client.send({ ...write, url: server.url('/v1/keys') }));
  expect(failure).toMatchObject({ exit: 'interrupted' });
});

test('Ctrl-C before the retry of a write does not claim that nothing changed', async () => {
  const server = await FaultServer.start();
  server.on('POST /v1/keys', resetBeforeReply);
  const controller = new AbortController();
  const { client } = clientOf(server.origin, {
    signal: controller.signal,
    pause: async () => {
      controller.abort();
      throw new Error('stopped');
    },
  });
  const sent = client.send({ ...write, repeatable: true, url: server.url('/v1/keys') });
  expect(await failureOf(sent)).toMatchObject({ exit: 'unfinished', code: 'reply_lost' });
});

test('Ctrl-C ends a real pause too', async () => {
  const server = await FaultServer.start();
  server.on('GET /v1/keys', text(429, '', { 'retry-after': '50' }));
  const controller = new AbortController();
  const lines: string[] = [];
  const { client } = clientOf(server.origin, {
    signal: controller.signal,
    trace: (line) => {
      lines.push(line);
      if (line.startsWith('waiting')) setTimeout(() => controller.abort(), 5);
    },
    realPause: true,
  });
  const failure = await failureOf(client.send({ ...read, url: server.url('/v1/keys') }));
  expect(failure).toMatchObject({ exit: 'interrupted' });
  expect(lines.at(-1)).toBe('waiting 50000 ms before attempt 2 of 4');
});

test('the first request to stop ends the pause before a retry, and each later one at once', async () => {
  const server = await FaultServer.start();
  server.on('POST /v1/keys', text(429, '', { 'retry-after': '50' }));
  const first = new AbortController();
  const { client } = clientOf(server.origin, {
    asked: first.signal,
    trace: (line) => {
      if (line.startsWith('waiting')) setTimeout(() => first.abort(), 5);
    },
    realPause: true,
  });
  for (const _attempt of [1, 2]) {
    const failure = await failureOf(client.send({ ...write, url: server.url('/v1/keys') }));
    expect(failure).toMatchObject({ exit: 'interrupted' });
  }
});

test('after the first request to stop, what needs no pause is still sent', async () => {
  const server = await FaultServer.start();
  server.on('POST /v1/keys', text(200, '{}'));
  const { client } = clientOf(server.origin, { asked: AbortSignal.abort() });
  expect(await client.send({ ...write, url: server.url('/v1/keys') })).toMatchObject({ status: 200 });
});

test('after Ctrl-C nothing is sent at all', async () => {
  const server = await FaultServer.start();
  const { client } = clientOf(server.origin, { signal: AbortSignal.abort() });
  for (const request of [read, write]) {
    const failure = await failureOf(client.send({ ...request, url: server.url('/v1/keys') }));
    expect(failure).toMatchObject({ exit: 'interrupted' });
  }
});

test.each<[string, Answer]>([
  ['is silent', silence],
  ['never comes to an end', endless],
])('a server that %s sees its connection end, without waiting for close', async (_, answer) => {
  const server = await FaultServer.start();
  const ended = new Promise((done) => {
    server.on('POST /v1/keys', (response, request) => {
      response.once('close', done);
      answer(response, request);
    });
  });
  const { client } = clientOf(server.origin, { timeoutMs: 60 });
  const failure = await failureOf(client.send({ ...write, url: server.url('/v1/keys') }));
  expect(failure.code).toBe('reply_lost');
  await ended;
});

test('a request after close is reported as a bug', async () => {
  const { client } = clientOf('http://127.0.0.1:9');
  await client.close();
  const sent = client.send({ ...write, url: new URL('http://127.0.0.1:9/') });
  await expect(sent).rejects.toThrow('a request after the client was closed');
});

test('close ends a connection that is still being established, and the server sees it end', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const origin = `https://127.0.0.1:${port}`;
  const controller = new AbortController();
  const { client } = clientOf(origin, { signal: controller.signal });

  const sent = failureOf(client.send({ ...write, url: new URL('/v1/keys', origin) }));
  const [socket] = (await once(server, 'connection')) as [Socket];
  const ended = once(socket.on('error', () => {}).resume(), 'close');
  controller.abort();
  expect(await sent).toMatchObject({ exit: 'interrupted' });
  expect(socket.closed).toBe(false);
  await client.close();
  await ended;
});

test.each([
  ['directly', async () => ({})],
  ['through a proxy', async () => ({ HTTP_PROXY: (await LoopbackProxy.start()).url })],
])('after close no connection is opened again for a response that was broken off, %s', async (_, env) => {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => {}).once('close', () => open.delete(socket));
    socket.on('data', () => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 99000000\r\n\r\n');
      const more = () => {
        while (!socket.destroyed && socket.write(Buffer.alloc(1024 * 1024, 'x')));
      };
      socket.on('drain', more);
      more();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { client } = clientOf(origin, { env: await env() });
  for (const path of ['/v1/keys', '/v1/keys/1']) {
    const failure = await failureOf(client.send({ ...read, url: new URL(path, origin) }));
    expect(failure.code).toBe('body_too_large');
  }
  await client.close();
  await sleep(200);
  expect(open.size).toBe(0);
});
