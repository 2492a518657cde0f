import { once } from 'node:events';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/base/secret.ts';
import { openUpstream } from '../../src/gateway/upstream.ts';
import { failureOf } from '../support/failure.ts';
import { json, text } from '../support/fault-server.ts';
import { event, events, HeldAnswer, ScriptedUpstream, upstreamKey } from '../support/scripted-upstream.ts';
import { callerKey, UpstreamFront } from '../support/upstream-front.ts';

async function started(options = {}) {
  const scripted = await ScriptedUpstream.start();
  return { scripted, front: await UpstreamFront.start(scripted, options) };
}

describe("the caller's key", () => {
  test.each([
    { authorization: `Bearer ${callerKey}` },
    { authorization: '', 'x-api-key': callerKey },
    { authorization: '', 'api-key': callerKey },
    {
      cookie: `key=${callerKey}`,
      'proxy-authorization': `Bearer ${callerKey}`,
      'x-forwarded-user': callerKey,
    },
    { connection: 'close, x-key', 'x-key': callerKey },
  ])('in a credential header is removed: %j', async (headers) => {
    const { scripted, front } = await started();
    const reply = await front.call('/v1/models', { headers });
    expect(reply.status).toBe(200);
    expect(scripted.last.headers).toEqual({
      host: scripted.url.host,
      connection: 'keep-alive',
      authorization: `Bearer ${upstreamKey}`,
      'accept-encoding': 'identity',
    });
  });

  const encoded = [...callerKey].map((character) => `%${character.charCodeAt(0).toString(16)}`).join('');
  test.each<[string, string, object]>([
    ['the path', `/v1/models/${callerKey}`, {}],
    ['the query', `/v1/models?api_key=${callerKey}`, {}],
    ['the query, encoded', `/v1/models?api_key=${encoded}`, {}],
    ['the query, encoded in part', `/v1/models?api_key=${callerKey.replaceAll('_', '%5F')}`, {}],
    ['the query, encoded twice', `/v1/models?api_key=${callerKey.replaceAll('_', '%255f')}`, {}],
    ['another header', '/v1/models', { headers: { 'x-custom': `key ${callerKey}` } }],
    ['a repeated header', '/v1/models', { headers: { 'x-custom': ['a', callerKey] } }],
    ['the name of a header', '/v1/models', { headers: { [callerKey]: 'x' } }],
    [
      'the body',
      '/v1/x',
      { method: 'POST', body: JSON.stringify({ messages: [`my key is ${callerKey}.`] }) },
    ],
    ['a body of bytes', '/v1/x', { method: 'POST', body: Buffer.from(`\xff\0${callerKey}\xff`, 'latin1') }],
  ])('in %s is refused, and nothing is sent', async (_, target, call) => {
    const { scripted, front } = await started();
    const reply = await front.call(target, call);
    expect(reply.status).toBe(400);
    expect(JSON.parse(reply.body).error.code).toBe('KEY_IN_REQUEST');
    expect(reply.body).not.toContain(callerKey);
    expect(await front.lastResult).toEqual({ status: 400, code: 'KEY_IN_REQUEST' });
    expect(scripted.received).toEqual([]);
  });

  const own = `sk_0123456789abcdef_${'s3cr3tEXAMPLE'.repeat(4).slice(0, 43)}_EXAMPL`;
  const forms: Record<string, string> = {
    'as it is': own,
    'without its ends': own.slice(20, -7),
    'in lower case': own.toLowerCase(),
    'in base64': Buffer.from(`0123456789abcdef:${own}`).toString('base64'),
    'in base64 for URLs': Buffer.from(own).toString('base64url'),
    'in hex': Buffer.from(own).toString('hex'),
    'in a URL': [...own].map((one) => `%${one.charCodeAt(0).toString(16)}`).join(''),
    backwards: [...own].reverse().join(''),
  };

  test.each(Object.entries(forms))('is found by its secret alone, %s', async (_, form) => {
    const { scripted, front } = await started();
    for (const shown of [own, `0123456789abcdef:${own}`]) {
      front.callerKey = shown;
      const escaped = form.replaceAll('E', '\\u0045');
      const replies = [
        await front.call(`/v1/models?x=${form}`),
        await front.call('/v1/models', { headers: { 'x-custom': form } }),
        await front.call('/v1/models', { headers: { [`x-${form.replace(/[^\w]/g, '')}`]: 'a' } }),
        await front.post('/v1/x', { messages: [form] }),
        await front.post('/v1/x', `{"messages":["${escaped}"]}`),
        await front.post('/v1/x', form, { 'content-type': 'text/plain' }),
      ];
      // Header names are in lower case and have no percent signs.
      const found = replies.filter((_, at) => at !== 2 || !/[%=]/.test(form));
      expect(found.map(({ status, body }) => [status, JSON.parse(body).error?.code])).toEqual(
        found.map(() => [400, 'KEY_IN_REQUEST']),
      );
    }
    expect(scripted.received.filter(({ path }) => path !== '/v1/models')).toEqual([]);
  });

  test('is found in a body of several megabytes', async () => {
    const { scripted, front } = await started();
    const body = `${'x'.repeat(3_000_000)}${callerKey}${'x'.repeat(3_000_000)}`;
    expect((await front.post('/v1/x', body)).status).toBe(400);
    expect(scripted.received).toEqual([]);
  });
});

