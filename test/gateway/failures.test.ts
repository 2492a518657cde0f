import { once } from 'node:events';
import { request } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { KeysError } from '../../src/base/errors.ts';
import { Secret } from '../../src/base/secret.ts';
import type { Answer } from '../support/fault-server.ts';
import { hugeHeaders, json, notHttp, resetBeforeReply, silence, text } from '../support/fault-server.ts';
import { LoopbackProxy } from '../support/loopback-proxy.ts';
import { HeldAnswer, ScriptedUpstream } from '../support/scripted-upstream.ts';
import { UpstreamFront } from '../support/upstream-front.ts';

async function started(options = {}) {
  const scripted = await ScriptedUpstream.start();
  return { scripted, front: await UpstreamFront.start(scripted, options) };
}

function envelope(code: string, details: object = {}) {
  return { success: false, error: { code, message: expect.any(String), details } };
}

describe('a response that is not forwarded', () => {
  test.each<[number, number, string]>([
    [401, 502, 'UPSTREAM_REFUSED'],
    [402, 502, 'UPSTREAM_REFUSED'],
    [403, 502, 'UPSTREAM_REFUSED'],
    [407, 502, 'UPSTREAM_REFUSED'],
    [429, 503, 'UPSTREAM_BUSY'],
    [500, 502, 'UPSTREAM_FAILED'],
    [502, 502, 'UPSTREAM_FAILED'],
    [503, 502, 'UPSTREAM_FAILED'],
    [599, 502, 'UPSTREAM_FAILED'],
    [300, 502, 'UPSTREAM_FAILED'],
    [301, 502, 'UPSTREAM_FAILED'],
    [307, 502, 'UPSTREAM_FAILED'],
  ])(
    '%i becomes %i %s after one attempt, and only its status is revealed',
    async (upstreamStatus, status, code) => {
      const { scripted, front } = await started();
      const headers = { location: `${scripted.url}/elsewhere`, 'x-inner': 'inner', 'set-cookie': 'a=b' };
      scripted.next(json(upstreamStatus, { error: 'inner trouble with sk-upstream-EXAMPLE' }, headers));
      const reply = await front.post('/v1/responses', { model: 'gpt-4' });
      expect(reply.status).toBe(status);
      expect(reply.headers['content-type']).toBe('application/json');
      expect(JSON.parse(reply.body)).toEqual(envelope(code, { upstream_status: upstreamStatus }));
      expect(JSON.stringify(reply)).not.toContain('inner');
      expect(reply.headers.location ?? reply.headers['x-upstream-status']).toBeUndefined();
      expect(await front.lastResult).toEqual({ status, code, upstreamStatus });
      expect(scripted.received).toHaveLength(1);
    },
  );

  test.each(['30', 'Fri, 20 Nov 2026 12:00:00 GMT'])('Retry-After %j is forwarded', async (value) => {
    const { scripted, front } = await started();
    scripted.next(json(429, {}, { 'retry-after': value }));
    expect((await front.call('/v1/models')).headers['retry-after']).toBe(value);
  });

  test.each(['soon', '-1', 'sk-upstream-EXAMPLE'])('Retry-After %j is not forwarded', async (value) => {
    const { scripted, front } = await started();
    scripted.next(json(429, {}, { 'retry-after': value }));
    expect((await front.call('/v1/models')).headers['retry-after']).toBeUndefined();
  });

  test('an endless error does not block the caller or the connection', async () => {
    const { scripted, front } = await started();
    const held = new HeldAnswer({}, 500);
    scripted.next(held.answer);
    expect((await front.call('/v1/models')).status).toBe(502);
    await held.closed();
  });
});

