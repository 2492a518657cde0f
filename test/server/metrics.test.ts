import { request } from 'node:http';
import { expect, test } from 'vitest';
import type { ServerOptions } from '../../src/server/server.ts';
import { serving, testService } from '../support/authority-service.ts';

async function started(options: Partial<ServerOptions> = {}) {
  const server = await serving(await testService(), { allowedHosts: undefined, ...options });
  const status = (headers: Record<string, string>) =>
    new Promise<number | undefined>((done, failed) =>
      request(`${server.url}/metrics`, { headers }, (response) => {
        response.resume().on('end', () => done(response.statusCode));
      })
        .on('error', failed)
        .end(),
    );
  return { ...server, status };
}

test('programs on this machine may read the counters', async () => {
  const { status } = await started();
  expect(await status({})).toBe(200);
  expect(await status({ host: 'localhost:9090' })).toBe(200);
});

test.each([
  { 'x-forwarded-for': '203.0.113.9' },
  { 'x-forwarded-for': '127.0.0.1' },
  { 'X-Forwarded-For': 'nonsense' },
  { forwarded: 'for=127.0.0.1' },
  { 'x-real-ip': '127.0.0.1' },
  { via: '1.1 proxy' },
  { host: 'keys.example.com' },
  { origin: 'http://localhost' },
])('a request from a proxy or a web page needs an admin session: %j', async (headers) => {
  for (const behindProxy of [false, true]) {
    const { status, token } = await started({ behindProxy });
    const as = (value: string) => ({ ...headers, authorization: `Bearer ${value}` });
    expect(await status({ ...headers })).toBe(401);
    expect(await status(as('nonsense'))).toBe(401);
    expect(await status(as(await token('ada')))).toBe(403);
    expect(await status(as(await token('admin')))).toBe(200);
  }
});
