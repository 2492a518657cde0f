import { expect, test } from 'vitest';
import { HeldAnswer, ScriptedUpstream } from '../support/scripted-upstream.ts';
import { HeldKey, UpstreamFront } from '../support/upstream-front.ts';

async function started(options = {}) {
  const scripted = await ScriptedUpstream.start();
  return { scripted, front: await UpstreamFront.start(scripted, options) };
}

test('close ends idle connections, and a second one is harmless', async () => {
  const { scripted, front } = await started();
  await front.call('/v1/models');
  expect(await scripted.connections()).toBe(1);
  await Promise.all([front.upstream.close(), front.upstream.close()]);
  await front.upstream.close();
  while ((await scripted.connections()) > 0) await new Promise((done) => setTimeout(done, 2));
});

test('close lets running calls finish', async () => {
  const { scripted, front } = await started();
  const held = new HeldAnswer();
  scripted.next(held.answer);
  const reply = await front.open('/v1/x');
  let isClosed = false;
  const closing = front.upstream.close().then(() => {
    isClosed = true;
  });
  await held.send('to the ');
  await new Promise((done) => setTimeout(done, 20));
  expect(isClosed).toBe(false);
  await held.send('end');
  await held.end();
  const chunks: Buffer[] = [];
  for await (const chunk of reply) chunks.push(chunk);
  expect(Buffer.concat(chunks).toString()).toBe('to the end');
  await closing;
});

test('including a call that still waits for the key', async () => {
  const key = new HeldKey();
  const { front } = await started({ key: key.source });
  const reply = front.call('/v1/models');
  while (front.results.length === 0) await new Promise((done) => setTimeout(done, 2));
  const closing = front.upstream.close();
  key.give();
  expect((await reply).status).toBe(200);
  await closing;
});

test('after close the upstream cannot be reached', async () => {
  const { scripted, front } = await started();
  await front.upstream.close();
  expect((await front.call('/v1/models')).status).toBe(502);
  expect(await front.lastResult).toMatchObject({
    code: 'UPSTREAM_UNREACHABLE',
    reason: /^UND_ERR_(CLOSED|DESTROYED)$/,
  });
  expect(scripted.received).toEqual([]);
});

test('a connection is reused, even after errors', async () => {
  const { scripted, front } = await started();
  await front.call('/v1/models');
  scripted.next((response) => void response.writeHead(429, { 'content-type': 'text/plain' }).end('busy'));
  expect((await front.call('/v1/models')).status).toBe(503);
  expect((await front.call('/v1/none')).status).toBe(404);
  expect((await front.call('/v1/models')).status).toBe(200);
  expect(await scripted.connections()).toBe(1);
});
