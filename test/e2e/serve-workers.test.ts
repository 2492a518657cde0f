import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { hammer } from '../support/hammer.ts';
import { postgresPassword, testPostgres } from '../support/postgres.ts';
import { lacksPostgres } from '../support/postgres-programs.ts';
import { Sandbox } from '../support/sandbox.ts';
import type { Served } from '../support/serving.ts';
import { startServe } from '../support/serving.ts';

/* Several processes behind one address. */

const slow = { timeout: 60_000 };

async function createKey(box: Sandbox, ...flags: string[]): Promise<string> {
  const { stdout } = await box.keys(['create', 'ci', '--secret-only', ...flags], { secretOnStdout: true });
  return stdout.trim();
}

/** The processes that a process has started; without a list of processes, none. */
function workersOf({ pid }: Served): number[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => parentOf(Number(name)) === pid)
    .map(Number);
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // After the name in parentheses: state, ppid (proc_pid_stat(5)).
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
}

const isRunning = (pid: number) => parentOf(pid) !== undefined;

test('64 connections, four workers, a limit of 100 a minute: exactly 100 pass', slow, async () => {
  const box = new Sandbox();
  const server = await startServe(box, ['--workers', '4']);
  expect(server.log().map((line) => JSON.parse(line))).toMatchObject([
    { event: 'listening', url: server.url, workers: 4 },
  ]);
  const key = await createKey(box, '--rate-limit', '100');
  expect(await hammer([server.url], key, 2000)).toEqual({ 200: 100, 429: 1900 });
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  const allowed = [...metrics.matchAll(/^keys_decisions_total\{code="OK",worker="[1-4]"\} (\d+)$/gm)];
  expect(allowed.length).toBeGreaterThan(1);
  expect(allowed.reduce((sum, [, count]) => sum + Number(count), 0)).toBe(100);
  expect(metrics.match(/^# TYPE keys_decisions_total counter$/gm)).toHaveLength(1);
  expect(metrics).toMatch(/^keys_workers 4$/m);

  expect(await server.stop()).toBe(0);
  // Every request is one whole line, whichever process wrote it, and every use is in the database.
  expect(server.log().map((line) => JSON.parse(line))).toHaveLength(2002);
  const { stdout } = await box.keys(['show', 'ci', '--json', 'usage']);
  expect(JSON.parse(stdout)).toEqual({ usage: { requests: 100, tokens: 0 } });
});

test.skipIf(lacksPostgres())('the same on PostgreSQL, also for the password', slow, async () => {
  const box = new Sandbox();
  const { url } = await (await testPostgres()).createDatabase();
  const env = { PGPASSWORD: postgresPassword, PGSSLMODE: 'disable', KEYS_DB: url };
  const { stdout } = await box.keys(['create', 'ci', '--secret-only', '--rate-limit', '100'], {
    env,
    secretOnStdout: true,
  });
  const server = await startServe(box, ['--workers', '4'], { env });
  expect(await hammer([server.url], stdout.trim(), 500)).toEqual({ 200: 100, 429: 400 });
  for (const pid of workersOf(server))
    expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).not.toContain(postgresPassword);
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  expect(metrics).toMatch(/^keys_changes_heard\{worker="[1-4]"\} 1$/m);
  expect(await server.stop()).toBe(0);
  const usage = await box.keys(['show', 'ci', '--json', 'usage'], { env });
  expect(JSON.parse(usage.stdout)).toEqual({ usage: { requests: 100, tokens: 0 } });
});

test('a budget that is spent at one worker is spent at all of them', slow, async () => {
  const box = new Sandbox();
  const { url } = await startServe(box, ['--workers', '3']);
  const key = await createKey(box, '--budget', '1');
  expect(await hammer([url], key, 30)).toEqual({ 200: 30 });
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const report = { method: 'POST', headers, body: '{"cost_usd":1}' };
  expect((await fetch(`${url}/v1/usage`, report)).status).toBe(200);
  expect(await hammer([url], key, 64)).toEqual({ 402: 64 });
});

test.skipIf(process.platform !== 'linux')(
  'a worker that dies is replaced, and the others answer meanwhile',
  slow,
  async () => {
    const box = new Sandbox();
    const server = await startServe(box, ['--workers', '2']);
    const key = await createKey(box);
    const [victim = 0] = workersOf(server);
    process.kill(victim, 'SIGKILL');
    await expect.poll(() => isRunning(victim)).toBe(false);
    expect(await hammer([server.url], key, 64)).toEqual({ 200: 64 });
    await expect
      .poll(async () => (await fetch(`${server.url}/metrics`)).text(), { timeout: 20_000 })
      .toMatch(/^keys_workers 2\n[\s\S]*^keys_workers_replaced_total 1$/m);
    expect(server.stderr()).toMatch(
      /^warning: worker \d ended unexpectedly \(SIGKILL\); another one starts in/m,
    );
    expect(workersOf(server)).toHaveLength(2);
    expect(await server.stop()).toBe(0);
  },
);

test.skipIf(process.platform !== 'linux')('workers have no secret in their environment', slow, async () => {
  const box = new Sandbox();
  const env = { KEYS_TOKEN: 'ses_EXAMPLE', PGPASSWORD: 'pg-EXAMPLE', OTHER_API_KEY: 'sk-EXAMPLE' };
  const server = await startServe(box, ['--workers', '2'], { env });
  const workers = workersOf(server);
  expect(workers).toHaveLength(2);
  for (const pid of workers) {
    for (const part of ['environ', 'cmdline'])
      expect(readFileSync(`/proc/${pid}/${part}`, 'utf8'), part).not.toContain('EXAMPLE');
  }
});

test('SIGTERM lets calls of all workers finish; a second one ends all waiting', slow, async () => {
  const box = new Sandbox();
  const releases: (() => void)[] = [];
  const upstream = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: {"one":1}\n\n');
    releases.push(() => response.end('data: [DONE]\n\n'));
  });
  await new Promise<void>((done) => upstream.listen(0, '127.0.0.1', done));
  onTestFinished(() => {
    upstream.closeAllConnections();
    upstream.close();
  });
  const { port } = upstream.address() as AddressInfo;
  const flags = ['--workers', '2', '--upstream', `http://127.0.0.1:${port}/v1`];
  const key = await createKey(box);
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const call = { method: 'POST', headers, body: '{"model":"m","stream":true}' };
  const start = async () => {
    const server = await startServe(box, flags);
    const ask = () => fetch(`${server.url}/v1/chat/completions`, call);
    return { server, answers: [await ask(), await ask(), await ask(), await ask()] };
  };

  const patient = await start();
  const ended = patient.server.stop();
  await sleep(500);
  for (const release of releases) release();
  for (const answer of patient.answers)
    expect(await answer.text()).toBe('data: {"one":1}\n\ndata: [DONE]\n\n');
  expect(await ended).toBe(0);

  const urgent = await start();
  void urgent.server.stop();
  await sleep(500);
  expect(await urgent.server.stop()).toBe(0);
  for (const answer of urgent.answers) await expect(answer.text()).rejects.toThrow();
  expect(JSON.parse((await box.program(['logs', '--json', 'statusCode'])).stdout)).toEqual([
    ...Array.from({ length: 4 }, () => ({ statusCode: 499 })),
    ...Array.from({ length: 4 }, () => ({ statusCode: 200 })),
  ]);
});