test.each([400, 404, 405, 408, 409, 413, 415, 422])('%i is forwarded unchanged', async (status) => {
  const { scripted, front } = await started();
  const error = {
    error: { message: 'no such model', type: 'invalid_request_error' },
    usage: { total_tokens: 3 },
  };
  scripted.next(json(status, error, { 'x-request-id': 'req-1', 'retry-after': '5' }));
  const reply = await front.post('/v1/chat/completions', { model: 'x' });
  expect(reply.status).toBe(status);
  expect(JSON.parse(reply.body)).toEqual(error);
  expect(reply.headers).toMatchObject({
    'content-type': 'application/json',
    'x-upstream-status': String(status),
    'x-request-id': 'req-1',
    'retry-after': '5',
    'content-length': String(JSON.stringify(error).length),
  });
  expect(await front.lastResult).toEqual({ status, upstreamStatus: status });
});

test.each<[string, Answer]>([
  ['longer than 1 MB', text(404, 'x'.repeat(1024 * 1024 + 1))],
  ['compressed', text(404, 'x', { 'content-encoding': 'gzip' })],
])('an error that is %s cannot be inspected, and is not forwarded', async (_, answer) => {
  const { scripted, front } = await started();
  scripted.next(answer);
  const reply = await front.call('/v1/models');
  expect(reply.status).toBe(502);
  expect(JSON.parse(reply.body)).toEqual(envelope('UPSTREAM_FAILED', { upstream_status: 404 }));
});

test('an error to HEAD has no body to inspect', async () => {
  const { scripted, front } = await started();
  scripted.next(text(404, '', { 'content-length': '1000' }));
  const reply = await front.call('/v1/models/x', { method: 'HEAD' });
  expect(reply).toMatchObject({ status: 404, headers: { 'content-length': '1000' } });
});

