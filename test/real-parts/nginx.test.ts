import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { lacks } from '../support/real-parts.ts';
import { projectRoot, Sandbox } from '../support/sandbox.ts';
import { startServe } from '../support/serving.ts';

/* The configuration in docs/serving.md, run by a real nginx in front of an API, with the authority beside it. */

describe.skipIf(lacks('nginx'))('behind a real nginx', () => {
  test('a key is accepted; the API gets its id and name, but never the key', async () => {
    const { create, ask, received } = await start();
    const { secret, id } = await create('café');
    expect(await ask('/hello?x=1', secret)).toMatchObject({ status: 200, body: 'the API' });
    expect(await ask('/hello', secret, { 'x-api-key': secret, authorization: '' })).toMatchObject({
      status: 200,
    });
    for (const { headers } of received) {
      expect(headers).toMatchObject({ 'x-key-id': id, 'x-key-name': 'caf%C3%A9' });
      expect(JSON.stringify(headers)).not.toContain(secret);
    }
  });

  test('refusals have the status and the code of the authority', async () => {
    const { box, create, ask, report, received } = await start();
    const key = await create('ci', '--models', 'gpt-4o', '--budget', '1', '--rate-limit', '4');
    expect(await ask('/models/gpt-4o/chat', key.secret)).toMatchObject({ status: 200 });
    expect(await ask('/models/o3/chat', key.secret)).toMatchObject({
      status: 403,
      code: 'MODEL_NOT_ALLOWED',
    });
    // The caller's own headers do not count.
    const claims = { 'x-model': 'gpt-4o', 'x-permission': 'read', 'x-original-uri': '/elsewhere' };
    expect(await ask('/models/o3/chat', key.secret, claims)).toMatchObject({ status: 403 });
    expect(await ask('/hello', key.secret, {}, 'POST')).toMatchObject({
      status: 403,
      code: 'PERMISSION_DENIED',
    });
    expect(await ask('/hello', 'sk-unknown-EXAMPLE')).toMatchObject({ status: 401, code: 'INVALID_API_KEY' });
    expect(await ask('/hello')).toMatchObject({ status: 401, code: 'MISSING_API_KEY' });

    for (let use = 0; use < 3; use++) expect(await ask('/hello', key.secret)).toMatchObject({ status: 200 });
    const limited = await ask('/hello', key.secret);
    expect(limited).toMatchObject({ status: 429, code: 'RATE_LIMITED' });
    expect(Number(limited.retryAfter)).toBeGreaterThan(50);
    await report(key.secret, { cost_usd: 1 });
    expect(await ask('/hello', key.secret)).toMatchObject({ status: 402, code: 'BUDGET_EXCEEDED' });

    expect((await box.program(['update', 'ci', '--disable'])).exit).toBe(0);
    expect(await ask('/hello', key.secret)).toMatchObject({ status: 401, code: 'DISABLED_API_KEY' });
    expect((await box.program(['revoke', 'ci', '--yes'])).exit).toBe(0);
    expect(await ask('/hello', key.secret)).toMatchObject({ status: 401, code: 'INVALID_API_KEY' });
    expect(received).toHaveLength(4);
  });

  test("the authority's log has the API's path and the caller's address", async () => {
    const { box, create, ask } = await start();
    const { secret } = await create('ci', '--permission', 'write');
    await ask('/orders/7?secret=no', secret, {}, 'DELETE');
    await expect
      .poll(async () => JSON.parse((await box.program(['logs', '--json', 'method,path,ip'])).stdout), {
        timeout: 5000,
      })
      .toEqual([{ method: 'DELETE', path: '/orders/7', ip: '127.0.0.1' }]);
  });

  test("the API's own failures pass through; without the authority every call is refused", async () => {
    const { create, ask, authority } = await start();
    const { secret } = await create('ci');
    expect(await ask('/broken', secret)).toMatchObject({ status: 500, body: 'the API is broken' });
    await authority.kill();
    expect(await ask('/hello', secret)).toMatchObject({ status: 503, code: 'AUTHORITY_UNAVAILABLE' });
  });
});

async function start() {
  const box = new Sandbox();
  const authority = await startServe(box, ['--behind-proxy']);
  const received: IncomingMessage[] = [];
  const api = createServer((request, response) => {
    received.push(request);
    const isBroken = request.url === '/broken';
    response.writeHead(isBroken ? 500 : 200).end(isBroken ? 'the API is broken' : 'the API');
  });
  await once(api.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void api.close());
  const url = await startNginx(box, new URL(authority.url).port, (api.address() as AddressInfo).port);

  return {
    box,
    authority,
    received,
    async create(name: string, ...flags: string[]) {
      const run = await box.keys(['create', name, '--json', ...flags], { secretOnStdout: true });
      return JSON.parse(run.stdout) as { id: string; secret: string };
    },
    async report(key: string, body: object) {
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
      const report = { method: 'POST', headers, body: JSON.stringify(body) };
      expect((await fetch(`${authority.url}/v1/usage`, report)).status).toBe(200);
    },
    async ask(path: string, key?: string, more: Record<string, string> = {}, method = 'GET') {
      const headers = { ...(key !== undefined && { authorization: `Bearer ${key}` }), ...more };
      const answer = await fetch(`${url}${path}`, { method, headers });
      const body = await answer.text();
      const code = /"code":"(\w+)"/.exec(body)?.[1];
      return { status: answer.status, code, body, retryAfter: answer.headers.get('retry-after') };
    },
  };
}

/** Runs nginx with the configuration of the page on a free port until the test ends. */
async function startNginx(box: Sandbox, keysPort: string, apiPort: number): Promise<string> {
  const port = await freePort();
  const prefix = join(box.cwd, 'nginx');
  mkdirSync(prefix);
  const [, page = ''] =
    /```nginx\n([\s\S]+?)```/.exec(readFileSync(join(projectRoot, 'docs/serving.md'), 'utf8')) ?? [];
  const config = page
    .replace('127.0.0.1:8787', `127.0.0.1:${keysPort}`)
    .replace('127.0.0.1:3000', `127.0.0.1:${apiPort}`)
    .replace('listen 8080', `listen 127.0.0.1:${port}`)
    .replace('http {', `http { access_log off; ${temporaryPaths(prefix)}`);
  const file = join(prefix, 'nginx.conf');
  writeFileSync(
    file,
    `daemon off; master_process off; pid ${prefix}/pid; error_log ${prefix}/errors;\n${config}`,
  );
  const nginx = spawn('nginx', ['-p', prefix, '-e', `${prefix}/errors`, '-c', file], { stdio: 'ignore' });
  onTestFinished(async () => {
    nginx.kill('SIGKILL');
    if (nginx.exitCode === null && nginx.signalCode === null) await once(nginx, 'close');
  });
  await expect
    .poll(
      () =>
        fetch(`http://127.0.0.1:${port}/`).then(
          () => true,
          () => false,
        ),
      { timeout: 10_000 },
    )
    .toBe(true);
  return `http://127.0.0.1:${port}`;
}

function temporaryPaths(prefix: string): string {
  return ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${prefix}/${kind};`)
    .join(' ');
}