test.skipIf(process.platform !== 'linux')(
  'workers whose supervisor is killed write their uses and end',
  slow,
  async () => {
    const box = new Sandbox();
    const server = await startServe(box, ['--workers', '2']);
    const key = await createKey(box);
    const workers = workersOf(server);
    expect(await hammer([server.url], key, 64)).toEqual({ 200: 64 });
    await server.kill();
    await expect.poll(() => workers.filter(isRunning), { timeout: 20_000 }).toEqual([]);
    const { stdout } = await box.keys(['show', 'ci', '--json', 'usage']);
    expect(JSON.parse(stdout)).toEqual({ usage: { requests: 64, tokens: 0 } });
  },
);

test('what no worker can use is one error, as of a single process', slow, async () => {
  const box = new Sandbox();
  const { url } = await startServe(box);
  const { port } = new URL(url);
  const taken = await box.program(['serve', '--port', port, '--workers', '2']);
  expect(taken).toMatchObject({ exit: 1, stdout: '' });
  expect(taken.stderr).toBe(
    `error: cannot listen on 127.0.0.1:${port}: the port is in use\nhint: keys serve --port 0 uses any free port\n`,
  );
  const tls = ['--tls-cert', 'missing.pem', '--tls-key', 'missing.pem'];
  const unreadable = await box.program(['serve', '--port', '0', '--workers', '2', ...tls]);
  expect(unreadable).toMatchObject({ exit: 2, stdout: '' });
  expect(unreadable.stderr).toBe('error: --tls-cert: cannot read missing.pem (ENOENT)\n');
  for (const count of ['0', '1000', 'many'])
    expect((await box.program(['serve', '--workers', count])).exit, count).toBe(2);
});