describe('a missing response', () => {
  test.each<[string, Answer, string]>([
    ['the connection ends', resetBeforeReply, 'UND_ERR_SOCKET'],
    ['it is not HTTP', notHttp, 'HTTPParserError'],
    ['the headers are too long', hugeHeaders, 'UND_ERR_HEADERS_OVERFLOW'],
  ])('%s: UPSTREAM_FAILED, without a retry', async (_, answer, reason) => {
    const { scripted, front } = await started();
    scripted.next(answer);
    const reply = await front.post('/v1/responses', {});
    expect(reply.status).toBe(502);
    expect(JSON.parse(reply.body)).toEqual(envelope('UPSTREAM_FAILED'));
    expect(await front.lastResult).toEqual({ status: 502, code: 'UPSTREAM_FAILED', reason });
    expect(scripted.received).toHaveLength(1);
  });

  test('silence: UPSTREAM_TIMEOUT, and the upstream sees its connection end', async () => {
    const { scripted, front } = await started({ timeouts: { idleMs: 60 } });
    const ended = new Promise((done) => {
      scripted.next((response, received) => {
        response.once('close', done);
        silence(response, received);
      });
    });
    const reply = await front.post('/v1/responses', {});
    expect(reply.status).toBe(504);
    expect(JSON.parse(reply.body)).toEqual(envelope('UPSTREAM_TIMEOUT'));
    expect(await front.lastResult).toEqual({ status: 504, code: 'UPSTREAM_TIMEOUT', reason: 'silence' });
    await ended;
  });

  test('endless interim responses: UPSTREAM_TIMEOUT, because they do not extend the timeout', async () => {
    const { scripted, front } = await started({ timeouts: { idleMs: 200 } });
    scripted.next((response) => {
      const hints = setInterval(() => response.writeEarlyHints({ link: '</x>; rel=preload' }), 20);
      response.once('close', () => clearInterval(hints));
    });
    expect((await front.post('/v1/responses', {})).status).toBe(504);
    expect(await front.lastResult).toEqual({ status: 504, code: 'UPSTREAM_TIMEOUT', reason: 'silence' });
  });

  test('an unexpected 100 is not a response', async () => {
    const { scripted, front } = await started();
    scripted.next((response) => {
      response.socket?.write('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n');
      response.writeHead(200).end('{"a":1}');
    });
    expect((await front.post('/v1/responses', {})).body).toBe('{"a":1}');
  });

  test('endless headers: UPSTREAM_TIMEOUT', async () => {
    const { scripted, front } = await started({ timeouts: { idleMs: 200 } });
    scripted.next((response) => {
      const { socket } = response;
      socket?.write('HTTP/1.1 200 OK\r\n');
      const lines = setInterval(() => socket?.write('x: y\r\n'), 20);
      socket?.once('close', () => clearInterval(lines));
    });
    expect((await front.call('/v1/models')).status).toBe(504);
  });

  test('an endless body breaks off at the time limit of the call, however steadily it arrives', async () => {
    const { scripted, front } = await started({ timeouts: { idleMs: 5000, totalMs: 300 } });
    for (const status of [200, 404]) {
      scripted.next((response) => {
        response.writeHead(status, { 'content-type': 'text/plain' });
        const drip = setInterval(() => response.write('x '), 10);
        response.once('close', () => clearInterval(drip));
      });
      const calling = front.call('/v1/x');
      if (status === 200) await expect(calling).rejects.toThrow('aborted');
      else expect((await calling).status).toBe(504);
      expect(await front.lastResult).toMatchObject({ code: 'UPSTREAM_TIMEOUT', reason: 'without end' });
    }
  });

  test('silence in an error that is inspected: UPSTREAM_TIMEOUT', async () => {
    const { scripted, front } = await started({ timeouts: { idleMs: 60 } });
    scripted.next((response) => void response.writeHead(404).write('{'));
    expect((await front.call('/v1/models')).status).toBe(504);
    expect(await front.lastResult).toMatchObject({ code: 'UPSTREAM_TIMEOUT', upstreamStatus: 404 });
  });

  test.each<[string, string, string]>([
    ['nothing listens', 'http://127.0.0.1:9', 'ECONNREFUSED'],
    ['the name is not known', 'https://keys.invalid', ''],
  ])('%s: UPSTREAM_UNREACHABLE', async (_, url, reason) => {
    const front = await UpstreamFront.start(new URL(url));
    const reply = await front.post('/v1/responses', {});
    expect(reply.status).toBe(502);
    expect(JSON.parse(reply.body)).toEqual(envelope('UPSTREAM_UNREACHABLE'));
    const result = await front.lastResult;
    expect(result).toMatchObject({ status: 502, code: 'UPSTREAM_UNREACHABLE' });
    expect(result.reason).toMatch(reason || /^(ENOTFOUND|EAI_AGAIN)$/);
  });

  test('TLS with a server that has none: UPSTREAM_UNREACHABLE, and nothing was sent', async () => {
    const { scripted } = await started();
    const url = new URL(scripted.url);
    url.protocol = 'https:';
    const front = await UpstreamFront.start(url);
    expect((await front.post('/v1/responses', {})).status).toBe(502);
    expect(await front.lastResult).toMatchObject({ code: 'UPSTREAM_UNREACHABLE', reason: /SSL|EPROTO/ });
    expect(scripted.received).toEqual([]);
  });

  test('an unanswered handshake: UPSTREAM_UNREACHABLE after the connect timeout', async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => void sockets.push(socket.on('error', () => {})));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const url = new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const front = await UpstreamFront.start(url, { timeouts: { connectMs: 50 } });
    expect((await front.call('/v1/models')).status).toBe(502);
    expect(await front.lastResult).toMatchObject({ code: 'UPSTREAM_UNREACHABLE', reason: 'timeout' });
  });

  test('a call that is given up while connecting is not sent once the connection is established', async () => {
    const [scripted, proxy] = [await ScriptedUpstream.start(), await LoopbackProxy.start({ delay: 100 })];
    const front = await UpstreamFront.start(scripted, {
      env: { HTTP_PROXY: proxy.url },
      timeouts: { connectMs: 15 },
    });
    expect((await front.post('/v1/responses', {})).status).toBe(502);
    await new Promise((done) => setTimeout(done, 150));
    expect(proxy.tunnels).toHaveLength(1);
    expect(scripted.received).toEqual([]);
  });
});

