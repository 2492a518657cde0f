import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, get, request } from 'node:http';
import { Agent, get as secureGet } from 'node:https';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { Sandbox } from '../support/sandbox.ts';
import { startServe } from '../support/serving.ts';
import { commandLine, folders, ids, ports, Transcript, times } from '../support/transcript.ts';

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

const filters = [
  times,
  ports,
  ids,
  folders,
  { word: 'duration', pattern: /(?<="durationMs":)[\d.]+|(?<= )[\d.]+(?=ms )/g },
  { word: 'request', isNumbered: true, pattern: /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g } as const,
];

/** The lines that a server has printed, as text. */
function logOf(box: Sandbox, lines: readonly string[]): string {
  return new Transcript(box, filters).filtered(lines.map((line) => `${line}\n`).join(''));
}

test('prints its address, responds, and exits with 0 on SIGTERM and on Ctrl-C', async () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const box = new Sandbox();
    const server = await startServe(box);
    expect(logOf(box, server.log())).toMatchInlineSnapshot(`
      "{"time":"[time]","event":"listening","url":"http://127.0.0.1:[port 1]"}
      "
    `);
    expect(await (await fetch(`${server.url}/healthz`)).json()).toEqual({ status: 'ok' });
    expect(await server.stop(signal)).toBe(0);
    await expect(fetch(`${server.url}/healthz`)).rejects.toThrow();
  }
});

test('finishes running calls before it exits', async () => {
  const box = new Sandbox();
  let release = () => {};
  const upstream = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: {"one":1}\n\n');
    release = () => response.end('data: [DONE]\n\n');
  });
  await new Promise<void>((done) => upstream.listen(0, '127.0.0.1', done));
  onTestFinished(() => void upstream.close());
  const { port } = upstream.address() as AddressInfo;
  const server = await startServe(box, ['--upstream', `http://127.0.0.1:${port}/v1`]);
  const { stdout } = await box.keys(['create', 'ci', '--secret-only'], { secretOnStdout: true });

  const headers = { authorization: `Bearer ${stdout.trim()}`, 'content-type': 'application/json' };
  const body = '{"model":"m","stream":true}';
  const answer = await fetch(`${server.url}/v1/chat/completions`, { method: 'POST', headers, body });
  const ended = server.stop();
  await sleep(300);
  await expect(fetch(`${server.url}/healthz`)).rejects.toThrow();
  release();
  expect(await answer.text()).toBe('data: {"one":1}\n\ndata: [DONE]\n\n');
  expect(await ended).toBe(0);
});

test('--drain: after SIGTERM the server answers on, says that it is not ready, and then exits', async () => {
  const box = new Sandbox();
  const server = await startServe(box, ['--drain', '2s']);
  const { stdout } = await box.keys(['create', 'ci', '--secret-only'], { secretOnStdout: true });
  const status = async (path: string) =>
    (await fetch(`${server.url}${path}`, { headers: { 'x-api-key': stdout.trim() } })).status;
  expect(await status('/readyz')).toBe(200);
  const ended = server.stop();
  await expect.poll(() => status('/readyz')).toBe(503);
  expect(await status('/v1/authorize')).toBe(200);
  expect(await status('/healthz')).toBe(200);
  expect(await ended).toBe(0);
  expect(JSON.parse((await box.program(['logs', '--json', 'statusCode'])).stdout)).toEqual([
    { statusCode: 200 },
  ]);
});

test('a second SIGTERM cuts off what still runs, and every use is written', async () => {
  const box = new Sandbox();
  const upstream = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: {"one":1}\n\n');
  });
  await new Promise<void>((done) => upstream.listen(0, '127.0.0.1', done));
  onTestFinished(() => {
    upstream.closeAllConnections();
    upstream.close();
  });
  const { port } = upstream.address() as AddressInfo;
  const server = await startServe(box, ['--upstream', `http://127.0.0.1:${port}/v1`]);
  const { stdout } = await box.keys(['create', 'ci', '--secret-only'], { secretOnStdout: true });
  const headers = { authorization: `Bearer ${stdout.trim()}`, 'content-type': 'application/json' };
  const body = '{"model":"m","stream":true}';
  const answer = await fetch(`${server.url}/v1/chat/completions`, { method: 'POST', headers, body });
  void server.stop();
  await sleep(500);
  expect(await server.stop()).toBe(0);
  await expect(answer.text()).rejects.toThrow();
  expect(JSON.parse((await box.program(['logs', '--json', 'statusCode'])).stdout)).toEqual([
    { statusCode: 499 },
  ]);
});

