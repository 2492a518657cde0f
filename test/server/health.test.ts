import { rmSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Secret } from '../../src/base/secret.ts';
import { createServer } from '../../src/server/server.ts';
import { spec } from '../support/authority.ts';
import type { Refused } from '../support/authority-service.ts';
import { refusalIn, serving, testService } from '../support/authority-service.ts';
import { cannotMount } from '../support/real-parts.ts';
import { mountSmallDisk } from '../support/small-disk.ts';

test('a server with a database is alive and ready', async () => {
  const { call } = await serving(await testService());
  expect(await call('GET', '/healthz')).toMatchObject({ status: 200, body: { status: 'ok' } });
  expect(await call('GET', '/readyz')).toMatchObject({ status: 200, body: { status: 'ready' } });
});

test('without its database a server is alive, but not ready', async () => {
  const made = await testService();
  const { call } = await serving(made);
  expect((await call('GET', '/readyz')).status).toBe(200);
  rmSync(made.path);
  const answer = await call<Refused>('GET', '/readyz');
  expect(refusalIn(answer)).toEqual([503, 'AUTHORITY_UNAVAILABLE']);
  expect(answer.headers.get('content-type')).toMatch('application/json');
  expect(JSON.stringify(answer.body)).not.toContain(made.path);
  expect((await call('GET', '/healthz')).status).toBe(200);
});

test('a database that a newer program has migrated makes the server not ready', async () => {
  const made = await testService();
  const { call } = await serving(made);
  expect((await call('GET', '/readyz')).status).toBe(200);
  const { connectDatabase } = await import('../../src/authority/sqlite/connection.ts');
  const other = connectDatabase(made.path, 1000);
  other.run('PRAGMA user_version = 1000');
  other.close();
  expect((await call('GET', '/readyz')).status).toBe(503);
});

describe.skipIf(cannotMount())('while the disk of its database is full', () => {
  test('a server makes no change, says so to callers and its operator, and loses no use', async () => {
    const made = await testService();
    const disk = mountSmallDisk(dirname(made.path));
    const causes: string[] = [];
    const { call, token } = await serving(made, { onUnavailable: ({ message }) => causes.push(message) });
    const keys = await made.keysOf('ada');
    const limited = await keys.issue(spec({ name: 'limited', rateLimitRpm: 10 }));
    const free = await keys.issue(spec({ name: 'free' }));
    const session = await token('ada');
    const use = (secret: Secret) => call<Refused>('GET', '/v1/authorize', { token: secret.reveal() });
    const names = async () => (await keys.list()).map(({ key }) => key.name).sort();
    disk.fill();
    const refusals = [
      await call<Refused>('POST', '/admin/keys', { token: session, body: { name: 'x'.repeat(90) } }),
      await call<Refused>('DELETE', `/admin/keys/${free.id}`, { token: session }),
      await use(limited.secret),
      await call<Refused>('GET', '/v1/authorize?', { token: limited.secret.reveal() }),
    ];
    for (const answer of refusals) {
      expect(refusalIn(answer)).toEqual([503, 'AUTHORITY_UNAVAILABLE']);
      expect(answer.headers.get('retry-after')).toBe('1');
      expect(JSON.stringify(answer.body)).not.toContain(made.path);
    }
    expect(causes).toHaveLength(refusals.length);
    for (const cause of causes) expect(cause).toContain('the disk is full');
    expect((await use(free.secret)).status).toBe(200);
    expect(await names()).toEqual(['free', 'limited']);
    disk.free();
    expect((await use(limited.secret)).headers.get('ratelimit-remaining')).toBe('9');
    expect((await call('DELETE', `/admin/keys/${free.id}`, { token: session })).status).toBe(204);
    expect((await use(free.secret)).status).toBe(401);
    const counted = async () => (await keys.get(free.id)).key.usage?.requests;
    await expect.poll(counted, { timeout: 5000 }).toBe(1);
  });
});

/** The status and the `Connection` header of an answer on a kept connection. */
function askOn(agent: Agent, url: string, headers: Record<string, string> = {}) {
  return new Promise<[status: number | undefined, connection: string | undefined]>((done, fail) => {
    get(url, { agent, headers }, (answer) => {
      answer.resume().on('end', () => done([answer.statusCode, answer.headers.connection]));
    }).on('error', fail);
  });
}

test('load balancers may probe by address; a name must be one of the server', async () => {
  const { url } = await serving(await testService());
  const agent = new Agent();
  onTestFinished(() => agent.destroy());
  for (const path of ['/healthz', '/readyz']) {
    for (const host of ['10.0.0.7:8787', '[2001:db8::1]:80', 'localhost'])
      expect((await askOn(agent, url + path, { host }))[0], `${path} at ${host}`).toBe(200);
    for (const host of ['attacker.example.com', '10.0.0.7.example.com', '[10.0.0.7', '10.0.0'])
      expect((await askOn(agent, url + path, { host }))[0], `${path} at ${host}`).toBe(403);
    const page = { host: '10.0.0.7:8787', origin: 'http://10.0.0.7:8787' };
    expect((await askOn(agent, url + path, page))[0]).toBe(403);
  }
  // A probe teaches the server no further name.
  expect((await askOn(agent, `${url}/v1/authorize`, { host: '10.0.0.7:8787' }))[0]).toBe(403);
  expect((await askOn(agent, `${url}/readyz?x`, { host: '10.0.0.7:8787' }))[0]).toBe(403);
});

test('a server that drains is not ready, answers what arrives, and closes each connection', async () => {
  const { service, clock, keysOf } = await testService();
  const { secret } = await (await keysOf('ada')).issue(spec({ permissions: ['read'] }));
  const server = await createServer({
    authority: service,
    version: '0.0.0',
    now: clock.now,
    allowedHosts: [],
    behindProxy: false,
    onBug: () => {},
  });
  const { port } = await server.listen('127.0.0.1', 0);
  const url = `http://127.0.0.1:${port}`;
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  const headers = { 'x-api-key': secret.reveal() };
  expect(await askOn(agent, `${url}/v1/authorize`, headers)).toEqual([200, 'keep-alive']);

  const urgency = new AbortController();
  const stopped = server.stop(30_000, { drainMs: 60_000, urgent: urgency.signal });
  expect(await askOn(agent, `${url}/readyz`)).toEqual([503, 'close']);
  expect(await askOn(agent, `${url}/healthz`)).toEqual([200, 'close']);
  expect(await askOn(agent, `${url}/v1/authorize`, headers)).toEqual([200, 'close']);
  const answer = await (await fetch(`${url}/readyz`)).json();
  expect(answer).toMatchObject({ success: false, error: { code: 'SERVER_STOPPING' } });
  await sleep(50);
  // The second request to stop ends the wait.
  urgency.abort();
  await stopped;
  await expect(fetch(`${url}/healthz`)).rejects.toThrow();
});
