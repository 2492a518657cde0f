import { once } from 'node:events';
import { request } from 'node:http';
import { expect, test } from 'vitest';
import { LoopbackProxy } from '../support/loopback-proxy.ts';
import { event, HeldAnswer, ScriptedUpstream } from '../support/scripted-upstream.ts';
import { HeldKey, UpstreamFront } from '../support/upstream-front.ts';

const target = '/v1/responses';

async function started(options = {}) {
  const scripted = await ScriptedUpstream.start();
  return { scripted, front: await UpstreamFront.start(scripted, options) };
}

/** A caller that will disconnect. */
function calling(front: UpstreamFront) {
  return request(`${front.origin}${target}`, { method: 'POST' })
    .on('error', () => {})
    .end('{}');
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((done) => setTimeout(done, 2));
}

test('a caller that disconnects before the headers ends the request to the upstream', async () => {
  const { scripted, front } = await started();
  const caller = calling(front);
  const ended = new Promise<void>((done) => {
    scripted.next((response) => {
      response.once('close', done);
      caller.destroy();
    });
  });
  await ended;
  expect(await front.lastResult).toEqual({ status: 499, code: 'CLIENT_CLOSED', reason: 'left' });
});

test('a caller that disconnects midway ends the request to the upstream, and its usage so far is metered', async () => {
  const { scripted, front } = await started();
  const held = new HeldAnswer();
  scripted.next(held.answer);
  const reply = await front.open(target, { method: 'POST', body: '{"model":"gpt-4"}' });
  await held.send(event({ usage: { total_tokens: 3 } }));
  await once(reply, 'data');
  reply.on('error', () => {}).destroy();
  await held.closed();
  expect(await front.lastResult).toEqual({
    status: 499,
    upstreamStatus: 200,
    code: 'CLIENT_CLOSED',
    reason: 'left',
    usage: { tokens: 3, model: 'gpt-4' },
  });
});

test('the end of the connection counts as disconnecting', async () => {
  const { scripted, front } = await started();
  front.signal = new AbortController().signal;
  const held = new HeldAnswer();
  scripted.next(held.answer);
  const reply = await front.open(target, { method: 'POST', body: '{}' });
  reply.on('error', () => {}).destroy();
  await held.closed();
  expect(await front.lastResult).toMatchObject({ status: 499, code: 'CLIENT_CLOSED' });
});

test('a call that is aborted by its signal ends too', async () => {
  const { scripted, front } = await started();
  const leaving = new AbortController();
  front.signal = leaving.signal;
  const held = new HeldAnswer();
  scripted.next(held.answer);
  const reply = await front.open(target, { method: 'POST', body: '{}' });
  leaving.abort();
  await expect(once(reply.resume(), 'end')).rejects.toThrow('aborted');
  await held.closed();
  expect(await front.lastResult).toMatchObject({ status: 499, code: 'CLIENT_CLOSED' });
});

test('nothing is sent for a caller that disconnected before', async () => {
  const { scripted, front } = await started();
  front.signal = AbortSignal.abort();
  await expect(front.post(target, {})).rejects.toThrow('socket hang up');
  expect(await front.lastResult).toMatchObject({ status: 499, code: 'CLIENT_CLOSED' });
  expect(scripted.received).toEqual([]);
});

test('nothing is sent for a caller that disconnects while the key is read', async () => {
  const key = new HeldKey();
  const { scripted, front } = await started({ key: key.source });
  const caller = calling(front);
  await until(() => front.results.length > 0);
  caller.destroy();
  await until(() => front.gone === 1);
  key.give();
  expect(await front.lastResult).toMatchObject({ status: 499, code: 'CLIENT_CLOSED' });
  expect(scripted.received).toEqual([]);
});

test('nothing is sent for a caller that disconnects during the connection setup', async () => {
  const [scripted, proxy] = [await ScriptedUpstream.start(), await LoopbackProxy.start({ delay: 80 })];
  const front = await UpstreamFront.start(scripted, { env: { HTTP_PROXY: proxy.url } });
  const caller = calling(front);
  await until(() => proxy.tunnels.length > 0);
  caller.destroy();
  await until(() => front.gone === 1);
  expect(await front.lastResult).toMatchObject({ status: 499, code: 'CLIENT_CLOSED' });
  await front.upstream.close();
  expect(scripted.received).toEqual([]);
});

test('a caller that disconnects does not affect others', async () => {
  const { scripted, front } = await started();
  const [one, other] = [new HeldAnswer(), new HeldAnswer()];
  scripted.next(one.answer);
  const leaving = await front.open(target, { method: 'POST', body: '{}' });
  scripted.next(other.answer);
  const staying = await front.open(target, { method: 'POST', body: '{}' });
  leaving.on('error', () => {}).destroy();
  await one.closed();
  await other.send('still here');
  await other.end();
  const chunks: Buffer[] = [];
  for await (const chunk of staying) chunks.push(chunk);
  expect(Buffer.concat(chunks).toString()).toBe('still here');
});
