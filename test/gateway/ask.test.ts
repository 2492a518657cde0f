import { Agent } from 'undici';
import { expect, onTestFinished, test } from 'vitest';
import { ask } from '../../src/gateway/send.ts';
import { text } from '../support/fault-server.ts';
import { ScriptedUpstream } from '../support/scripted-upstream.ts';

const megabyte = 1024 * 1024;

async function asking(silence: number, size: number) {
  const scripted = await ScriptedUpstream.start();
  scripted.next(text(200, 'x'.repeat(size)));
  const agent = new Agent();
  onTestFinished(() => agent.destroy());
  const question = { origin: scripted.url.origin, method: 'GET', path: '/', headers: {}, body: undefined };
  const leaving = new AbortController();
  return {
    answer: await ask(agent, question, {
      connectTimeout: 5000,
      silence,
      longest: 60_000,
      leaving: leaving.signal,
    }),
    leaving,
  };
}

test('an answer that nobody reads for a while is not silent', async () => {
  const { answer } = await asking(1500, 32 * megabyte);
  await new Promise((done) => setTimeout(done, 3000));
  let size = 0;
  for await (const chunk of answer.body) size += chunk.length;
  expect(size).toBe(32 * megabyte);
});

test('an answer that nobody reads takes little memory', async () => {
  const { answer } = await asking(5000, 32 * megabyte);
  await new Promise((done) => setTimeout(done, 100));
  expect(answer.body.readableLength).toBeLessThan(megabyte / 4);
  answer.body.destroy();
});

test('who leaves an answer that is there as a whole is no error', async () => {
  const { answer, leaving } = await asking(5000, 10);
  await new Promise((done) => setTimeout(done, 20));
  leaving.abort();
  const chunks: Buffer[] = [];
  for await (const chunk of answer.body) chunks.push(chunk);
  expect(Buffer.concat(chunks).toString()).toBe('x'.repeat(10));
});

test('a wrong call of ours is a bug, not a breakdown', async () => {
  const agent = new Agent();
  onTestFinished(() => agent.destroy());
  const question = {
    origin: 'http://127.0.0.1:9',
    method: 'GET',
    path: 'no path',
    headers: {},
    body: undefined,
  };
  const patience = {
    connectTimeout: 1000,
    silence: 1000,
    longest: 1000,
    leaving: new AbortController().signal,
  };
  await expect(ask(agent, question, patience)).rejects.toMatchObject({ code: 'UND_ERR_INVALID_ARG' });
});
