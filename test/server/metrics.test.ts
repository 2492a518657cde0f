import { request } from 'node:http';
import { expect, test } from 'vitest';
import { Metrics, mergedCounts } from '../../src/server/metrics.ts';
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

test('what is decided and written together is counted by its size', async () => {
  const { url, call } = await started();
  await Promise.all(Array.from({ length: 3 }, () => call('GET', '/v1/authorize')));
  const text = await (await fetch(`${url}/metrics`)).text();
  expect(text).toMatch(/^# TYPE keys_batch_size histogram$/m);
  expect(text).toMatch(/^keys_batch_size_sum\{of="decisions"\} 3$/m);
  expect(text).not.toContain('keys_database_connections');
});

test('a gate that asks a database elsewhere shows its connections, leases and channel', async () => {
  const metrics = new Metrics('0.0.0', { number: 2, allCounts: async () => [] });
  const figures = {
    connections: { open: 5, idle: 3, waiting: 1 },
    leases: { leased: 100, unused: 7, roundTrips: 12 },
    channel: { isConnected: true, lost: 4 },
  };
  metrics.watchGate(() => figures);
  await metrics.text();
  figures.leases.leased = 150;
  const lines = (await metrics.text()).split('\n');
  for (const line of [
    'keys_database_connections{state="busy",worker="2"} 2',
    'keys_database_connections{state="idle",worker="2"} 3',
    'keys_database_waiting{worker="2"} 1',
    'keys_changes_heard{worker="2"} 1',
    'keys_change_channels_lost_total{worker="2"} 4',
    'keys_leased_slots_total{worker="2"} 150',
    'keys_unused_slots_total{worker="2"} 7',
    'keys_slot_round_trips_total{worker="2"} 12',
  ])
    expect(lines).toContain(line);
});

test('texts of several processes become one, each name once', () => {
  const text = (worker: number) =>
    `# HELP a A.\n# TYPE a counter\na{worker="${worker}"} 1\n\n# HELP b B.\n# TYPE b gauge\nb{worker="${worker}"} 2\n`;
  expect(mergedCounts([text(1), '', text(2), '# HELP c C.\n# TYPE c gauge\nc 3\n'])).toBe(
    `# HELP a A.
# TYPE a counter
a{worker="1"} 1
a{worker="2"} 1

# HELP b B.
# TYPE b gauge
b{worker="1"} 2
b{worker="2"} 2

# HELP c C.
# TYPE c gauge
c 3
`,
  );
});
