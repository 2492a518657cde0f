import { readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { json, text } from '../support/fault-server.ts';
import { program, Sandbox } from '../support/sandbox.ts';
import { event, ScriptedUpstream, upstreamKey } from '../support/scripted-upstream.ts';
import { startServe } from '../support/serving.ts';
import { socketDrain } from '../support/socket-drain.ts';

/* Attacks on `keys serve --upstream` by callers with and without a key, and by an upstream. */

const megabyte = 1024 * 1024;

async function start(serveFlags: string[] = [], nodeFlags: string[] = []) {
  const box = new Sandbox();
  const upstream = await ScriptedUpstream.start();
  writeFileSync(join(box.cwd, '.env'), `UPSTREAM_KEY=${upstreamKey}\n`, { mode: 0o600 });
  box.expectSecretIn('.env');
  const flags = ['--upstream', upstream.url.href, '--upstream-key', 'env:.env#UPSTREAM_KEY', ...serveFlags];
  const server = await startServe(box, flags, { command: [process.execPath, ...nodeFlags, program] });
  const create = async (...args: string[]) =>
    (await box.keys(['create', 'ci', '--secret-only', ...args], { secretOnStdout: true })).stdout.trim();
  return { box, upstream, server, create };
}

interface Call {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

/** Sends a path unchanged. Returns the status, 0 if the connection ended before a response, and the body. */
async function send(url: string, path: string, { method = 'POST', headers = {}, body }: Call = {}) {
  const calling = request(url, { method, path, headers });
  const replied = new Promise<IncomingMessage | undefined>((done) =>
    calling.once('response', done).once('error', () => done(undefined)),
  );
  calling.end(body);
  const reply = await replied;
  let content = '';
  try {
    for await (const chunk of reply ?? []) content += chunk;
  } catch {
    return { status: 0, content };
  }
  return { status: reply?.statusCode ?? 0, content };
}

function codeIn(content: string): string {
  return /"code":"(\w+)"/.exec(content)?.[1] ?? '-';
}

function residentMegabytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

test('a key limited to one model reaches no other', async () => {
  const { upstream, server, create } = await start();
  const authorization = `Bearer ${await create('--models', 'gpt-4o')}`;
  const type = 'application/json';
  const chat = '/v1/chat/completions';
  const base = { model: 'gpt-4o', messages: [] };
  const json = (body: object | string, headers = {}): Call => ({
    headers: { authorization, 'content-type': type, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const form = (fields: [string, string][]) =>
    json(
      `${fields.map(([name, value]) => `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`).join('')}--x--\r\n`,
      { 'content-type': 'multipart/form-data; boundary=x' },
    );
  const attacks: [string, Call][] = [
    [chat, json({ ...base, model: 'gold' })],
    [chat, json({ ...base, models: ['gold'] })],
    [chat, json({ ...base, fallbacks: ['gold'] })],
    [chat, json({ ...base, fallbacks: [{ model: 'gold' }] })],
    [chat, json({ ...base, session: { model: 'gold' } })],
    [chat, json({ ...base, tools: [{ type: 'image_generation', model: 'gold' }] })],
    [chat, json({ ...base, extra_body: { deep: [{ Engine: 'gold' }] } })],
    [chat, json('{"model":"gpt-4o","model":"gold"}')],
    [chat, json('{"model":"gold","model":"gpt-4o"}')],
    [chat, json('{"model":"gpt-4o","MODEL":"gold"}')],
    [chat, json('{"model":"gpt-4o","mod\\u0065l":"gold"}')],
    [chat, json('{"model":"gpt-4o","model\\u0000":"gold"}')],
    [chat, json('{"model":["gold"]}')],
    [chat, json('model=gold', { 'content-type': 'application/x-www-form-urlencoded' })],
    [chat, json({ ...base, model: 'gold' }, { 'content-type': 'text/plain' })],
    [chat, json({ ...base, model: 'gold' }, { 'content-type': 'application/json; charset=utf-7' })],
    [chat, json(base, { 'content-encoding': 'gzip' })],
    ['/v1/engines/gold/completions', json(base)],
    ['/v1/engines/gold/chat/completions', json({ messages: [] })],
    ['/v1/%65ngines/gold/completions', json(base)],
    ['/v1/openai/deployments/gold/chat/completions', json(base)],
    ['/v1/realtime/sessions', json({ session: { model: 'gold' } })],
    ['/v1/batches', json({ ...base, endpoint: 'gold' })],
    [`${chat}?model=gold`, json(base)],
    [`${chat}?Model=gold`, json(base)],
    [`${chat}?model[]=gold`, json(base)],
    [`${chat}?model%5B%5D=gold`, json(base)],
    [`${chat}?mod%65l=gold`, json(base)],
    [`${chat}?x=1;model=gold`, json(base)],
    [`${chat}?engine=gold`, json(base)],
    ['/v1/models/gold', { ...json(''), method: 'GET' }],
    ['/v1/models/g%6fld', { ...json(''), method: 'GET' }],
    ['/v1/audio/transcriptions', form([['model', 'gold']])],
    [
      '/v1/audio/transcriptions',
      form([
        ['model', 'gpt-4o'],
        ['model', 'gold'],
      ]),
    ],
    [
      '/v1/audio/transcriptions',
      form([
        ['model', 'gpt-4o'],
        ['Model', 'gold'],
      ]),
    ],
    [
      '/v1/audio/transcriptions',
      form([
        ['model', 'gpt-4o'],
        ['models[]', 'gold'],
      ]),
    ],
  ];
  const lines: string[] = [];
  for (const [path, call] of attacks) {
    const { status, content } = await send(server.url, path, call);
    lines.push(`${status} ${codeIn(content)}  ${path}  ${String(call.body).replaceAll('\r\n', '⏎')}`);
  }
  expect(lines.join('\n')).toMatchInlineSnapshot(`
    "403 MODEL_NOT_ALLOWED  /v1/chat/completions  {"model":"gold","messages":[]}
    403 MODEL_NOT_ALLOWED  /v1/chat/completions  {"model":"gpt-4o","messages":[],"models":["gold"]}
    403 MODEL_NOT_ALLOWED  /v1/chat/completions  {"model":"gpt-4o","messages":[],"fallbacks":["gold"]}
    403 MODEL_NOT_ALLOWED  /v1/chat/completions  {"model":"gpt-4o","messages":[],"fallbacks":[{"model":"gold"}]}
    403 MODEL_NOT_ALLOWED  /v1/chat/completions  {"model":"gpt-4o","messages":[],"session":{"model":"gold"}}
    403 MODEL_NOT_ALLOWED  /v1/chat/completions  {"model":"gpt-4o","messages":[],"tools":[{"type":"image_generation","model":"gold"}]}
    403 MODEL_NOT_ALLOWED  /v1/chat/completions  {"model":"gpt-4o","messages":[],"extra_body":{"deep":[{"Engine":"gold"}]}}
    400 MODEL_AMBIGUOUS  /v1/chat/completions  {"model":"gpt-4o","model":"gold"}
    400 MODEL_AMBIGUOUS  /v1/chat/completions  {"model":"gold","model":"gpt-4o"}
    400 MODEL_AMBIGUOUS  /v1/chat/completions  {"model":"gpt-4o","MODEL":"gold"}
    400 MODEL_AMBIGUOUS  /v1/chat/completions  {"model":"gpt-4o","mod\\u0065l":"gold"}
    400 MODEL_AMBIGUOUS  /v1/chat/completions  {"model":"gpt-4o","model\\u0000":"gold"}
    400 MODEL_AMBIGUOUS  /v1/chat/completions  {"model":["gold"]}
    415 UNSUPPORTED_MEDIA_TYPE  /v1/chat/completions  model=gold
    415 UNSUPPORTED_MEDIA_TYPE  /v1/chat/completions  {"model":"gold","messages":[]}
    415 UNSUPPORTED_MEDIA_TYPE  /v1/chat/completions  {"model":"gold","messages":[]}
    415 UNSUPPORTED_MEDIA_TYPE  /v1/chat/completions  {"model":"gpt-4o","messages":[]}
    403 ENDPOINT_NOT_ALLOWED  /v1/engines/gold/completions  {"model":"gpt-4o","messages":[]}
    403 ENDPOINT_NOT_ALLOWED  /v1/engines/gold/chat/completions  {"messages":[]}
    403 ENDPOINT_NOT_ALLOWED  /v1/%65ngines/gold/completions  {"model":"gpt-4o","messages":[]}
    403 ENDPOINT_NOT_ALLOWED  /v1/openai/deployments/gold/chat/completions  {"model":"gpt-4o","messages":[]}
    403 ENDPOINT_NOT_ALLOWED  /v1/realtime/sessions  {"session":{"model":"gold"}}
    403 ENDPOINT_NOT_ALLOWED  /v1/batches  {"model":"gpt-4o","messages":[],"endpoint":"gold"}
    403 MODEL_NOT_ALLOWED  /v1/chat/completions?model=gold  {"model":"gpt-4o","messages":[]}
    403 MODEL_NOT_ALLOWED  /v1/chat/completions?Model=gold  {"model":"gpt-4o","messages":[]}
    403 MODEL_NOT_ALLOWED  /v1/chat/completions?model[]=gold  {"model":"gpt-4o","messages":[]}
    403 MODEL_NOT_ALLOWED  /v1/chat/completions?model%5B%5D=gold  {"model":"gpt-4o","messages":[]}
    403 MODEL_NOT_ALLOWED  /v1/chat/completions?mod%65l=gold  {"model":"gpt-4o","messages":[]}
    400 MODEL_AMBIGUOUS  /v1/chat/completions?x=1;model=gold  {"model":"gpt-4o","messages":[]}
    403 MODEL_NOT_ALLOWED  /v1/chat/completions?engine=gold  {"model":"gpt-4o","messages":[]}
    403 MODEL_NOT_ALLOWED  /v1/models/gold  
    403 MODEL_NOT_ALLOWED  /v1/models/g%6fld  
    403 MODEL_NOT_ALLOWED  /v1/audio/transcriptions  --x⏎Content-Disposition: form-data; name="model"⏎⏎gold⏎--x--⏎
    400 MODEL_AMBIGUOUS  /v1/audio/transcriptions  --x⏎Content-Disposition: form-data; name="model"⏎⏎gpt-4o⏎--x⏎Content-Disposition: form-data; name="model"⏎⏎gold⏎--x--⏎
    400 MODEL_AMBIGUOUS  /v1/audio/transcriptions  --x⏎Content-Disposition: form-data; name="model"⏎⏎gpt-4o⏎--x⏎Content-Disposition: form-data; name="Model"⏎⏎gold⏎--x--⏎
    403 MODEL_NOT_ALLOWED  /v1/audio/transcriptions  --x⏎Content-Disposition: form-data; name="model"⏎⏎gpt-4o⏎--x⏎Content-Disposition: form-data; name="models[]"⏎⏎gold⏎--x--⏎"
  `);
  expect(upstream.received).toEqual([]);

  // A legitimate call is forwarded without the headers that could choose a model.
  const legitimate = json(
    { ...base, stream: false },
    { 'x-model-id': 'gold', 'azureml-model-deployment': 'gold' },
  );
  expect((await send(server.url, chat, legitimate)).status).toBe(200);
  expect(JSON.parse(upstream.last.body.toString())).toEqual({ ...base, stream: false });
  expect(JSON.stringify(upstream.last)).not.toContain('gold');
});

test('bodies of 32 MB without a key cost the server nothing', async () => {
  const { server, upstream, create } = await start([], ['--max-old-space-size=128']);
  const before = residentMegabytes(server.pid);
  const members = Buffer.from(`{${Array.from({ length: 1_500_000 }, (_, at) => `"${at}":1`).join()}}`);
  const bodies: [string, Buffer][] = [
    ['application/x-www-form-urlencoded', Buffer.alloc(32 * megabyte, 'a&')],
    ['application/json', members],
    ['application/json', Buffer.alloc(32 * megabyte, '[')],
    ['multipart/form-data; boundary=x', Buffer.alloc(32 * megabyte, '--x\r\n')],
  ];
  for (const headers of [{}, { authorization: 'Bearer sk-unknown-EXAMPLE' }]) {
    const answers = await Promise.all(
      bodies.map(([type, body]) =>
        send(server.url, '/v1/chat/completions', { headers: { ...headers, 'content-type': type }, body }),
      ),
    );
    // A caller that does not read while it sends can miss the response, which the server has sent.
    expect(answers.every(({ status }) => status === 401 || status === 0)).toBe(true);
  }
  expect(residentMegabytes(server.pid) - before).toBeLessThan(150);
  const refusals = () => server.log().filter((line) => /"status":401/.test(line)).length;
  await expect.poll(refusals, { timeout: 10_000 }).toBe(8);
  expect(upstream.received).toEqual([]);
  const headers = { authorization: `Bearer ${await create()}` };
  expect((await send(server.url, '/v1/authorize', { headers })).status).toBe(200);
});

test('with a key, large bodies are bounded and slow ones refused', async () => {
  const { server, create } = await start([], ['--max-old-space-size=512']);
  const headers = { authorization: `Bearer ${await create()}`, 'content-type': 'application/json' };
  const many = Buffer.from(`{${Array.from({ length: 2_000_000 }, (_, at) => `"${at}":1`).join()}}`);
  for (const body of [many, Buffer.alloc(16 * megabyte, '['), `{"model":${'['.repeat(100_000)}`]) {
    const { status, content } = await send(server.url, '/v1/chat/completions', { headers, body });
    expect([status, codeIn(content)]).toEqual([400, 'INVALID_REQUEST']);
  }
  // Bodies that never end are kept until there is no memory left for another one.
  const port = Number(new URL(server.url).port);
  const piece = Buffer.alloc(megabyte, 'x');
  const answers = await Promise.all(
    Array.from({ length: 6 }, async () => {
      const socket = connect(port, '127.0.0.1').on('error', () => {});
      onTestFinished(() => void socket.destroy());
      let content = '';
      socket.on('data', (chunk) => {
        content += chunk;
      });
      socket.write(
        `POST /v1/x HTTP/1.1\r\nhost: localhost\r\nauthorization: ${headers.authorization}\r\ncontent-length: ${32 * megabyte}\r\n\r\n`,
      );
      for (let sent = 0; sent < 30 && content === '' && !socket.destroyed; sent++) {
        if (!socket.write(piece)) await socketDrain(socket);
      }
      return () => content;
    }),
  );
  await expect
    .poll(() => answers.filter((content) => content().includes('SERVER_BUSY')).length)
    .toBeGreaterThan(0);
  const later = await send(server.url, '/v1/authorize', { method: 'GET', headers });
  expect(later.status).toBe(200);
  expect(residentMegabytes(server.pid)).toBeLessThan(900);
});

test("the upstream's key never reaches the caller, nor the caller's key the upstream", async () => {
  const { server, upstream, create, box } = await start();
  const key = await create();
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const echo = { headers: { authorization: `Bearer ${upstreamKey}` } };
  const stream = { 'content-type': 'text/event-stream' };
  const answers = [
    json(200, echo),
    json(200, {}, { 'x-echo': upstreamKey, [`x-${upstreamKey}`]: '1' }),
    text(200, event(echo) + event('[DONE]'), stream),
    text(200, Buffer.from(JSON.stringify(echo)).toString('base64')),
    json(400, { echo: Buffer.from(upstreamKey).toString('base64') }),
    json(404, { echo: encodeURIComponent(upstreamKey.replaceAll('-', '%2d')) }),
    json(422, { echo: Buffer.from(upstreamKey).toString('hex') }),
  ];
  upstream.next(...answers);
  const forms = [upstreamKey, Buffer.from(upstreamKey).toString('base64').slice(0, 20), '%2d'];
  for (const _ of answers) {
    const reply = await fetch(`${server.url}/v1/x`, { method: 'POST', headers, body: '{}' });
    const content = JSON.stringify([...reply.headers]) + (await reply.text().catch(() => ''));
    for (const form of [...forms, Buffer.from(upstreamKey).toString('hex')])
      expect(content).not.toContain(form);
  }
  const before = upstream.received.length;
  const warnings = () => server.log().filter((line) => line.includes('"code":"KEY_IN_ANSWER"')).length;
  await expect.poll(warnings).toBe(3);

  const id = key.slice(3, 19);
  const shown = { authorization: `Bearer ${id}:${key}`, 'content-type': 'application/json' };
  const calls: [string, Call][] = [
    [`/v1/x?key=${key}`, { headers: shown, body: '{}' }],
    [`/v1/files/${key}`, { headers: shown, body: '{}' }],
    ['/v1/x', { headers: { ...shown, 'x-goog-api-key': key }, body: '{}' }],
    ['/v1/x', { headers: shown, body: JSON.stringify({ key }) }],
    ['/v1/x', { headers: shown, body: JSON.stringify({ key: Buffer.from(key).toString('base64') }) }],
    ['/v1/x', { headers: shown, body: JSON.stringify({ key }).replaceAll('_', '\\u005f') }],
    ['/v1/x', { headers: shown, body: `key=${key.replaceAll('_', '%5f')}` }],
  ];
  for (const [path, call] of calls) expect((await send(server.url, path, call)).status).toBe(400);
  expect(upstream.received).toHaveLength(before);
  expect(
    (await send(server.url, '/v1/models', { method: 'GET', headers: { ...shown, cookie: key } })).status,
  ).toBe(200);
  expect(JSON.stringify(upstream.last)).not.toContain(key);
  expect(await server.stop()).toBe(0);
  const { stdout } = await box.program(['logs', '--json']);
  expect(stdout).not.toContain(key);
});

test('an ambiguous path is not forwarded', async () => {
  const { server, upstream, create } = await start();
  const headers = { authorization: `Bearer ${await create('--permission', 'read,write')}` };
  const paths = [
    '/v1/../admin',
    '/v1/%2e%2e/admin',
    '/v1/..%20/admin',
    '/v1/..%09/x',
    '/v1/%2e%2e%00/x',
    '/v1/..%00',
    '/v1/..%c0%af../x',
    '/v1/%c0%ae%c0%ae/x',
    '/v1/%252e%252e/x',
    '/v1/x%252fy',
    '/v1/x;/../y',
    '/v1/..;/x',
    '/v1/a\\..\\b',
    '/v1/a%5c..%5cb',
    '/v1//x',
    '/v1/./x',
    '/v1/x/..',
    '/v1/x%2f..%2fy',
    '/v1/%ff',
    '/v1/%e2%80%a5/x',
  ];
  const lines: string[] = [];
  for (const path of paths) {
    const statuses: string[] = [];
    for (const method of ['GET', 'POST', 'DELETE']) {
      const { status, content } = await send(server.url, path, { method, headers });
      statuses.push(`${method} ${status} ${codeIn(content)}`);
    }
    lines.push(`${path}  ${statuses.join(', ')}`);
  }
  expect(lines.join('\n')).toMatchInlineSnapshot(`
    "/v1/../admin  GET 400 INVALID_REQUEST, POST 400 INVALID_REQUEST, DELETE 400 INVALID_REQUEST
    /v1/%2e%2e/admin  GET 400 INVALID_REQUEST, POST 400 INVALID_REQUEST, DELETE 400 INVALID_REQUEST
    /v1/..%20/admin  GET 400 INVALID_REQUEST, POST 400 INVALID_REQUEST, DELETE 400 INVALID_REQUEST
    /v1/..%09/x  GET 400 INVALID_REQUEST, POST 400 INVALID_REQUEST, DELETE 400 INVALID_REQUEST
    /v1/%2e%2e%00/x  GET 400 INVALID_REQUEST, POST 400 INVALID_REQUEST, DELETE 400 INVALID_REQUEST
    /v1/..%00  GET 400 INVALID_REQUEST, POST 400 INVALID_REQUEST, DELETE 400 INVALID_REQUEST
    /v1/..%c0%af../x  GET 400 BAD_REQUEST, POST 400 BAD_REQUEST, DELETE 400 BAD_REQUEST
    /v1/%c0%ae%c0%ae/x  GET 400 BAD_REQUEST, POST 400 BAD_REQUEST, DELETE 400 BAD_REQUEST
    /v1/%252e%252e/x  GET 400 INVALID_REQUEST, POST 400 INVALID_REQUEST, DELETE 400 INVALID_REQUEST
    /v1/x%252fy  GET 400 INVALID_REQUEST, POST 400 INVALID_REQUEST, DELETE 400 INVALID_REQUEST
    /v1/x;/../y  GET 400 INVALID_REQUEST, POST 400 INVALID_REQUEST, DELETE 400 INVALID_REQUEST
    /v1/..;/x  GET 400 INVALID_REQUEST, POST 400 INVALID_REQUEST, DELETE 400 INVALID_REQUEST
    /v1/a\\..\\b  GET 400 INVALID_REQUEST, POST 400 INVALID_REQUEST, DELETE 400 INVALID_REQUEST
    /v1/a%5c..%5cb  GET 400 INVALID_REQUEST, POST 400 INVALID_REQUEST, DELETE 400 INVALID_REQUEST
    /v1//x  GET 400 INVALID_REQUEST, POST 400 INVALID_REQUEST, DELETE 400 INVALID_REQUEST
    /v1/./x  GET 400 INVALID_REQUEST, POST 400 INVALID_REQUEST, DELETE 400 INVALID_REQUEST
    /v1/x/..  GET 400 INVALID_REQUEST, POST 400 INVALID_REQUEST, DELETE 400 INVALID_REQUEST
    /v1/x%2f..%2fy  GET 400 INVALID_REQUEST, POST 400 INVALID_REQUEST, DELETE 400 INVALID_REQUEST
    /v1/%ff  GET 400 BAD_REQUEST, POST 400 BAD_REQUEST, DELETE 400 BAD_REQUEST
    /v1/%e2%80%a5/x  GET 400 INVALID_REQUEST, POST 400 INVALID_REQUEST, DELETE 400 INVALID_REQUEST"
  `);
  expect(upstream.received).toEqual([]);
});
