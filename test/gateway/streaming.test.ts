import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { json } from '../support/fault-server.ts';
import { runs } from '../support/runs.ts';
import { event, eventsOf, HeldAnswer, ScriptedUpstream, usage, words } from '../support/scripted-upstream.ts';
import { callerKey, UpstreamFront } from '../support/upstream-front.ts';

const target = '/v1/chat/completions';
const call = { model: 'gpt-4', messages: [{ role: 'user', content: 'hi' }] };
const metered = { tokens: usage.total_tokens, costUsd: usage.cost, model: 'gpt-4' };

async function started() {
  const scripted = await ScriptedUpstream.start();
  return { scripted, front: await UpstreamFront.start(scripted) };
}

/** The next bytes to arrive, as text. */
async function next(reply: IncomingMessage): Promise<string> {
  const arrived = once(reply, 'data');
  reply.resume();
  const [chunk] = (await arrived) as [Buffer];
  reply.pause();
  return chunk.toString();
}

test('a call and its response are forwarded unchanged', async () => {
  const { scripted, front } = await started();
  const reply = await front.post(`${target}?beta=true`, call, { 'x-custom': 'a' });
  expect(reply.status).toBe(200);
  expect(reply.headers).toMatchObject({ 'content-type': 'application/json', 'x-upstream-status': '200' });
  expect(JSON.parse(reply.body).choices[0].message.content).toBe(words.join(''));
  expect(scripted.last).toMatchObject({
    method: 'POST',
    path: `${target}?beta=true`,
    headers: { 'x-custom': 'a' },
  });
  expect(JSON.parse(scripted.last.body.toString())).toEqual(call);
  expect(await front.lastResult).toEqual({ status: 200, upstreamStatus: 200, usage: metered });
});

test('models are listed without usage', async () => {
  const { front } = await started();
  const reply = await front.call('/v1/models');
  expect(JSON.parse(reply.body).data).toHaveLength(2);
  expect(await front.lastResult).toEqual({ status: 200, upstreamStatus: 200 });
});

test('a caller that streams cannot turn off the usage, and also gets its event', async () => {
  const { scripted, front } = await started();
  const reply = await front.post(target, { ...call, stream: true, stream_options: { include_usage: false } });
  expect(reply.body).toBe(eventsOf({ model: 'gpt-4', stream_options: { include_usage: true } }).join(''));
  expect(JSON.parse(scripted.last.body.toString())).toMatchObject({
    stream_options: { include_usage: true },
  });
  expect(await front.lastResult).toEqual({ status: 200, upstreamStatus: 200, usage: metered });
});

test('headers and every piece arrive before the upstream sends the next one', async () => {
  const { scripted, front } = await started();
  const held = new HeldAnswer({ 'content-type': 'text/event-stream', 'x-request-id': 'req-1' });
  scripted.next(held.answer);
  const reply = await front.open(target, { method: 'POST', body: JSON.stringify({ ...call, stream: true }) });
  expect(reply.headers).toMatchObject({ 'content-type': 'text/event-stream', 'x-request-id': 'req-1' });
  for (const piece of ['data: {"a":', '1}\n\n', 'data: [DONE]\n\n']) {
    const arrived = next(reply);
    await held.send(piece);
    expect(await arrived).toBe(piece);
  }
  const ended = once(reply.resume(), 'end');
  await held.end();
  await ended;
});

test('a stream arrives byte for byte, and is metered, however it is split', async () => {
  const { scripted, front } = await started();
  const stream = Buffer.from(eventsOf({ model: 'gpt-4', stream_options: { include_usage: true } }).join(''));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(stream.length), { maxLength: 8 }), async (cuts) => {
      const edges = [0, ...cuts.sort((one, other) => one - other), stream.length];
      scripted.next(async (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        for (const [at, edge] of edges.slice(1).entries()) {
          response.write(stream.subarray(edges[at], edge));
          await new Promise((done) => setImmediate(done));
        }
        response.end();
      });
      const reply = await front.post(target, { ...call, stream: true });
      expect(reply.body).toBe(stream.toString());
      expect((await front.lastResult).usage).toEqual(metered);
    }),
    runs(30),
  );
});

