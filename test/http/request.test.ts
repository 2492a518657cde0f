import { expect, test } from 'vitest';
import { Secret } from '../../src/base/secret.ts';
import { FaultServer, html, json, text, truncated } from '../support/fault-server.ts';
import { clientOf, failureOf } from './client-of.ts';

test('a read sends the usual headers, with secrets revealed, and no body', async () => {
  const server = await FaultServer.start();
  server.on('GET /v1/keys?limit=2', json(200, { keys: [] }, { 'x-request-id': 'r-1' }));
  const { client } = clientOf(server.origin);

  const response = await client.send({
    method: 'GET',
    url: server.url('/v1/keys?limit=2'),
    headers: { Authorization: new Secret('Bearer session-EXAMPLE') },
    repeatable: true,
  });

  expect(response.status).toBe(200);
  expect(response.headers['x-request-id']).toBe('r-1');
  expect(response.json()).toEqual({ keys: [] });
  const [request] = server.received;
  expect(request?.headers).toMatchObject({
    accept: 'application/json',
    'accept-encoding': 'identity',
    authorization: 'Bearer session-EXAMPLE',
    'user-agent': `keys/1.2.3 (node ${process.versions.node}; ${process.platform})`,
  });
  expect(request?.headers).not.toHaveProperty('content-type');
  expect(request?.body).toHaveLength(0);
});

test('a body is sent as UTF-8 JSON, with secrets revealed at every depth', async () => {
  const server = await FaultServer.start();
  server.on('POST /v1/keys', json(201, {}));
  const { client } = clientOf(server.origin);

  await client.send({
    method: 'POST',
    url: server.url('/v1/keys'),
    body: {
      name: 'clé',
      none: undefined,
      list: [new Secret('one-EXAMPLE'), { deep: new Secret('two-EXAMPLE') }],
    },
    repeatable: false,
  });

  const [request] = server.received;
  expect(request?.headers['content-type']).toBe('application/json');
  expect(request?.body.toString('utf8')).toBe('{"name":"clé","list":["one-EXAMPLE",{"deep":"two-EXAMPLE"}]}');
});

test('a body may be just a secret, or null', async () => {
  const server = await FaultServer.start();
  server.on('PUT /token', json(200, {}), json(200, {}));
  const { client } = clientOf(server.origin);
  const request = { method: 'PUT', url: server.url('/token'), repeatable: true } as const;
  await client.send({ ...request, body: new Secret('one-EXAMPLE') });
  await client.send({ ...request, body: null });
  expect(server.received.map(({ body }) => body.toString())).toEqual(['"one-EXAMPLE"', 'null']);
});

test('a token with a line break is refused before anything is sent, and is not repeated', async () => {
  const server = await FaultServer.start();
  const { client } = clientOf(server.origin);
  const failure = await failureOf(
    client.send({
      method: 'GET',
      url: server.url('/v1/keys'),
      headers: { authorization: new Secret('Bearer session\r\nEXAMPLE') },
      repeatable: true,
    }),
  );
  expect(failure).toMatchObject({ exit: 'usage', code: 'header_not_sendable' });
  expect(failure).toMatchInlineSnapshot(`
    {
      "code": "header_not_sendable",
      "exit": "usage",
      "hints": [
        "if it is the session token, store it again: keys login",
      ],
      "message": "the value of the header authorization contains a line break or another character that HTTP cannot carry",
    }
  `);
  expect(JSON.stringify(failure)).not.toContain('EXAMPLE');
  expect(server.received).toEqual([]);
});

test('a request to another origin is a bug, and is not sent', async () => {
  const [server, other] = [await FaultServer.start(), await FaultServer.start()];
  const { client } = clientOf(server.origin);
  await expect(client.send({ method: 'GET', url: other.url('/v1/keys'), repeatable: true })).rejects.toThrow(
    `a request for ${other.origin}, not for ${server.origin}`,
  );
  expect(other.received).toEqual([]);
});

test.each([400, 401, 404, 409, 422])(
  'status %i is returned to the caller without a retry',
  async (status) => {
    const server = await FaultServer.start();
    server.on('GET /v1/keys', json(status, { error: { message: 'no' } }));
    const { client, pauses } = clientOf(server.origin);
    const response = await client.send({ method: 'GET', url: server.url('/v1/keys'), repeatable: true });
    expect(response.status).toBe(status);
    expect(response.json()).toEqual({ error: { message: 'no' } });
    expect(pauses).toEqual([]);
  },
);

