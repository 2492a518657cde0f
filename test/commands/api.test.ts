import { expect, test } from 'vitest';
import { FaultServer, json } from '../support/fault-server.ts';
import { Sandbox } from '../support/sandbox.ts';
import { ports, Transcript } from '../support/transcript.ts';

const envOf = (url: string) => ({ KEYS_PROVIDER: 'unreal', KEYS_URL: url, KEYS_TOKEN: 'tok-EXAMPLE' });

test('api calls any path with the session token, and prints the answer unchanged', async () => {
  const [box, server] = [new Sandbox(), await FaultServer.start()];
  server.on('POST /v1/anything?x=1', json(201, { ok: true }));
  const run = await box.keys(['api', 'post', '/v1/anything?x=1'], {
    env: envOf(server.origin),
    stdin: '{"a": [1]}',
  });
  expect(run).toEqual({ exit: 0, stdout: '{"ok":true}', stderr: '' });
  expect(String(server.received[0]?.body)).toBe('{"a":[1]}');
  expect(server.received[0]?.headers.authorization).toBe('Bearer tok-EXAMPLE');
});

test('a failure is printed too, and has its exit code', async () => {
  const [box, server] = [new Sandbox(), await FaultServer.start()];
  server.on('GET /v1/nothing', json(404, { message: 'nothing here' }));
  const options = { env: envOf(server.origin) };
  const shows = new Transcript(box, [ports]);
  expect(await shows.keys(['api', 'GET', '/v1/nothing'], options)).toMatchInlineSnapshot(`
    "$ keys api GET /v1/nothing
    exit 3
    --- stdout
    {"message":"nothing here"}
    (no newline)
    --- stderr
    error: the API has nothing at this address: nothing here
    hint: check the path, which is relative to http://127.0.0.1:[port 1]/
    "
  `);
});

test('refuses an invalid method, and a body that is not JSON', async () => {
  const [box, server] = [new Sandbox(), await FaultServer.start()];
  const env = envOf(server.origin);
  const shows = new Transcript(box, []);
  expect(await shows.keys(['api', 'FETCH', '/'], { env })).toMatchInlineSnapshot(`
    "$ keys api FETCH /
    exit 2
    --- stderr
    error: 'FETCH' is not one of GET, HEAD, POST, PUT, PATCH, DELETE
    hint: keys help api
    "
  `);
  expect(await shows.keys(['api', 'POST', '/'], { env, stdin: 'not json' })).toMatchInlineSnapshot(`
    "$ keys api POST /
    exit 2
    --- stderr
    error: the body on stdin is not valid JSON: unexpected token 'o'
    "
  `);
});
