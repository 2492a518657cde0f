import { get } from 'node:http';
import type { AddressInfo } from 'node:net';
import fastify from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import { sendJson } from '../../src/server/send-json.ts';

const large = JSON.stringify({ keys: Array.from({ length: 100_000 }, (_, number) => `key-${number}`) });

async function serve(json: string) {
  const answers: Uint8Array[] = [];
  const app = fastify();
  app.get('/list', (_, reply) => {
    const bytes = new TextEncoder().encode(json);
    answers.push(bytes);
    return sendJson(reply, Promise.resolve(bytes));
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => app.close());
  const { port } = app.server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/list`, answers };
}

test.each([
  ['short', '{"keys":[]}'],
  ['long', large],
])('a %s answer arrives whole, with its length', async (_, json) => {
  const { url } = await serve(json);
  const response = await fetch(url);
  expect(response.headers.get('content-type')).toBe('application/json');
  expect(response.headers.get('content-length')).toBe(String(json.length));
  expect((await response.text()) === json).toBe(true);
  const head = await fetch(url, { method: 'HEAD' });
  expect(head.headers.get('content-length')).toBe(String(json.length));
});

test('the memory of a long answer is freed after its last byte', async () => {
  const { url, answers } = await serve(large);
  await (await fetch(url)).text();
  await expect.poll(() => answers[0]?.byteLength).toBe(0);
});

test('the memory of a long answer is freed when its reader leaves', async () => {
  const { url, answers } = await serve(large.repeat(20));
  const request = get(url, (response) => response.once('data', () => request.destroy()));
  request.on('error', () => {});
  await expect.poll(() => answers[0]?.byteLength).toBe(0);
});
