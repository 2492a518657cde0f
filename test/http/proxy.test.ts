import type { Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { Secret } from '../../src/base/secret.ts';
import { FaultServer, json } from '../support/fault-server.ts';
import { LoopbackProxy } from '../support/loopback-proxy.ts';
import { rawServer } from '../support/raw-server.ts';
import { clientOf, failureOf } from './client-of.ts';

const read = {
  method: 'GET',
  headers: { authorization: new Secret('Bearer session-EXAMPLE') },
  repeatable: true,
} as const;

function environmentOfProcess(name: string, value: string): void {
  const before = process.env[name];
  process.env[name] = value;
  onTestFinished(() => {
    if (before === undefined) delete process.env[name];
    else process.env[name] = before;
  });
}

test.each(['HTTP_PROXY', 'http_proxy'])('%s sends requests through the proxy', async (name) => {
  const [server, proxy] = [await FaultServer.start(), await LoopbackProxy.start()];
  server.on('GET /v1/keys', json(200, { keys: [] }));
  const { client } = clientOf(server.origin, { env: { [name]: proxy.url } });
  const response = await client.send({ ...read, url: server.url('/v1/keys') });
  expect(response.json()).toEqual({ keys: [] });
  expect(proxy.tunnels).toEqual([new URL(server.origin).host]);
});

test('the scheme of a proxy is optional', async () => {
  const [server, proxy] = [await FaultServer.start(), await LoopbackProxy.start()];
  server.on('GET /v1/keys', json(200, {}));
  const { client } = clientOf(server.origin, { env: { HTTP_PROXY: new URL(proxy.url).host } });
  await client.send({ ...read, url: server.url('/v1/keys') });
  expect(proxy.tunnels).toHaveLength(1);
});

test.each([
  ['NO_PROXY', '127.0.0.1'],
  ['no_proxy', 'example.com,127.0.0.1'],
  ['NO_PROXY', '*'],
])('%s=%s bypasses the proxy', async (name, value) => {
  const [server, proxy] = [await FaultServer.start(), await LoopbackProxy.start()];
  server.on('GET /v1/keys', json(200, {}));
  const { client } = clientOf(server.origin, { env: { HTTP_PROXY: proxy.url, [name]: value } });
  await client.send({ ...read, url: server.url('/v1/keys') });
  expect(proxy.tunnels).toEqual([]);
});

test.each<[string, Record<string, string>]>([
  ['none', {}],
  ['an empty one', { HTTP_PROXY: '' }],
  ['that of https', { HTTPS_PROXY: 'proxy' }],
])('with %s set, http: goes straight to the server', async (_, env) => {
  const [server, proxy] = [await FaultServer.start(), await LoopbackProxy.start()];
  server.on('GET /v1/keys', json(200, {}));
  const values = Object.entries(env).map(([name, value]) => [name, value && proxy.url]);
  const { client } = clientOf(server.origin, { env: Object.fromEntries(values) });
  await client.send({ ...read, url: server.url('/v1/keys') });
  expect(proxy.tunnels).toEqual([]);
});

test('only the given environment counts, not that of the process', async () => {
  const [server, stray] = [await FaultServer.start(), await LoopbackProxy.start()];
  const proxy = await LoopbackProxy.start();
  environmentOfProcess('http_proxy', stray.url);
  environmentOfProcess('no_proxy', '127.0.0.1');
  server.on('GET /v1/keys', json(200, {}), json(200, {}));
  await clientOf(server.origin).client.send({ ...read, url: server.url('/v1/keys') });
  expect(proxy.tunnels).toEqual([]);
  const { client } = clientOf(server.origin, { env: { HTTP_PROXY: proxy.url } });
  await client.send({ ...read, url: server.url('/v1/keys') });
  expect(proxy.tunnels).toHaveLength(1);
  expect(stray.tunnels).toEqual([]);
});

test('a token for this machine is not sent through a remote proxy, because that connection is not encrypted', async () => {
  const server = await FaultServer.start();
  server.on('GET /v1/keys', json(200, {}));
  const { client } = clientOf(server.origin, {
    env: { HTTP_PROXY: 'http://192.0.2.1:3128' },
    timeoutMs: 200,
  });
  expect((await client.send({ ...read, url: server.url('/v1/keys') })).status).toBe(200);
});

test('https asks the proxy of HTTPS_PROXY for a tunnel, and ignores HTTP_PROXY', async () => {
  const [proxy, other] = [await LoopbackProxy.start({ refuseWith: 403 }), await LoopbackProxy.start()];
  const origin = 'https://api.example.com';
  const { client, pauses } = clientOf(origin, { env: { HTTPS_PROXY: proxy.url, HTTP_PROXY: other.url } });
  const failure = await failureOf(client.send({ ...read, url: new URL('/v1/keys', origin) }));
  expect(proxy.tunnels).toEqual(['api.example.com:443']);
  expect(other.tunnels).toEqual([]);
  expect(failure).toMatchObject({ exit: 'network', code: 'proxy_failed' });
  expect(failure.message).toBe(
    'the proxy answered 403: it refused the connection to https://api.example.com',
  );
  expect(failure.hints).toMatchInlineSnapshot(`
    [
      "check the proxy in HTTPS_PROXY; NO_PROXY lists hosts to reach without it",
    ]
  `);
  expect(pauses).toEqual([]);
});

test.each([
  ['me:hunter2-EXAMPLE', 'me:hunter2-EXAMPLE'],
  ['m%40e:a%3Ab%', 'm@e:a:b%'],
  ['me', 'me:'],
])('the user and the password %s reach the proxy, and not the server', async (written, credentials) => {
  const [server, proxy] = [await FaultServer.start(), await LoopbackProxy.start()];
  server.on('GET /v1/keys', json(200, {}));
  const { client } = clientOf(server.origin, {
    env: { HTTP_PROXY: proxy.url.replace('//', `//${written}@`) },
  });
  await client.send({ ...read, url: server.url('/v1/keys') });
  expect(proxy.credentials).toEqual([credentials]);
  expect(server.received[0]?.headers).not.toHaveProperty('proxy-authorization');
});

test('a proxy that wants a password says so, once', async () => {
  const proxy = await LoopbackProxy.start({ refuseWith: 407 });
  const origin = 'https://api.example.com';
  const { client } = clientOf(origin, { env: { HTTPS_PROXY: proxy.url } });
  const failure = await failureOf(client.send({ ...read, url: new URL('/v1/keys', origin) }));
  expect(failure).toMatchObject({ code: 'proxy_failed' });
  expect(failure.message).toBe(
    'the proxy answered 407: it requires a user name and a password to connect to https://api.example.com',
  );
  expect(proxy.tunnels).toHaveLength(1);
});

test('a tunnel is used for several requests', async () => {
  const [server, proxy] = [await FaultServer.start(), await LoopbackProxy.start()];
  server.always('GET /v1/keys', json(200, {}));
  const { client } = clientOf(server.origin, { env: { HTTP_PROXY: proxy.url } });
  for (let sent = 0; sent < 3; sent++) await client.send({ ...read, url: server.url('/v1/keys') });
  expect(proxy.tunnels).toHaveLength(1);
});

const notHttp = 'the reply from the proxy is not valid HTTP';
const accepted = 'HTTP/1.1 200 OK\r\n\r\n';

test.each<[string, (socket: Socket) => void, code: string, message: string]>([
  [
    'hangs up',
    (socket) => socket.end(),
    'proxy_failed',
    'cannot connect to the proxy: the connection was closed at once (ECONNRESET)',
  ],
  ['is not a proxy', (socket) => socket.end('220 mail.example.com ESMTP\r\n'), 'proxy_failed', notHttp],
  ['says more than it should', (socket) => socket.end(`${accepted}stray`), 'proxy_failed', notHttp],
  ['is silent', () => {}, 'timed_out', 'cannot connect to https://api.example.com within 0.2 s'],
])(
  'a write through a proxy that %s was not sent, and is tried four times',
  async (_, answer, code, message) => {
    const { origin: proxy, connections } = await rawServer(answer);
    const origin = 'https://api.example.com';
    const { client, pauses } = clientOf(origin, { env: { HTTPS_PROXY: proxy }, timeoutMs: 200 });
    const url = new URL('/v1/keys', origin);
    const failure = await failureOf(client.send({ method: 'POST', url, body: {}, repeatable: false }));
    expect(failure).toMatchObject({ code, message });
    expect(failure.hints).toContain(
      'check the proxy in HTTPS_PROXY; NO_PROXY lists hosts to reach without it',
    );
    expect(pauses).toHaveLength(3);
    expect(connections).toHaveLength(4);
    await client.close();
    await expect.poll(() => connections.every((socket) => socket.closed)).toBe(true);
  },
);

test('a proxy may accept with any 2xx', async () => {
  const { origin: proxy } = await rawServer((socket, piece) => {
    const isConnect = piece.startsWith('CONNECT');
    socket.write(isConnect ? 'HTTP/1.1 201 OK\r\n\r\n' : 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}');
  });
  const origin = 'http://127.0.0.1:9';
  const { client } = clientOf(origin, { env: { HTTP_PROXY: proxy } });
  expect((await client.send({ ...read, url: new URL('/v1/keys', origin) })).json()).toEqual({});
});

test('a proxy that cannot reach the server is tried four times, even for a write', async () => {
  const proxy = await LoopbackProxy.start({ refuseWith: 502 });
  const origin = 'https://api.example.com';
  const { client } = clientOf(origin, { env: { https_proxy: proxy.url } });
  const url = new URL('/v1/keys', origin);
  const failure = await failureOf(client.send({ method: 'POST', url, body: {}, repeatable: false }));
  expect(failure.code).toBe('proxy_failed');
  expect(proxy.tunnels).toHaveLength(4);
});

test('a write that is given up while connecting is not sent once the connection is established', async () => {
  const [server, proxy] = [await FaultServer.start(), await LoopbackProxy.start({ delay: 100 })];
  const { client } = clientOf(server.origin, { env: { HTTP_PROXY: proxy.url }, timeoutMs: 15 });
  const url = server.url('/v1/keys');
  const failure = await failureOf(client.send({ method: 'POST', url, body: {}, repeatable: false }));
  expect(failure.code).toBe('timed_out');
  expect(proxy.tunnels).toHaveLength(4);
  await new Promise((done) => setTimeout(done, 150));
  expect(server.received).toEqual([]);
});

test.each(['socks5://user:hunter2-EXAMPLE@127.0.0.1:1080', 'http://user:hunter2-EXAMPLE@[/'])(
  'an unusable proxy is refused, and its value is not repeated',
  (value) => {
    const error = (() => {
      try {
        clientOf('https://api.example.com', { env: { HTTPS_PROXY: value } });
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toMatchObject({ failure: { exit: 'usage' } });
    expect(error).toMatchInlineSnapshot(`[KeysError: HTTPS_PROXY is not the URL of an http or https proxy]`);
    expect(JSON.stringify(error)).not.toContain('EXAMPLE');
  },
);
