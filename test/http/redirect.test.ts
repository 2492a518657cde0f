import { expect, test } from 'vitest';
import { Secret } from '../../src/base/secret.ts';
import { redirectTarget } from '../../src/http/redirect.ts';
import { FaultServer, json, redirect, text } from '../support/fault-server.ts';
import { clientOf, failureOf } from './client-of.ts';

const headers = { authorization: new Secret('Bearer session-EXAMPLE') };

test.each([301, 302, 303, 307, 308])(
  'a read follows a %i within its origin, with its token',
  async (status) => {
    const server = await FaultServer.start();
    server.on('GET /v1/keys', redirect(status, '/v2/keys?page=1'));
    server.on('GET /v2/keys?page=1', json(200, { keys: [] }));
    const { client, pauses } = clientOf(server.origin);
    const response = await client.send({
      method: 'GET',
      url: server.url('/v1/keys'),
      headers,
      repeatable: true,
    });
    expect(response.status).toBe(200);
    expect(server.received[1]?.headers.authorization).toBe('Bearer session-EXAMPLE');
    expect(pauses).toEqual([]);
  },
);

test.each(['GET', 'HEAD', 'POST'] as const)(
  '%s is never redirected to another origin, and no token is sent there',
  async (method) => {
    const [server, other] = [await FaultServer.start(), await FaultServer.start()];
    server.on(`${method} /v1/keys`, redirect(307, `${other.origin}/v1/keys?token=query-EXAMPLE`));
    const { client } = clientOf(server.origin);
    const failure = await failureOf(
      client.send({ method, url: server.url('/v1/keys'), headers, repeatable: method !== 'POST' }),
    );
    expect(failure).toMatchObject({ exit: 'network', code: 'redirect_refused' });
    expect(failure.message).toBe(
      `${method} /v1/keys was redirected from ${server.origin} to ${other.origin}: the token was not sent there`,
    );
    expect(failure.hints).toMatchInlineSnapshot(`
      [
        "if the API has moved, correct the URL of the profile: keys login --url https://…",
      ]
    `);
    expect(other.received).toEqual([]);
  },
);

test.each([
  ['http://localhost:1/v1/keys', 'http://localhost:1'],
  ['//example.com/v1/keys', 'http://example.com'],
  ['javascript:alert(1)', 'a javascript: URL'],
])('a redirect to %s is refused too', async (location, target) => {
  const server = await FaultServer.start();
  server.on('GET /v1/keys', redirect(302, location));
  const { client } = clientOf(server.origin);
  const failure = await failureOf(
    client.send({ method: 'GET', url: server.url('/v1/keys'), headers, repeatable: true }),
  );
  expect(failure.code).toBe('redirect_refused');
  expect(failure.message).toContain(`to ${target}: the token`);
});

test('a redirect from https to http on the same host and port leads to another origin', () => {
  const from = new URL('https://api.example.com:8443/v1/keys');
  const headers = { location: 'http://api.example.com:8443/v1/keys' };
  const reply = { kind: 'response', status: 301, headers, body: Buffer.alloc(0) } as const;
  expect(() => redirectTarget('GET', from, reply)).toThrowErrorMatchingInlineSnapshot(
    `[KeysError: GET /v1/keys was redirected from https://api.example.com:8443 to http://api.example.com:8443: the token was not sent there]`,
  );
});

test('a redirect to an invalid URL is refused', async () => {
  const server = await FaultServer.start();
  server.on('GET /v1/keys', redirect(302, 'http://['));
  const { client } = clientOf(server.origin);
  const failure = await failureOf(
    client.send({ method: 'GET', url: server.url('/v1/keys'), repeatable: true }),
  );
  expect(failure.code).toBe('redirect_refused');
});

test.each([301, 302, 307, 308])('a write does not follow a %i, even within its origin', async (status) => {
  const server = await FaultServer.start();
  server.on('POST /v1/keys', redirect(status, '/v1/keys/'));
  const { client } = clientOf(server.origin);
  const failure = await failureOf(
    client.send({ method: 'POST', url: server.url('/v1/keys'), headers, body: {}, repeatable: false }),
  );
  expect(failure).toMatchObject({ exit: 'network', code: 'redirect_refused' });
  expect(server.received).toHaveLength(1);
});

test('a read follows five redirects and refuses the sixth', async () => {
  const server = await FaultServer.start();
  const around = redirect(302, '/around');
  server.on('GET /around', around, around, around, around, around, around);
  const { client } = clientOf(server.origin);
  const failure = await failureOf(
    client.send({ method: 'GET', url: server.url('/around'), repeatable: true }),
  );
  expect(failure).toMatchObject({ code: 'redirect_refused' });
  expect(failure.message).toBe('GET /around was redirected more than 5 times');
  expect(server.received).toHaveLength(6);
});

test('a retry of a read goes to the target of its last redirect', async () => {
  const server = await FaultServer.start();
  server.on('GET /old', redirect(301, '/new'));
  server.on('GET /new', text(503, ''), json(200, {}));
  const { client } = clientOf(server.origin);
  const response = await client.send({ method: 'GET', url: server.url('/old'), repeatable: true });
  expect(response.status).toBe(200);
  expect(server.received.map(({ path }) => path)).toEqual(['/old', '/new', '/new']);
});

test('a 304 and a redirect without a location are ordinary replies', async () => {
  const server = await FaultServer.start();
  server.on('GET /v1/keys', text(304, '', { location: '/elsewhere' }), text(302, ''));
  const { client } = clientOf(server.origin);
  const request = { method: 'GET', url: server.url('/v1/keys'), repeatable: true } as const;
  expect((await client.send(request)).status).toBe(304);
  expect((await client.send(request)).status).toBe(302);
});

test.each([
  ['http://session-EXAMPLE.example.com/', 'GET'],
  ['https://example.com:1/session-EXAMPLE', 'GET'],
  ['/v2/session-EXAMPLE', 'POST'],
] as const)('a token in the URL of a redirect is not printed anywhere: %s', async (address, method) => {
  const server = await FaultServer.start();
  server.on(`${method} /v1/keys`, redirect(302, address));
  const { client, trace } = clientOf(server.origin);
  const failure = await failureOf(
    client.send({ method, url: server.url('/v1/keys'), headers, repeatable: false }),
  );
  expect(failure).toMatchObject({ code: 'redirect_refused' });
  expect([JSON.stringify(failure), ...trace].join().toLowerCase()).not.toContain('session-example');
});

test('nor is it sent to such a URL', async () => {
  const server = await FaultServer.start();
  server.on('GET /v1/keys', redirect(302, '/v2/session-EXAMPLE'));
  server.on('GET /v2/****', json(404, {}));
  const { client, trace } = clientOf(server.origin);
  await client.send({ method: 'GET', url: server.url('/v1/keys'), headers, repeatable: true });
  expect(trace.join()).not.toContain('session-EXAMPLE');
});
