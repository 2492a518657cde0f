import { expect, test } from 'vitest';
import { hammer } from '../support/hammer.ts';
import { Sandbox } from '../support/sandbox.ts';
import { startServe } from '../support/serving.ts';

/* Limits hold exactly, whatever the number of simultaneous calls and of servers. */

const slow = 60_000;

test('64 connections on one key with a limit of 100 a minute: exactly 100 pass', {
  timeout: slow,
}, async () => {
  const box = new Sandbox();
  const { url } = await startServe(box);
  const key = await createKey(box, '--rate-limit', '100');
  expect(await hammer([url], key, 2000)).toEqual({ 200: 100, 429: 1900 });
});

test('the same with two servers on one file', { timeout: slow }, async () => {
  const box = new Sandbox();
  const [one, other] = [await startServe(box), await startServe(box)];
  const key = await createKey(box, '--rate-limit', '100');
  expect(await hammer([one.url, other.url], key, 2000)).toEqual({ 200: 100, 429: 1900 });
  // Each server writes its uses to the database a moment later.
  await expect
    .poll(async () => JSON.parse((await box.keys(['show', 'ci', '--json', 'usage'])).stdout), {
      timeout: 5000,
    })
    .toEqual({ usage: { requests: 100, tokens: 0 } });
});

test('a budget spent at one server is spent at the other immediately', async () => {
  const box = new Sandbox();
  const [one, other] = [await startServe(box), await startServe(box)];
  const key = await createKey(box, '--budget', '1');
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const ask = () => fetch(`${other.url}/v1/authorize`, { headers });
  expect((await ask()).status).toBe(200);
  const report = { method: 'POST', headers, body: JSON.stringify({ tokens: 1000, cost_usd: 1 }) };
  expect((await fetch(`${one.url}/v1/usage`, report)).status).toBe(200);
  const refused = await ask();
  expect(refused.status).toBe(402);
  expect(await refused.json()).toMatchObject({ error: { code: 'BUDGET_EXCEEDED' } });
});

test('a key revoked by another process is refused at its next use', async () => {
  const box = new Sandbox();
  const { url } = await startServe(box);
  for (let round = 0; round < 5; round++) {
    const key = await createKey(box);
    expect(await hammer([url], key, 100)).toEqual({ 200: 100 });
    expect((await box.program(['revoke', 'ci', '--yes'])).exit).toBe(0);
    expect(await hammer([url], key, 100)).toEqual({ 401: 100 });
  }
});

test('the limits of the organisation: models, monthly budget, keys per user', async () => {
  const box = new Sandbox();
  const { url } = await startServe(box, [
    '--models',
    'gpt-4o,mistral-large',
    '--org-budget',
    '2',
    '--max-keys',
    '1',
  ]);
  const key = await createKey(box);
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const code = async (answer: Response) => [
    answer.status,
    ((await answer.json()) as { error?: { code: string } }).error?.code,
  ];

  const models = await fetch(`${url}/v1/models`, { headers });
  const { data } = (await models.json()) as { data: { id: string }[] };
  expect(data.map(({ id }) => id)).toEqual(['gpt-4o', 'mistral-large']);
  const other = await fetch(`${url}/v1/authorize`, { headers: { ...headers, 'x-model': 'o3' } });
  expect(await code(other)).toEqual([403, 'MODEL_NOT_ENTITLED']);

  const session = await box.keys(['session', 'create', '--user', 'alice', '--secret-only'], {
    secretOnStdout: true,
  });
  const alice = { authorization: `Bearer ${session.stdout.trim()}`, 'content-type': 'application/json' };
  const create = () => fetch(`${url}/admin/keys`, { method: 'POST', headers: alice, body: '{"name":"one"}' });
  expect((await create()).status).toBe(201);
  expect(await code(await create())).toEqual([403, 'KEY_LIMIT_REACHED']);

  const report = { method: 'POST', headers, body: JSON.stringify({ cost_usd: 2 }) };
  expect((await fetch(`${url}/v1/usage`, report)).status).toBe(200);
  expect(await code(await fetch(`${url}/v1/models`, { headers }))).toEqual([
    402,
    'ORGANISATION_BUDGET_EXCEEDED',
  ]);
});

async function createKey(box: Sandbox, ...flags: string[]): Promise<string> {
  const run = await box.keys(['create', 'ci', '--secret-only', ...flags], { secretOnStdout: true });
  return run.stdout.trim();
}