test('any body is forwarded unchanged', async () => {
  const { scripted, front } = await started();
  const body = Buffer.from([0, 1, 2, 0xff, 0xfe, 0x0d, 0x0a]);
  scripted.next(json(201, {}, { location: '/v1/files/1' }));
  const reply = await front.post('/v1/files', body, { 'content-type': 'application/octet-stream' });
  expect(reply).toMatchObject({ status: 201, headers: { location: '/v1/files/1' } });
  expect(scripted.last.body).toEqual(body);
  expect(scripted.last.headers['content-length']).toBe('7');
});

test.each(['DELETE', 'PUT', 'PATCH', 'OPTIONS', 'GET'])(
  '%s keeps its method and its body',
  async (method) => {
    const { scripted, front } = await started();
    scripted.next(json(200, { deleted: true }));
    await front.call('/v1/files/1', { method, headers: { 'transfer-encoding': 'chunked' }, body: '{"a":1}' });
    expect(scripted.last).toMatchObject({ method, path: '/v1/files/1' });
    expect(scripted.last.body.toString()).toBe('{"a":1}');
  },
);

test('HEAD gets the length without a body', async () => {
  const { scripted, front } = await started();
  scripted.next(json(200, {}, { 'content-length': '1000' }));
  const reply = await front.call('/v1/models', { method: 'HEAD' });
  expect(reply).toMatchObject({ status: 200, body: '', headers: { 'content-length': '1000' } });
  expect(await front.lastResult).toEqual({ status: 200, upstreamStatus: 200 });
});

test.each([204, 304])('%i ends without a body', async (status) => {
  const { scripted, front } = await started();
  scripted.next((response) => void response.writeHead(status, { etag: '"x"' }).end());
  const reply = await front.call('/v1/models', { headers: { 'if-none-match': '"x"' } });
  expect(reply).toMatchObject({ status, body: '', headers: { etag: '"x"' } });
  expect(scripted.last.headers['if-none-match']).toBe('"x"');
});

test('interim responses are not the response', async () => {
  const { scripted, front } = await started();
  scripted.next((response) => {
    response.writeEarlyHints({ link: '</x>; rel=preload' });
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  expect(await front.call('/v1/models')).toMatchObject({ status: 200, body: '{}' });
});

test('a response keeps its length; without one it is sent in chunks', async () => {
  const { scripted, front } = await started();
  scripted.next(json(200, {}, { 'content-length': '2' }));
  const known = await front.call('/v1/models');
  expect(known.headers).toMatchObject({ 'content-length': '2' });
  expect(known.headers['transfer-encoding']).toBeUndefined();
  scripted.next((response) => {
    response.writeHead(200).flushHeaders();
    response.end('{}');
  });
  const unknown = await front.call('/v1/models');
  expect(unknown.headers).toMatchObject({ 'transfer-encoding': 'chunked' });
});

test('headers set by the authority take precedence', async () => {
  const { scripted, front } = await started();
  front.before = (response) => void response.setHeader('X-RateLimit-Limit', '60').setHeader('x-key-id', 'k1');
  scripted.next(json(200, {}, { 'x-ratelimit-limit': '9000', 'x-ratelimit-reset': '5' }));
  const reply = await front.call('/v1/models');
  expect(reply.headers).toMatchObject({
    'x-ratelimit-limit': '60',
    'x-key-id': 'k1',
    'x-ratelimit-reset': '5',
  });
});

test('a caller that speaks HTTP/1.0 gets the stream too', async () => {
  const { scripted, front } = await started();
  scripted.next((response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(event('one'));
    response.end(event('two'));
  });
  const socket = connect(Number(new URL(front.origin).port), '127.0.0.1');
  socket.write(`GET /v1/x HTTP/1.0\r\nAuthorization: Bearer ${callerKey}\r\n\r\n`);
  let text = '';
  for await (const chunk of socket) text += chunk;
  expect(text.split('\r\n\r\n')[1]).toBe(event('one') + event('two'));
});

test('the model in the response is used only if the request names none', async () => {
  const { scripted, front } = await started();
  const answer = json(200, { model: 'gpt-4-0613', usage: { total_tokens: 3 } });
  scripted.next(answer, answer);
  await front.post('/v1/responses', { model: 'gpt-4' });
  expect((await front.lastResult).usage).toEqual({ tokens: 3, model: 'gpt-4' });
  await front.post('/v1/responses', {});
  expect((await front.lastResult).usage).toEqual({ tokens: 3, model: 'gpt-4-0613' });
});
