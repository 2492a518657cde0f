import { once } from 'node:events';
import { get } from 'node:http';
import type { AddressInfo } from 'node:net';
import fastify from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import { eachPart, inParts } from '../../src/server/long-json.ts';
import { sendJson } from '../../src/server/send-json.ts';

const long = JSON.stringify({ keys: Array.from({ length: 100_000 }, (_, number) => `key-${number}`) });

async function serve(json: string) {
  const frees: Promise<unknown>[] = [];
  const app = fastify({ forceCloseConnections: true });
  app.get('/list', (_, reply) => {
    const answer = inParts(new TextEncoder().encode(json));
    if (!(answer instanceof Uint8Array)) frees.push(once(answer.port, 'close'));
    return sendJson(reply.header('x-request-id', 'one'), Promise.resolve(answer));
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => app.close());
  const { port } = app.server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/list`, frees };
}

function parts(json: string) {
  const answer = inParts(new TextEncoder().encode(json));
  if (answer instanceof Uint8Array) throw new Error('it is short');
  return answer;
}

test.each([
  ['short', '{"keys":[]}'],
  ['long', long],
])('a %s answer arrives whole, with its length', async (_, json) => {
  const { url } = await serve(json);
  for (const method of ['GET', 'HEAD', 'GET']) {
    const response = await fetch(url, { method });
    const { 'content-type': type, 'content-length': length } = Object.fromEntries(response.headers);
    expect([type, length, response.headers.get('x-request-id')]).toEqual([
      'application/json',
      String(json.length),
      'one',
    ]);
    expect((await response.text()) === (method === 'HEAD' ? '' : json)).toBe(true);
  }
});

test('a reader that leaves ends a long answer, and frees what it has not read', async () => {
  const { url, frees } = await serve(long.repeat(20));
  const request = get(url, (response) => response.once('data', () => request.destroy()));
  request.on('error', () => {});
  await expect.poll(() => frees).toHaveLength(1);
  await frees[0];
});

test('a part that is written leaves the memory of the thread before the next one arrives', async () => {
  const seen: Uint8Array[] = [];
  await eachPart(parts(long), async (part) => {
    expect(seen.map(({ length }) => length)).toEqual(seen.map(() => 0));
    expect(part.length).toBeGreaterThan(0);
    seen.push(part);
  });
  expect(seen.length).toBeGreaterThan(5);
});

test('a part that cannot be written frees them all', async () => {
  const answer = parts(long);
  const closed = once(answer.port, 'close');
  const write = () => Promise.reject(new Error('the connection ended'));
  await expect(eachPart(answer, write)).rejects.toThrow('the connection ended');
  await closed;
});
