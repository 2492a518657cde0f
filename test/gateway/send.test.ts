import { Agent } from 'undici';
import { expect, onTestFinished, test } from 'vitest';
import { send } from '../../src/gateway/send.ts';
import { text } from '../support/fault-server.ts';
import { ScriptedUpstream } from '../support/scripted-upstream.ts';

const megabyte = 1024 * 1024;

async function sent(idleMs: number, size: number) {
  const scripted = await ScriptedUpstream.start();
  scripted.next(text(200, 'x'.repeat(size)));
  const agent = new Agent();
  onTestFinished(() => agent.destroy());
  const request = { origin: scripted.url.origin, method: 'GET', path: '/', headers: {}, body: undefined };
  const leaving = new AbortController();
  const timeouts = { connectMs: 5000, idleMs, totalMs: 60_000 };
  return { response: await send(agent, request, timeouts, leaving.signal), leaving };
}

test('a response that is not read for a while is not idle', async () => {
  const { response } = await sent(1500, 32 * megabyte);
  await new Promise((done) => setTimeout(done, 3000));
  let size = 0;
  for await (const chunk of response.body) size += chunk.length;
  expect(size).toBe(32 * megabyte);
});

test('an unread response takes little memory', async () => {
  const { response } = await sent(5000, 32 * megabyte);
  await new Promise((done) => setTimeout(done, 100));
  expect(response.body.readableLength).toBeLessThan(megabyte / 4);
  response.body.destroy();
});

test('disconnecting after a complete response is not an error', async () => {
  const { response, leaving } = await sent(5000, 10);
  await new Promise((done) => setTimeout(done, 20));
  leaving.abort();
  const chunks: Buffer[] = [];
  for await (const chunk of response.body) chunks.push(chunk);
  expect(Buffer.concat(chunks).toString()).toBe('x'.repeat(10));
});

test('an invalid call is a bug, not an upstream error', async () => {
  const agent = new Agent();
  onTestFinished(() => agent.destroy());
  const request = {
    origin: 'http://127.0.0.1:9',
    method: 'GET',
    path: 'no path',
    headers: {},
    body: undefined,
  };
  const timeouts = { connectMs: 1000, idleMs: 1000, totalMs: 1000 };
  await expect(send(agent, request, timeouts, new AbortController().signal)).rejects.toMatchObject({
    code: 'UND_ERR_INVALID_ARG',
  });
});
