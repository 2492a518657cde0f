import { renameSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { Sandbox } from '../support/sandbox.ts';
import { startServe } from '../support/serving.ts';

/* What calls cost at an upstream that does not say it. */

const table = `
# US dollars for a million tokens
gpt-4o: { input: 2.50, cached: 1.25, output: 10 }
claude-*: { input: 3, cached: 0.30, output: 15 }
draw: { request: 0.04 }
free: { input: 0 }
`;

interface Call {
  model: string;
  stream?: boolean;
  cost?: number;
  silent?: boolean;
}

const openAiUsage = { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 };

/** An upstream of no vendor in particular. A streamed `silent` call never ends; a `cost` is reported. */
function answer(call: Call, response: ServerResponse): void {
  const usage = call.model.startsWith('claude')
    ? { input_tokens: 1000, output_tokens: 100, cache_read_input_tokens: 1000 }
    : { ...openAiUsage, ...(call.cost !== undefined && { cost: call.cost }) };
  if (!call.stream) {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ model: call.model, ...(!call.silent && { usage }) }));
    return;
  }
  const send = (data: object) => response.write(`data: ${JSON.stringify(data)}\n\n`);
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  if (call.model.startsWith('claude')) {
    const { output_tokens: _, ...inputOnly } = usage as Record<string, number>;
    send({
      type: 'message_start',
      message: { model: call.model, usage: { ...inputOnly, output_tokens: 1 } },
    });
  }
  for (let word = 0; word < 8; word++) send({ choices: [{ delta: { content: 'word ' } }] });
  if (call.silent) return;
  if (call.model.startsWith('claude')) send({ type: 'message_delta', usage: { output_tokens: 100 } });
  else send({ model: call.model, choices: [], usage });
  response.end('data: [DONE]\n\n');
}