describe("the upstream's own key", () => {
  test('is sent to the upstream, and is read once', async () => {
    let asked = 0;
    const key = async () => {
      asked += 1;
      return new Secret(upstreamKey);
    };
    const { scripted, front } = await started({ key });
    await Promise.all([front.call('/v1/models'), front.call('/v1/models')]);
    await front.call('/v1/models');
    expect(asked).toBe(1);
    expect(scripted.received.map(({ headers }) => headers.authorization)).toEqual(
      Array(3).fill(`Bearer ${upstreamKey}`),
    );
  });

  test('is not sent if none is configured', async () => {
    const scripted = await ScriptedUpstream.start();
    scripted.key = undefined;
    const front = await UpstreamFront.start(scripted, { key: undefined });
    expect((await front.call('/v1/models')).status).toBe(200);
    expect(scripted.last.headers).not.toHaveProperty('authorization');
  });

  test('in a header of the response is removed, whatever the status', async () => {
    const { scripted, front } = await started();
    const headers = {
      'x-echo': `Bearer ${upstreamKey}`,
      'x-other': 'kept',
      authorization: 'x',
      'set-cookie': 'a=b',
    };
    for (const status of [200, 404]) {
      scripted.next(json(status, {}, headers));
      const reply = await front.call('/v1/models');
      expect(reply.status).toBe(status);
      expect(reply.headers).toMatchObject({ 'x-other': 'kept' });
      expect(Object.keys(reply.headers)).not.toContain('x-echo');
      expect(reply.headers['set-cookie'] ?? reply.headers.authorization).toBeUndefined();
    }
  });

  const echoes: Record<string, string> = {
    'as it is': JSON.stringify({ headers: { authorization: `Bearer ${upstreamKey}` } }),
    'in base64': JSON.stringify({ echo: Buffer.from(`Bearer ${upstreamKey}`).toString('base64') }),
    'in a URL': JSON.stringify({ url: `/?key=${upstreamKey.replaceAll('-', '%2D')}` }),
    'with escapes': JSON.stringify({ echo: upstreamKey }).replaceAll('-', '\\u002d'),
    'in hex': Buffer.from(upstreamKey).toString('hex'),
    'in upper case': upstreamKey.toUpperCase(),
    'in an event': event({ choices: [{ delta: { content: upstreamKey } }] }),
  };

  test.each(Object.entries(echoes))('in a success, %s, breaks off the response', async (_, echo) => {
    const { scripted, front } = await started();
    for (const type of ['application/json', 'text/event-stream', 'text/plain']) {
      scripted.next(text(200, `${event({ usage: { total_tokens: 3 } })}${echo}`, { 'content-type': type }));
      await expect(front.call('/v1/x')).rejects.toThrow('aborted');
      expect(await front.lastResult).toMatchObject({
        status: 200,
        code: 'KEY_IN_ANSWER',
        upstreamStatus: 200,
      });
    }
    expect((await front.lastResult).reason).toBe("the upstream's key in its answer");
  });

  test('in pieces: only its first letters reach the caller', async () => {
    const { scripted, front } = await started();
    for (let first = 1; first < upstreamKey.length; first++) {
      const held = new HeldAnswer({ 'content-type': 'text/event-stream' });
      scripted.next(held.answer);
      const reply = await front.open('/v1/x');
      let got = '';
      reply.on('data', (chunk) => {
        got += chunk;
      });
      const aborted = once(reply, 'error');
      await held.send(`data: {"echo":"${upstreamKey.slice(0, first)}`);
      await held.send(`${upstreamKey.slice(first)}"}\n\n`);
      await aborted;
      expect('data: {"echo":"'.startsWith(got), got).toBe(true);
      await held.closed();
    }
  });

  test.each([1, 2, 5, 9])(
    'in a stream, %i letters an event, never reaches the caller in full',
    async (size) => {
      const { scripted, front } = await started();
      const said = `You sent ${upstreamKey}.`;
      for (const shape of [
        (content: string) => ({ choices: [{ delta: { content } }] }),
        (delta: string) => ({ type: 'response.output_text.delta', delta }),
        (text: string) => ({ type: 'content_block_delta', delta: { type: 'text_delta', text } }),
      ]) {
        const held = new HeldAnswer({ 'content-type': 'text/event-stream' });
        scripted.next(held.answer);
        const reply = await front.open('/v1/x');
        let got = '';
        reply.on('data', (chunk) => {
          got += chunk;
        });
        const aborted = once(reply, 'error');
        for (let at = 0; at < said.length && !reply.destroyed; at += size) {
          await Promise.race([held.send(event(shape(said.slice(at, at + size)))), aborted]);
        }
        await aborted;
        const told = [...got.matchAll(/"(?:content|delta|text)":"([^"]*)"/g)]
          .map(([, text]) => text)
          .join('');
        expect(said.startsWith(told) && told.length <= 'You sent '.length + 5 + size, told).toBe(true);
        await held.closed();
      }
    },
  );

  test.each<[string, (text: string) => Buffer]>([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('in a response compressed as %s is found, and others are decompressed', async (coding, compress) => {
    const { scripted, front } = await started();
    const headers = { 'content-type': 'application/json', 'content-encoding': coding };
    const compressed = (value: object) => text(200, compress(JSON.stringify(value)), headers);
    scripted.next(compressed({ echo: upstreamKey }), compressed({ usage: { total_tokens: 3 } }));
    await expect(front.call('/v1/x')).rejects.toThrow('aborted');
    const reply = await front.call('/v1/x');
    expect([reply.headers['content-encoding'], JSON.parse(reply.body)]).toEqual([
      undefined,
      { usage: { total_tokens: 3 } },
    ]);
    expect((await front.lastResult).usage).toEqual({ tokens: 3 });
  });

  test('is protected from unknown and invalid compression', async () => {
    const { scripted, front } = await started();
    scripted.next(text(200, upstreamKey, { 'content-encoding': 'zstd' }));
    expect((await front.call('/v1/x')).status).toBe(502);
    scripted.next(text(200, upstreamKey, { 'content-encoding': 'gzip' }));
    await expect(front.call('/v1/x')).rejects.toThrow('aborted');
    expect(await front.lastResult).toMatchObject({ code: 'UPSTREAM_BROKE_OFF', reason: 'compressed badly' });
  });

  test('in the name of a header, or encoded in its value, is removed', async () => {
    const { scripted, front } = await started();
    const echo = {
      [`x-${upstreamKey}`]: 'name',
      'x-hex': Buffer.from(upstreamKey).toString('hex'),
      'x-kept': 'a',
    };
    scripted.next(json(200, {}, echo));
    const { headers } = await front.call('/v1/x');
    expect(headers).toMatchObject({ 'x-kept': 'a' });
    expect(Object.keys(headers)).not.toEqual(expect.arrayContaining(['x-hex']));
    expect(JSON.stringify(headers)).not.toContain('name');
  });

  test('in a trailer or a status text is removed', async () => {
    const { scripted, front } = await started();
    scripted.next((response) => {
      response.writeHead(200, upstreamKey, { trailer: 'x-echo' }).write('a');
      response.addTrailers({ 'x-echo': upstreamKey });
      response.end();
    });
    const reply = await front.open('/v1/x');
    await once(reply.resume(), 'end');
    expect([reply.statusMessage, reply.trailers, reply.headers.trailer]).toEqual(['OK', {}, undefined]);
  });

  test('cannot be requested in ranges', async () => {
    const { scripted, front } = await started();
    await front.call('/v1/models', { headers: { range: 'bytes=0-10', 'if-range': '"x"' } });
    expect(Object.keys(scripted.last.headers)).not.toEqual(expect.arrayContaining(['range']));
  });

  test('is not searched for if none is configured', async () => {
    const scripted = await ScriptedUpstream.start();
    scripted.key = undefined;
    const front = await UpstreamFront.start(scripted, { key: undefined });
    scripted.next(text(200, 'sk-another-EXAMPLE'));
    expect((await front.call('/v1/x')).body).toBe('sk-another-EXAMPLE');
  });

  test.each([
    ...Object.entries(echoes),
    ['as it is', JSON.stringify({ error: `you sent Bearer ${upstreamKey}` })],
    ['with escapes', JSON.stringify({ error: upstreamKey }).replace('sk-', 'sk\\u002d')],
    ['in no JSON', `<p>${upstreamKey}</p>`],
    ['among bytes', `\xff${upstreamKey}\xff`],
  ])('in an error, %s, keeps the error from the caller', async (_, body) => {
    const { scripted, front } = await started();
    scripted.next(text(400, body));
    const reply = await front.call('/v1/models');
    expect(reply.status).toBe(502);
    expect(JSON.parse(reply.body).error).toMatchObject({
      code: 'UPSTREAM_FAILED',
      details: { upstream_status: 400 },
    });
  });
});

test('a URL that cannot be used is refused before anything is opened', () => {
  const options = { env: {}, timeouts: { connectMs: 1000, idleMs: 1000, totalMs: 1000 } };
  const url = new URL('https://user:password-EXAMPLE@api.example.com/v1');
  const failure = failureOf(() => openUpstream({ ...options, url }));
  expect(failure.exit).toBe('usage');
  expect(JSON.stringify(failure)).not.toContain('EXAMPLE');
  const proxy = failureOf(() =>
    openUpstream({ ...options, url: new URL('https://api.example.com'), env: { HTTPS_PROXY: 'socks5://x' } }),
  );
  expect(proxy.exit).toBe('usage');
});

test('the base path precedes every path', async () => {
  const scripted = await ScriptedUpstream.start();
  scripted.next(json(200, {}), events(event({ usage: { total_tokens: 3 } })));
  const front = await UpstreamFront.start(new URL('/openai', scripted.url));
  await front.call('/v1/models?x=1');
  await front.call('/v1/x');
  expect(scripted.received.map(({ path }) => path)).toEqual(['/openai/v1/models?x=1', '/openai/v1/x']);
  expect((await front.lastResult).usage).toEqual({ tokens: 3 });
});