describe('a proxy', () => {
  test('connects to the upstream', async () => {
    const [scripted, proxy] = [await ScriptedUpstream.start(), await LoopbackProxy.start()];
    const front = await UpstreamFront.start(scripted, { env: { HTTP_PROXY: proxy.url } });
    expect((await front.call('/v1/models')).status).toBe(200);
    expect(proxy.tunnels).toEqual([scripted.url.host]);
  });

  test('that refuses makes the upstream unreachable', async () => {
    const [scripted, proxy] = [
      await ScriptedUpstream.start(),
      await LoopbackProxy.start({ refuseWith: 407 }),
    ];
    const front = await UpstreamFront.start(scripted, { env: { HTTP_PROXY: proxy.url } });
    expect((await front.call('/v1/models')).status).toBe(502);
    expect(await front.lastResult).toMatchObject({
      code: 'UPSTREAM_UNREACHABLE',
      reason: 'Proxy response (407)',
    });
  });
});

describe('a request that is not forwarded', () => {
  test.each([
    ['GET', '/v1/../admin', undefined],
    ['GET', '/v1/%2e%2e/admin', undefined],
    ['GET', '/other', undefined],
    ['TRACE', '/v1/models', undefined],
    ['POST', '/v1/chat/completions', '{"stream":true,"x":NaN}'],
  ])('%s %s %s: INVALID_REQUEST', async (method, target, body) => {
    const { scripted, front } = await started();
    const reply = await front.call(target, { method, ...(body ? { body } : {}) });
    expect(reply.status).toBe(400);
    expect(JSON.parse(reply.body)).toEqual(envelope('INVALID_REQUEST'));
    expect(await front.lastResult).toEqual({ status: 400, code: 'INVALID_REQUEST' });
    expect(scripted.received).toEqual([]);
  });
});

describe('a key that cannot be read', () => {
  test('is not an error of the caller, and is read again', async () => {
    let isReady = false;
    const { scripted, front } = await started({
      key: async () => {
        if (isReady) return new Secret('sk-upstream-EXAMPLE');
        throw new KeysError({ code: 'token_file_unreadable', message: 'the file cannot be read' });
      },
    });
    const reply = await front.call('/v1/models');
    expect(JSON.parse(reply.body)).toEqual(envelope('UPSTREAM_REFUSED'));
    expect(await front.lastResult).toEqual({
      status: 502,
      code: 'UPSTREAM_REFUSED',
      reason: 'the file cannot be read',
    });
    expect(scripted.received).toEqual([]);
    isReady = true;
    expect((await front.call('/v1/models')).status).toBe(200);
  });

  test('for an unexpected reason is a bug', async () => {
    const { front } = await started({ key: () => Promise.reject(new TypeError('a bug')) });
    const calling = request(`${front.origin}/v1/models`).end();
    await expect(once(calling, 'response')).rejects.toThrow();
    await expect(front.lastResult).rejects.toThrow('a bug');
  });
});

test('a rotated key is read from its source for the next request after a rejection', async () => {
  const keys = ['sk-upstream-old-EXAMPLE', 'sk-upstream-EXAMPLE'];
  let asked = 0;
  const { scripted, front } = await started({ key: async () => new Secret(keys[asked++] ?? '') });
  expect((await front.call('/v1/models')).status).toBe(502);
  expect((await front.call('/v1/models')).status).toBe(200);
  expect((await front.call('/v1/models')).status).toBe(200);
  expect(scripted.received.map(({ headers }) => headers.authorization)).toEqual([
    'Bearer sk-upstream-old-EXAMPLE',
    'Bearer sk-upstream-EXAMPLE',
    'Bearer sk-upstream-EXAMPLE',
  ]);
  expect(asked).toBe(2);
});
