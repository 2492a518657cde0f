import { expect, test } from 'vitest';
import { Secret } from '../../src/base/secret.ts';
import { FaultServer, json, resetBeforeReply, text } from '../support/fault-server.ts';
import { clientOf } from './client-of.ts';

test('each attempt and each pause is one line, without secrets', async () => {
  const server = await FaultServer.start();
  const reply = {
    id: 'k1',
    key: 'made-EXAMPLE',
    'a key that is data EXAMPLE': 1,
    sk_0123456789abcdefghijklmnopqrEXAMPLE: 1,
  };
  server.on(
    'POST /v1/keys',
    text(429, 'slow down EXAMPLE', { 'retry-after': '2', 'set-cookie': 'session=cookie-EXAMPLE' }),
    json(201, reply, { 'x-request-id': 'r-1', 'x-api-key': 'header-EXAMPLE' }),
  );
  const { client, trace } = clientOf(server.origin);

  await client.send({
    method: 'POST',
    url: server.url('/v1/keys?limit=10&cursor=cursor-EXAMPLE&page=page-EXAMPLE&name-EXAMPLE!=x'),
    headers: {
      Authorization: 'Bearer plain-EXAMPLE',
      Cookie: 'cookie-EXAMPLE',
      'Private-Token': 'gitlab-EXAMPLE',
      'X-Api-Key': new Secret('secret-EXAMPLE'),
      'X-Request-Id': new Secret('id-EXAMPLE'),
    },
    body: { name: 'name-EXAMPLE', expires_at: null, seed: new Secret('seed-EXAMPLE') },
    repeatable: false,
  });

  const agent = `keys/1.2.3 (node ${process.versions.node}; ${process.platform})`;
  const request =
    `> POST ${server.origin}/v1/keys?limit=10&cursor=…&page=…&…=… ` +
    `accept: application/json, accept-encoding: identity, user-agent: ${agent}, content-type: application/json, ` +
    'authorization: ****, cookie: ****, private-token: ****, x-api-key: ****, x-request-id: ****, ' +
    'body {name, expires_at, seed}';
  expect(trace).toEqual([
    request,
    '< 429 in 0 ms, retry-after: 2, body of 17 bytes',
    'waiting 2000 ms before attempt 2 of 4',
    request,
    '< 201 in 0 ms, content-type: application/json, x-request-id: r-1, body {id, key, …, ****}',
  ]);
  expect(trace.join('\n')).not.toContain('EXAMPLE');
});

test('the duration is measured by the clock', async () => {
  const server = await FaultServer.start();
  server.on('GET /', json(200, [1, 2, 3]));
  let milliseconds = 0;
  const { client, trace } = clientOf(server.origin, {
    now: () => {
      milliseconds += 12;
      return new Date(milliseconds);
    },
  });
  await client.send({ method: 'GET', url: server.url('/'), repeatable: true });
  expect(trace.at(-1)).toBe('< 200 in 12 ms, content-type: application/json, body [3]');
});

test('a broken connection and its retry are in the trace', async () => {
  const server = await FaultServer.start();
  server.on('GET /', resetBeforeReply, json(200, 'text'));
  const { client, trace } = clientOf(server.origin);
  await client.send({ method: 'GET', url: server.url('/'), repeatable: true });
  expect(trace[1]).toContain('< connection_failed in 0 ms:');
  expect(trace.at(-1)).toMatchInlineSnapshot(`"< 200 in 0 ms, content-type: application/json, body string"`);
});

test('control characters from a server do not reach the terminal', async () => {
  const server = await FaultServer.start();
  server.on('GET /', json(200, { '\u001b[2J': 1, 'a\u202eb': 2 }, { 'content-type': 'a/b\u00a0\u0085c' }));
  const { client, trace } = clientOf(server.origin);
  await client.send({ method: 'GET', url: server.url('/'), repeatable: true });
  expect(trace.at(-1)).toMatch(/^< 200 in 0 ms, content-type: a\/b\?+c, body \{…, …\}$/);
});

test('a secret in the path is masked', async () => {
  const server = await FaultServer.start();
  const secret = 'sk-0123456789abcdefghijklmnopEXAMPLE';
  server.on(`GET /v1/keys/${secret}`, json(404, {}));
  const { client, trace } = clientOf(server.origin);
  await client.send({ method: 'GET', url: server.url(`/v1/keys/${secret}`), repeatable: true });
  expect(trace[0]).toBe(
    `> GET ${server.origin}/v1/keys/**** accept: application/json, accept-encoding: identity, user-agent: keys/1.2.3 (node ${process.versions.node}; ${process.platform})`,
  );
});

test('a trace that cannot be written does not lose the reply', async () => {
  const server = await FaultServer.start();
  server.on('POST /v1/keys', json(201, { key: 'made-EXAMPLE' }));
  const { client } = clientOf(server.origin, { trace: () => Promise.reject(new Error('EPIPE')) });
  const response = await client.send({
    method: 'POST',
    url: server.url('/v1/keys'),
    body: {},
    repeatable: false,
  });
  expect(response.json()).toEqual({ key: 'made-EXAMPLE' });
});

test('a new secret that a server repeats in a header is masked', async () => {
  const server = await FaultServer.start();
  const value = 'a1b2c3d4e5f6EXAMPLE';
  server.on('POST /v1/keys', json(201, { key: value }, { 'x-request-id': value, 'retry-after': value }));
  const { client, trace } = clientOf(server.origin);
  await client.send({ method: 'POST', url: server.url('/v1/keys'), repeatable: false });
  expect(trace[1]).toBe(
    '< 201 in 0 ms, content-type: application/json, x-request-id: ****, retry-after: ****, body {key}',
  );
  expect(trace.join()).not.toContain(value);
});

test('a secret of the body that a server repeats in a header is masked', async () => {
  const server = await FaultServer.start();
  const value = 'a1b2c3d4e5f6EXAMPLE';
  server.on('POST /oauth/token', json(400, {}, { 'x-request-id': value, location: `/?${value}` }));
  const { client, trace } = clientOf(server.origin);
  const response = await client.send({
    method: 'POST',
    url: server.url('/oauth/token'),
    body: { client: { secrets: [new Secret(value)] } },
    encoding: 'form',
    repeatable: true,
  });
  expect(trace[1]).toContain('x-request-id: ****');
  expect(JSON.stringify(response)).not.toContain(value);
});