test('writes enqueued uses before it exits', async () => {
  const box = new Sandbox();
  const server = await startServe(box);
  const { stdout } = await box.keys(['create', 'ci', '--secret-only'], { secretOnStdout: true });
  await fetch(`${server.url}/v1/authorize`, { headers: { 'x-api-key': stdout.trim() } });
  expect(await server.stop()).toBe(0);
  expect(JSON.parse((await box.program(['logs', '--json', 'statusCode'])).stdout)).toEqual([
    { statusCode: 200 },
  ]);
});

test('a port in use is an error', async () => {
  const box = new Sandbox();
  const { url } = await startServe(box);
  const { port } = new URL(url);
  const story = new Transcript(box, [{ word: 'port', pattern: new RegExp(`\\b${port}\\b`, 'g') }]);
  expect(await story.program(['serve', '--port', port, '--format', 'json'])).toMatchInlineSnapshot(`
    "$ keys serve --port [port] --format json
    exit 1
    --- stderr
    {"error":{"code":"port_taken","message":"cannot listen on 127.0.0.1:[port]: the port is in use","hint":"keys serve --port 0 uses any free port"}}
    "
  `);
});

test('flags that are not valid or not safe are refused before anything starts', async () => {
  const box = new Sandbox();
  writeFileSync(join(box.cwd, 'upstream.key'), 'sk-upstream-EXAMPLE', { mode: 0o600 });
  box.expectSecretIn('upstream.key');
  const reason = { word: 'reason', pattern: /(?<=in PEM \()\w+/g };
  const story = new Transcript(box, [folders, reason]);
  const texts: string[] = [];
  const upstreamKey = ['--upstream-key', 'file:upstream.key'];
  for (const flags of [
    ['--host', '0.0.0.0'],
    ['--tls-cert', 'cert.pem'],
    ['--upstream-key', 'file:key'],
    ['--port', '70000'],
    ['--org-budget', '-1'],
    ['--tls-cert', '/dev/null', '--tls-key', '/dev/null'],
    ['--tls-cert', 'missing.pem', '--tls-key', 'missing.pem'],
    ['--upstream', 'nowhere'],
    ['--upstream', 'http://api.example.com', ...upstreamKey],
    ['--upstream', 'http://192.168.0.7:1/v1', ...upstreamKey],
    ['--upstream', 'http://127.0.0.1.example.com', ...upstreamKey],
    ['--upstream', 'http://127.0.0.1:1', '--upstream-key', 'literal'],
  ]) {
    const args = ['serve', '--port', '0', ...flags];
    const run = await box.keys(args);
    expect([run.exit, run.stdout]).toEqual([2, '']);
    texts.push(story.printed(commandLine(args), run));
  }
  expect(texts.join('')).toMatchInlineSnapshot(`
    "$ keys serve --port 0 --host 0.0.0.0
    exit 2
    --- stderr
    error: --host 0.0.0.0 is reachable from other machines: add --tls-cert and --tls-key, or --behind-proxy
    hint: keys help serve
    $ keys serve --port 0 --tls-cert cert.pem
    exit 2
    --- stderr
    error: --tls-cert and --tls-key need each other
    hint: keys help serve
    $ keys serve --port 0 --upstream-key file:key
    exit 2
    --- stderr
    error: --upstream-key needs --upstream
    hint: keys help serve
    $ keys serve --port 0 --port 70000
    exit 2
    --- stderr
    error: --port: '70000' is not a port: use an integer from 0 to 65535
    hint: keys help serve
    $ keys serve --port 0 --org-budget -1
    exit 2
    --- stderr
    error: --org-budget: '-1' is not an amount of US dollars above 0, such as 25 or 9.50
    hint: keys help serve
    $ keys serve --port 0 --tls-cert /dev/null --tls-key /dev/null
    exit 2
    --- stderr
    error: --tls-cert, --tls-key: /dev/null and /dev/null are not a certificate and its key in PEM ([reason])
    $ keys serve --port 0 --tls-cert missing.pem --tls-key missing.pem
    exit 2
    --- stderr
    error: --tls-cert: cannot read missing.pem (ENOENT)
    $ keys serve --port 0 --upstream nowhere
    exit 2
    --- stderr
    error: --upstream is not a URL
    hint: keys help serve
    $ keys serve --port 0 --upstream http://api.example.com --upstream-key file:upstream.key
    exit 2
    --- stderr
    error: the upstream URL is http: to another host, which would send its key unencrypted
    hint: pass only scheme, host and path, like https://api.example.com/v1
    $ keys serve --port 0 --upstream http://192.168.0.7:1/v1 --upstream-key file:upstream.key
    exit 2
    --- stderr
    error: the upstream URL is http: to another host, which would send its key unencrypted
    hint: pass only scheme, host and path, like https://api.example.com/v1
    $ keys serve --port 0 --upstream http://127.0.0.1.example.com --upstream-key file:upstream.key
    exit 2
    --- stderr
    error: the upstream URL is http: to another host, which would send its key unencrypted
    hint: pass only scheme, host and path, like https://api.example.com/v1
    $ keys serve --port 0 --upstream http://127.0.0.1:1 --upstream-key literal
    exit 2
    --- stderr
    error: 'literal' is not a source; expected keychain:NAME, file:PATH or env:PATH#NAME
    "
  `);
});

test('on loopback, refuses other hosts and web pages (DNS rebinding)', async () => {
  const { url } = await startServe(new Sandbox(), ['--allow-host', 'keys.example.com']);
  const ask = (headers: Record<string, string>) =>
    new Promise<number>((done, fail) => {
      get(`${url}/healthz`, { headers }, (answer) => done(answer.resume().statusCode ?? 0)).on('error', fail);
    });
  expect(await ask({})).toBe(200);
  for (const host of ['localhost:1', 'keys.example.com', '[::1]:9'])
    expect(await ask({ host }), host).toBe(200);
  for (const host of ['attacker.example.com', '127.0.0.1.example.com', 'localhost.example.com:80']) {
    expect(await ask({ host }), host).toBe(403);
  }
  expect(await ask({ origin: 'https://attacker.example.com' })).toBe(403);
  expect(await ask({ origin: 'null' })).toBe(403);
});

test('logs one line for each request, without its query and without secrets', async () => {
  const box = new Sandbox();
  const server = await startServe(box);
  const { stdout } = await box.keys(['create', 'ci', '--secret-only'], { secretOnStdout: true });
  const key = stdout.trim();
  await fetch(`${server.url}/v1/models?key=${key}`, { headers: { authorization: `Bearer ${key}` } });
  await fetch(`${server.url}/unreal/v1/keys/${key}`, { headers: { authorization: `Bearer ${key}` } });
  expect(await server.stop()).toBe(0);
  expect(logOf(box, server.log())).toMatchInlineSnapshot(`
    "{"time":"[time]","event":"listening","url":"http://127.0.0.1:[port 1]"}
    {"time":"[time]","requestId":"[request 1]","ip":"127.0.0.1","method":"GET","path":"/v1/models","status":200,"durationMs":[duration],"key":"[id 1]"}
    {"time":"[time]","requestId":"[request 2]","ip":"127.0.0.1","method":"GET","path":"/unreal/v1/keys/****","status":401,"durationMs":[duration],"code":"INVALID_SESSION"}
    "
  `);
  const [, ...lines] = server.log().map((line) => JSON.parse(line));
  expect(lines.map(({ key: id }) => id)).toEqual([key.slice(3, 19), undefined]);
  for (const { time, durationMs } of lines) {
    expect(Date.parse(time)).toBeGreaterThan(0);
    expect(durationMs).toBeGreaterThan(0);
  }
});

test('--quiet omits the requests, --log-format text is readable', async () => {
  const box = new Sandbox();
  const quiet = await startServe(box, ['--quiet']);
  await fetch(`${quiet.url}/healthz`);
  expect(await quiet.stop()).toBe(0);
  expect(logOf(box, quiet.log())).toMatchInlineSnapshot(`
    "{"time":"[time]","event":"listening","url":"http://127.0.0.1:[port 1]"}
    "
  `);
  const text = await startServe(box, ['--log-format', 'text']);
  await fetch(`${text.url}/nowhere`);
  expect(await text.stop()).toBe(0);
  expect(logOf(box, text.log())).toMatchInlineSnapshot(`
    "listening on http://127.0.0.1:[port 1]
    [time] 404 GET /nowhere [duration]ms 127.0.0.1 - NOT_FOUND
    "
  `);
});

test.skipIf(!hasOpenssl)('serves TLS with the certificate of --tls-cert', async () => {
  const box = new Sandbox();
  const subject = [
    '-subj',
    '/CN=127.0.0.1',
    '-addext',
    'subjectAltName=IP:127.0.0.1',
    '-days',
    '2',
    '-nodes',
  ];
  const files = ['-keyout', join(box.cwd, 'key.pem'), '-out', join(box.cwd, 'cert.pem')];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', ...subject, ...files], { stdio: 'ignore' });
  const server = await startServe(box, [
    '--host',
    '0.0.0.0',
    '--tls-cert',
    'cert.pem',
    '--tls-key',
    'key.pem',
  ]);
  const agent = new Agent({ ca: readFileSync(join(box.cwd, 'cert.pem')) });
  onTestFinished(() => agent.destroy());
  const address = `https://127.0.0.1:${new URL(server.url).port}/healthz`;
  const status = await new Promise((done, fail) => {
    secureGet(address, { agent }, (answer) => done(answer.resume().statusCode)).on('error', fail);
  });
  expect(status).toBe(200);

  const shake = (options: object) =>
    new Promise<string>((done) => {
      const socket = connectTls({
        port: Number(new URL(server.url).port),
        rejectUnauthorized: false,
        ...options,
      });
      socket
        .on('secureConnect', () => done(socket.getCipher().standardName))
        .on('error', () => done('refused'));
      socket.on('close', () => done('refused')).on('secureConnect', () => socket.destroy());
    });
  expect(await shake({})).toMatch(/^TLS_AES_256_GCM/);
  expect(await shake({ maxVersion: 'TLSv1.2' })).toMatch(/^TLS_ECDHE_.*(?:GCM|POLY1305)/);
  expect(await shake({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' })).toBe(
    'refused',
  );
  for (const ciphers of [
    'AES128-SHA',
    'AES256-GCM-SHA384',
    'ECDHE-RSA-AES128-SHA',
    'ECDHE-RSA-AES128-SHA256',
  ]) {
    expect(await shake({ maxVersion: 'TLSv1.2', ciphers: `${ciphers}:@SECLEVEL=0` }), ciphers).toBe(
      'refused',
    );
  }
});

test("behind a proxy, the client's address is the last one that the proxy adds", async () => {
  const box = new Sandbox();
  const server = await startServe(box, ['--behind-proxy']);
  const { stdout } = await box.keys(['create', 'ci', '--secret-only'], { secretOnStdout: true });
  const headers = { 'x-api-key': stdout.trim(), 'x-forwarded-for': '192.0.2.9, 198.51.100.7' };
  await fetch(`${server.url}/v1/authorize`, { headers });
  expect(await server.stop()).toBe(0);
  expect(JSON.parse((await box.program(['logs', '--json', 'ip'])).stdout)).toEqual([{ ip: '198.51.100.7' }]);
});

test('a body or headers that are too large are refused', async () => {
  const box = new Sandbox();
  const { url } = await startServe(box);
  const { stdout } = await box.keys(['session', 'create', '--user', 'ada', '--secret-only'], {
    secretOnStdout: true,
  });
  const send = (authorization: string) =>
    new Promise<number>((done, fail) => {
      const call = request(`${url}/unreal/v1/keys`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
      });
      call.on('response', (answer) => done(answer.resume().statusCode ?? 0)).on('error', fail);
      call.end(`{"name":"${'x'.repeat(2_000_000)}"}`);
    });
  expect(await send(`Bearer ${stdout.trim()}`)).toBe(413);
  expect(await send('Bearer ses_unknown')).toBe(401);
  const { port, hostname } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(`GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`);
  const response = await new Promise<string>((done) => socket.once('data', (data) => done(String(data))));
  expect(new Transcript(box, filters).filtered(response.replaceAll('\r', ''))).toMatchInlineSnapshot(`
    "HTTP/1.1 431 Request Header Fields Too Large
    Content-Length: 114
    Content-Type: application/json

    {"error":"Request Header Fields Too Large","message":"Exceeded maximum allowed HTTP header size","statusCode":431}"
  `);
});

test('counts for Prometheus', async () => {
  const box = new Sandbox();
  const { url } = await startServe(box);
  const { stdout } = await box.keys(['create', 'ci', '--secret-only'], { secretOnStdout: true });
  const headers = { 'x-api-key': stdout.trim(), 'content-type': 'application/json' };
  await fetch(`${url}/v1/authorize`, { headers });
  await fetch(`${url}/v1/authorize`);
  await fetch(`${url}/v1/usage`, { method: 'POST', headers, body: '{"tokens":7,"cost_usd":0.5}' });
  const metrics = await fetch(`${url}/metrics`);
  expect(metrics.headers.get('content-type')).toMatchInlineSnapshot(
    `"text/plain; version=0.0.4; charset=utf-8"`,
  );
  const lines = (await metrics.text()).split('\n').filter((line) => /^keys_.*_total/.test(line));
  expect(lines.sort().join('\n')).toMatchInlineSnapshot(`
    "keys_cost_usd_total 0.5
    keys_decisions_total{code="MISSING_API_KEY"} 1
    keys_decisions_total{code="OK"} 1
    keys_http_requests_total{route="/v1/authorize",method="GET",status="200"} 1
    keys_http_requests_total{route="/v1/authorize",method="GET",status="401"} 1
    keys_http_requests_total{route="/v1/usage",method="POST",status="200"} 1
    keys_tokens_total 7
    keys_unpriced_calls_total 0"
  `);
});