test('a repeated header becomes one value, and a byte order mark is dropped', async () => {
  const server = await FaultServer.start();
  server.on('GET /', (response) => {
    response.writeHead(200, ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2']).end('\ufeff{"a":1}');
  });
  const { client } = clientOf(server.origin);
  const response = await client.send({ method: 'GET', url: server.url('/'), repeatable: true });
  expect(response.headers['set-cookie']).toBe('a=1, b=2');
  expect(response.text).toBe('{"a":1}');
});

test('interim replies (103 Early Hints) are ignored', async () => {
  const server = await FaultServer.start();
  server.on('GET /', (response, request) => {
    response.writeEarlyHints({ link: '</style.css>; rel=preload' });
    json(200, { a: 1 })(response, request);
  });
  const { client } = clientOf(server.origin);
  const response = await client.send({ method: 'GET', url: server.url('/'), repeatable: true });
  expect(response.status).toBe(200);
  expect(response.headers).not.toHaveProperty('link');
});

test('HEAD has headers and no body', async () => {
  const server = await FaultServer.start();
  server.on('HEAD /v1/keys', (response) => void response.writeHead(200, { 'content-length': '999' }).end());
  const { client } = clientOf(server.origin);
  const response = await client.send({ method: 'HEAD', url: server.url('/v1/keys'), repeatable: true });
  expect(response).toMatchObject({ status: 200, text: '' });
});

test('a web page in place of JSON is an error that names its type, but repeats neither the query nor the body', async () => {
  const server = await FaultServer.start();
  server.on('GET /v1/keys', html(200));
  const { client } = clientOf(server.origin);
  const url = server.url('/v1/keys?token=query-EXAMPLE');
  const response = await client.send({ method: 'GET', url, repeatable: true });
  const failure = await failureOf((async () => response.json())());
  expect(failure).toMatchObject({ exit: 'network', code: 'not_json', httpStatus: 200 });
  expect(failure.message).toBe('GET /v1/keys answered 200 with text/html that is not valid JSON');
});

test('truncated JSON is an error that does not repeat its secret', async () => {
  const server = await FaultServer.start();
  server.on('GET /v1/keys/7', text(200, '{"secret":"one-EXAMPLE', { 'content-type': 'application/json' }));
  const { client } = clientOf(server.origin);
  const response = await client.send({ method: 'GET', url: server.url('/v1/keys/7'), repeatable: true });
  const failure = await failureOf((async () => response.json())());
  expect(failure.message).toBe('GET /v1/keys/7 answered 200 with application/json that is not valid JSON');
  expect(failure.cause).toBeUndefined();
});

test.each([
  ['', {}, 'an empty body instead of JSON'],
  ['x', {}, 'a body of unknown type that is not valid JSON'],
  ['x', { 'content-type': 'one-EXAMPLE' }, 'a body of unknown type that is not valid JSON'],
  [
    'x',
    { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    'application/json, compressed without being asked to, that is not valid JSON',
  ],
])('the body %j with the headers %j is described', async (body, headers, description) => {
  const server = await FaultServer.start();
  server.on('GET /', text(200, body, headers));
  const { client } = clientOf(server.origin);
  const response = await client.send({ method: 'GET', url: server.url('/'), repeatable: true });
  const failure = await failureOf((async () => response.json())());
  expect(failure.message).toBe(`GET / answered 200 with ${description}`);
});

test('a read is retried if the body is shorter than announced', async () => {
  const server = await FaultServer.start();
  server.on('GET /v1/keys', truncated(200, '{"keys":[]}'), json(200, { keys: [] }));
  const { client, pauses } = clientOf(server.origin);
  const response = await client.send({ method: 'GET', url: server.url('/v1/keys'), repeatable: true });
  expect(response.json()).toEqual({ keys: [] });
  expect(pauses).toHaveLength(1);
});

test('a short secret hides nothing in the headers that lead to the next page', async () => {
  const server = await FaultServer.start();
  const link = '</v1/keys?page=2>; rel="next"';
  server.on('GET /v1/keys', json(200, {}, { link, 'x-request-id': 'n-1' }));
  const { client } = clientOf(server.origin);
  const { headers } = await client.send({
    method: 'GET',
    url: server.url('/v1/keys'),
    headers: { 'x-pin': new Secret('n') },
    repeatable: true,
  });
  expect(headers).toMatchObject({ link, 'content-type': 'application/json', 'x-request-id': '****-1' });
});
