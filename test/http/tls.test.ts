import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { FaultServer } from '../support/fault-server.ts';
import { LoopbackProxy } from '../support/loopback-proxy.ts';
import { hasOpenssl, selfSigned } from '../support/self-signed.ts';
import { clientOf, failureOf } from './client-of.ts';

const write = { method: 'POST', body: {}, repeatable: false } as const;

test.skipIf(!hasOpenssl)(
  'a self-signed certificate is refused once, before anything is sent, with a hint how to trust it',
  async () => {
    const server = await FaultServer.start(selfSigned('127.0.0.1'));
    const { client, pauses } = clientOf(server.origin);
    const failure = await failureOf(client.send({ ...write, url: server.url('/v1/keys') }));
    expect(failure).toMatchObject({ exit: 'network', code: 'tls_failed' });
    expect(failure.message).toBe(
      `the certificate of ${server.origin} is not trusted: unknown or self-signed CA (DEPTH_ZERO_SELF_SIGNED_CERT)`,
    );
    expect(failure.hints).toMatchInlineSnapshot(`
      [
        "if it is signed by your own CA: export NODE_EXTRA_CA_CERTS=/path/to/ca.pem",
      ]
    `);
    expect(pauses).toEqual([]);
  },
);

test('https to a port that speaks plain HTTP is a TLS failure', async () => {
  const server = await FaultServer.start();
  const origin = server.origin.replace('http:', 'https:');
  const { client } = clientOf(origin);
  const failure = await failureOf(client.send({ ...write, url: new URL('/v1/keys', origin) }));
  expect(failure).toMatchObject({ exit: 'network', code: 'tls_failed' });
  // The code depends on the version of OpenSSL.
  expect(failure.message.replace(/\(\w+\)$/, '(CODE)')).toBe(`TLS connection to ${origin} failed (CODE)`);
});

test('an unanswered handshake is a connection timeout, and even a write is retried', async () => {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.on('error', () => {});
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { client } = clientOf(origin, { timeoutMs: 400 });
  const failure = await failureOf(client.send({ ...write, url: new URL('/v1/keys', origin) }));
  expect(failure).toMatchObject({ exit: 'network', code: 'timed_out' });
  expect(failure.message).toBe(`cannot connect to ${origin} within 0.4 s`);
  expect(failure.hints).toMatchInlineSnapshot(`
    [
      "allow more time with --timeout 2min",
      "if you are behind a proxy: export HTTPS_PROXY=http://proxy.example.com:3128",
    ]
  `);
  expect(connections).toBe(4);
});

test.skipIf(!hasOpenssl)('a proxy whose certificate is not trusted is told apart from the API', async () => {
  const proxy = await LoopbackProxy.start({ tls: selfSigned('127.0.0.1') });
  const origin = 'https://api.example.com';
  const { client, pauses } = clientOf(origin, { env: { HTTPS_PROXY: proxy.url } });
  const failure = await failureOf(client.send({ ...write, url: new URL('/v1/keys', origin) }));
  expect(failure).toMatchObject({ exit: 'network', code: 'tls_failed' });
  expect(failure.message).toBe('TLS connection to the proxy failed (DEPTH_ZERO_SELF_SIGNED_CERT)');
  expect(failure.hints).toMatchInlineSnapshot(`
    [
      "if it is signed by your own CA: export NODE_EXTRA_CA_CERTS=/path/to/ca.pem",
      "check the proxy in HTTPS_PROXY; NO_PROXY lists hosts to reach without it",
    ]
  `);
  expect(pauses).toEqual([]);
});