async function start(box: Sandbox, ...flags: string[]) {
  const upstream = createServer(async (request: IncomingMessage, response) => {
    const body = await text(request);
    answer({ model: 'none', ...(body !== '' && JSON.parse(body)) }, response);
  });
  await new Promise<void>((done) => upstream.listen(0, '127.0.0.1', done));
  onTestFinished(() => {
    upstream.closeAllConnections();
    upstream.close();
  });
  const { port } = upstream.address() as AddressInfo;
  const server = await startServe(box, ['--upstream', `http://127.0.0.1:${port}/v1`, ...flags]);
  const ask = (key: string, call: object, signal?: AbortSignal) =>
    fetch(`${server.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(call),
      signal: signal ?? null,
    });
  const spent = async (name: string) => {
    const { stdout } = await box.keys(['show', name, '--json', 'spentUsd']);
    return (JSON.parse(stdout) as { spentUsd: number }).spentUsd;
  };
  return { ...server, ask, spent };
}

async function createKey(box: Sandbox, name: string, ...flags: string[]): Promise<string> {
  const { stdout } = await box.keys(['create', name, '--secret-only', ...flags], { secretOnStdout: true });
  return stdout.trim();
}

function priced(box: Sandbox, content = table): string[] {
  writeFileSync(join(box.cwd, 'prices.new'), content);
  renameSync(join(box.cwd, 'prices.new'), join(box.cwd, 'prices.yaml'));
  return ['--prices', 'prices.yaml'];
}

test.each<[call: Call, usd: number]>([
  [{ model: 'gpt-4o' }, 0.0035],
  [{ model: 'gpt-4o', stream: true }, 0.0035],
  [{ model: 'claude-sonnet' }, 0.0048],
  [{ model: 'claude-sonnet', stream: true }, 0.0048],
  [{ model: 'draw', silent: true }, 0.04],
  [{ model: 'free' }, 0],
  // What the upstream says itself counts.
  [{ model: 'gpt-4o', cost: 0.5 }, 0.5],
  [{ model: 'gpt-4o', stream: true, cost: 0 }, 0],
])('%j costs %d', async (call, usd) => {
  const box = new Sandbox();
  const { ask, spent } = await start(box, ...priced(box));
  const key = await createKey(box, 'ci', '--budget', '1');
  expect((await (await ask(key, call)).text()).length).toBeGreaterThan(0);
  await expect.poll(() => spent('ci')).toBe(usd);
});

test('a spent budget stops the next call', async () => {
  const box = new Sandbox();
  const { ask } = await start(box, ...priced(box));
  const key = await createKey(box, 'ci', '--budget', '0.007');
  const statuses: number[] = [];
  for (let call = 0; call < 3; call++) {
    const response = await ask(key, { model: 'gpt-4o', stream: true });
    await response.text();
    statuses.push(response.status);
  }
  expect(statuses).toEqual([200, 200, 402]);
});

test('a caller who hangs up before the usage pays by estimate', async () => {
  const box = new Sandbox();
  const { ask, spent } = await start(box, ...priced(box));
  const key = await createKey(box, 'ci', '--budget', '1');
  const leaving = new AbortController();
  const image = `data:image/png;base64,${'A'.repeat(1_000_000)}`;
  const call = { model: 'gpt-4o', stream: true, silent: true, prompt: 'x '.repeat(2000), image };
  const response = await ask(key, call, leaving.signal);
  const reader = response.body?.getReader();
  await reader?.read();
  leaving.abort();
  // About 1000 tokens in, for its text without the image, and one for each word that came.
  await expect.poll(() => spent('ci')).toBeGreaterThan(0.0025);
  expect(await spent('ci')).toBeLessThan(0.003);
});

test('a model without a price: refused for a key with a budget, and counted for others', async () => {
  const box = new Sandbox();
  const server = await start(box, ...priced(box));
  const { ask, spent } = server;
  const limited = await createKey(box, 'limited', '--budget', '1');
  const free = await createKey(box, 'free');
  for (const call of [{ model: 'o3\u001b[2J' }, { messages: [] }]) {
    const refused = await ask(limited, call);
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({ error: { code: 'MODEL_NOT_PRICED' } });
    for (let time = 0; time < 2; time++) expect((await ask(free, call)).status).toBe(200);
  }
  const list = await fetch(`${server.url}/v1/models`, { headers: { authorization: `Bearer ${limited}` } });
  expect(list.status).toBe(200);
  expect([await spent('limited'), await spent('free')]).toEqual([0, 0]);
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  expect(metrics).toMatch(/^keys_unpriced_calls_total 4$/m);
  const warnings = server
    .stderr()
    .split('\n')
    .filter((line) => line.startsWith('warning: '));
  expect(warnings).toEqual([
    'warning: the model o3\\x1b[2J has no price in the file of --prices, and counts without a cost',
    'warning: the model none has no price in the file of --prices, and counts without a cost',
  ]);
});

test('a budget of the organisation is a budget of each key', async () => {
  const box = new Sandbox();
  const { ask } = await start(box, '--org-budget', '5', ...priced(box));
  expect((await ask(await createKey(box, 'ci'), { model: 'o3' })).status).toBe(403);
});

test('without --prices nothing changes: what the upstream does not say costs nothing', async () => {
  const box = new Sandbox();
  const { ask, spent } = await start(box);
  const key = await createKey(box, 'ci', '--budget', '1');
  expect((await ask(key, { model: 'o3' })).status).toBe(200);
  expect(await spent('ci')).toBe(0);
});

test('the table is read again on SIGHUP; one with a fault leaves the old one in use', async () => {
  const box = new Sandbox();
  const server = await start(box, ...priced(box));
  const key = await createKey(box, 'ci', '--budget', '100');
  priced(box, 'gpt-4o: { input: 1000 }\n');
  process.kill(server.pid, 'SIGHUP');
  await expect.poll(() => server.stderr()).toContain('read the price table again: prices.yaml\n');
  await (await server.ask(key, { model: 'gpt-4o' })).text();
  await expect.poll(() => server.spent('ci')).toBe(1);
  priced(box, 'gpt-4o: { input: free }\n');
  process.kill(server.pid, 'SIGHUP');
  await expect
    .poll(() => server.stderr())
    .toContain(
      'warning: --prices: prices.yaml:1:18: gpt-4o.input: expected US dollars from 0 to 1000000 with at most 6 decimals; the price table that was in use stays in use\n',
    );
  await (await server.ask(key, { model: 'gpt-4o' })).text();
  await expect.poll(() => server.spent('ci')).toBe(2);
});

test('every fault of a table is shown with its place before the server starts', async () => {
  const box = new Sandbox();
  const refusal = async (content: string | undefined, name = 'prices.yaml') => {
    if (content !== undefined) priced(box, content);
    const { exit, stderr } = await box.program([
      'serve',
      '--port',
      '0',
      '--upstream',
      'http://127.0.0.1:1',
      '--prices',
      name,
    ]);
    expect(exit).toBe(2);
    return stderr;
  };
  expect(
    await refusal(
      'm: { input: -1, output: 0.0000001 }\nn: { prompt: 1 }\no: {}\np: 3\nq: { input: "2" }\nm: { input: 1 }\n',
    ),
  ).toMatchInlineSnapshot(`
    "error: --prices: prices.yaml:1:13: m.input: expected US dollars from 0 to 1000000 with at most 6 decimals
    error: --prices: prices.yaml:1:25: m.output: expected US dollars from 0 to 1000000 with at most 6 decimals
    error: --prices: prices.yaml:2:14: n.prompt: unknown field; expected input, cached, output, request
    error: --prices: prices.yaml:3:4: o: has no price; write { input: 0 } for a model that is free
    error: --prices: prices.yaml:4:4: p: has no price; write { input: 0 } for a model that is free
    error: --prices: prices.yaml:5:13: q.input: expected US dollars from 0 to 1000000 with at most 6 decimals
    error: --prices: prices.yaml:6:1: m: is there twice; remove one of them
    "
  `);
  expect(await refusal('{ "m": { "input": 1, } ')).toMatchInlineSnapshot(`
    "error: --prices: prices.yaml:1:24: lacks a character: close the quote or the bracket, or write a colon and a space after the name
    "
  `);
  expect(await refusal('- m\n')).toMatchInlineSnapshot(`
    "error: --prices: prices.yaml:1:1: expected a map of models and their prices
    "
  `);
  expect(await refusal('')).toMatchInlineSnapshot(`
    "error: --prices: prices.yaml is empty
    "
  `);
  expect(await refusal(undefined, 'missing.yaml')).toMatchInlineSnapshot(`
    "error: --prices: cannot read missing.yaml (ENOENT)
    "
  `);
  expect((await box.program(['serve', '--prices', 'prices.yaml'])).stderr).toMatchInlineSnapshot(`
    "error: --prices needs --upstream
    hint: keys help serve
    "
  `);
});
