import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import OpenAI from 'openai';
import { expect, test } from 'vitest';
import { Sandbox } from '../support/sandbox.ts';
import { ScriptedUpstream, upstreamKey, usage, words } from '../support/scripted-upstream.ts';
import { startServe } from '../support/serving.ts';

/* The official OpenAI SDK, through `keys serve --upstream`, with a scripted server behind it. */

async function start(...flags: string[]) {
  const box = new Sandbox();
  const upstream = await ScriptedUpstream.start();
  writeFileSync(join(box.cwd, '.env'), `UPSTREAM_KEY=${upstreamKey}\n`, { mode: 0o600 });
  box.expectSecretIn('.env');
  const server = await startServe(box, [
    '--upstream',
    upstream.url.href,
    '--upstream-key',
    'env:.env#UPSTREAM_KEY',
  ]);
  const { stdout } = await box.keys(['create', 'ci', '--secret-only', ...flags], { secretOnStdout: true });
  const apiKey = stdout.trim();
  const openai = new OpenAI({ apiKey, baseURL: `${server.url}/v1`, maxRetries: 0 });
  const usageOf = async () => JSON.parse((await box.keys(['show', 'ci', '--json', 'usage,spentUsd'])).stdout);
  return { box, upstream, server, apiKey, openai, usageOf };
}

const question = { model: 'gpt-4o', messages: [{ role: 'user' as const, content: 'Hello' }] };

test('lists models', async () => {
  const { openai } = await start();
  const { data } = await openai.models.list();
  expect(data.length).toBeGreaterThan(0);
});

test('streams a chat completion, and meters the usage in its last event', async () => {
  const { openai, upstream, apiKey, usageOf } = await start();
  let text = '';
  for await (const event of await openai.chat.completions.create({ ...question, stream: true })) {
    text += event.choices[0]?.delta.content ?? '';
  }
  expect(text).toBe(words.join(''));
  await expect
    .poll(usageOf, { timeout: 5000 })
    .toEqual({ usage: { requests: 1, tokens: usage.total_tokens }, spentUsd: usage.cost });
  for (const { headers, body } of upstream.received) {
    expect(headers.authorization).toBe(`Bearer ${upstreamKey}`);
    expect(JSON.stringify(headers) + body).not.toContain(apiKey);
  }
});

test('answers a call without streaming, and meters it', async () => {
  const { openai, usageOf } = await start();
  const { choices } = await openai.chat.completions.create(question);
  expect(choices[0]?.message.content).toBe(words.join(''));
  await expect.poll(usageOf, { timeout: 5000 }).toMatchObject({ spentUsd: usage.cost });
});

test('refused calls do not reach the upstream', async () => {
  const { openai, upstream, box, server } = await start('--models', 'gpt-4o', '--budget', '0.002');
  await expect(openai.chat.completions.create({ ...question, model: 'o3' })).rejects.toMatchObject({
    status: 403,
    code: 'MODEL_NOT_ALLOWED',
  });
  const stranger = new OpenAI({ apiKey: 'sk-unknown-EXAMPLE', baseURL: `${server.url}/v1`, maxRetries: 0 });
  await expect(stranger.models.list()).rejects.toMatchObject({ status: 401, code: 'INVALID_API_KEY' });
  expect(upstream.received).toHaveLength(0);

  await openai.chat.completions.create(question);
  await expect(openai.chat.completions.create(question)).rejects.toMatchObject({
    status: 402,
    code: 'BUDGET_EXCEEDED',
  });
  expect((await box.program(['revoke', 'ci', '--yes'])).exit).toBe(0);
  await expect(openai.chat.completions.create(question)).rejects.toMatchObject({ status: 401 });
  expect(upstream.received).toHaveLength(1);
});

test('a failure of the upstream differs from a refusal', async () => {
  const { openai, upstream } = await start();
  upstream.key = 'sk-another-EXAMPLE';
  await expect(openai.chat.completions.create(question)).rejects.toMatchObject({
    status: 502,
    code: 'UPSTREAM_REFUSED',
  });
});
