import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { FaultyProxy } from '../support/faulty-proxy.ts';
import { spend, startFleet, statusOf, urlOf } from '../support/fleet.ts';
import { hammer } from '../support/hammer.ts';
import { lacksPostgres } from '../support/postgres-programs.ts';
import type { Served } from '../support/serving.ts';
import { startServe } from '../support/serving.ts';

/* What several servers on one PostgreSQL database agree on. */

const slow = { timeout: 120_000 };

/** A metric of a server whose database is asked about a key. */
async function metric({ url }: Served, name: string, secret: string): Promise<number> {
  await statusOf(url, secret);
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
}

describe.skipIf(lacksPostgres())('three servers on one database', () => {
  test('64 clients: exactly as many uses as the limit, and exactly what the budget holds', slow, async () => {
    const { servers, call, create } = await startFleet();
    const limited = await create(urlOf(servers, 0), { name: 'limited', rate_limit_rpm: 100 });
    const paid = await create(urlOf(servers, 1), { name: 'paid', budget_usd: 1 });
    const clients = Array.from({ length: 64 }, async (_, client) => {
      const statuses: number[] = [];
      for (let use = 0; use < 5; use += 1)
        statuses.push(await statusOf(urlOf(servers, client + use), limited.secret));
      return statuses;
    });
    const statuses = (await Promise.all(clients)).flat();
    expect(statuses.filter((status) => status === 200)).toHaveLength(100);
    expect(statuses.filter((status) => status === 429)).toHaveLength(220);

    const spending = Array.from({ length: 30 }, async (_, index) => {
      const first = await spend(urlOf(servers, index), paid.secret, 0.1);
      // What one server has refused, no server admits.
      if (first === 402) expect(await statusOf(urlOf(servers, index + 1), paid.secret)).toBe(402);
      return first;
    });
    const reports = await Promise.all(spending);
    expect(reports.filter((status) => status === 200)).toHaveLength(10);
    for (const { url } of servers) expect(await statusOf(url, paid.secret)).toBe(402);
    const shown = await call(urlOf(servers, 2), 'GET', `/keys/${paid.id}`);
    expect(await shown.json()).toMatchObject({ spent_usd: 1 });
  });

  test('the same with two processes each', slow, async () => {
    const { servers, create } = await startFleet(['--workers', '2']);
    const { secret } = await create(urlOf(servers, 0), { name: 'limited', rate_limit_rpm: 100 });
    const urls = servers.map(({ url }) => url);
    const { 200: admitted, ...refused } = await hammer(urls, secret, 400);
    expect(admitted).toBe(100);
    // 503: a database that has no processor left for two seconds.
    for (const status of Object.keys(refused)) expect(['429', '503']).toContain(status);
  });

  test('a revocation at one is effective at the others', slow, async () => {
    const { servers, call, create } = await startFleet();
    const latencies: number[] = [];
    for (let round = 0; round < 200; round += 1) {
      const { id, secret } = await create(urlOf(servers, round), { name: `key ${round}` });
      for (const { url } of servers) expect(await statusOf(url, secret)).toBe(200);
      expect((await call(urlOf(servers, round), 'DELETE', `/keys/${id}`)).status).toBe(204);
      const acknowledged = performance.now();
      const others = [urlOf(servers, round + 1), urlOf(servers, round + 2)];
      await Promise.all(
        others.map(async (url) => {
          while ((await statusOf(url, secret)) === 200) await pause(1);
        }),
      );
      latencies.push(performance.now() - acknowledged);
    }
    latencies.sort((a, b) => a - b);
    const [median, worst] = [latencies[100], latencies[199]].map((one) => one?.toFixed(1));
    process.stderr.write(`revocation at another server, of 200: median ${median} ms, worst ${worst} ms\n`);
    expect(latencies).toHaveLength(200);
  });

  test('so are a key that is disabled and a limit that is lowered', slow, async () => {
    const { servers, call, create } = await startFleet();
    for (let round = 0; round < 20; round += 1) {
      const { id, secret } = await create(urlOf(servers, 0), { name: `key ${round}`, rate_limit_rpm: 1000 });
      const others = [urlOf(servers, 1), urlOf(servers, 2)];
      for (const url of others) expect(await statusOf(url, secret)).toBe(200);
      const isDisabled = round % 2 === 0;
      const changed = isDisabled
        ? await call(urlOf(servers, 0), 'POST', `/keys/${id}/disable`)
        : await call(urlOf(servers, 0), 'PATCH', `/keys/${id}`, { rate_limit_rpm: 1 });
      expect(changed.status).toBe(200);
      for (const url of others) {
        await expect.poll(() => statusOf(url, secret), { interval: 1 }).toBe(isDisabled ? 401 : 429);
      }
    }
  });

  test('without notices from its database a server asks for each use', slow, async () => {
    const { box, env, database, name, servers, call, create } = await startFleet();
    const proxy = await FaultyProxy.start(database.port);
    const deaf = await startServe(box, [], { env: { ...env, KEYS_DB: database.url(name, proxy.port) } });
    for (const fault of ['silent', 'cut'] as const) {
      const { id, secret } = await create(urlOf(servers, 0), { name: fault });
      await expect.poll(() => metric(deaf, 'keys_changes_heard', secret)).toBe(1);
      proxy.isSilenced = (sent) => sent.includes('LISTEN');
      if (fault === 'cut') proxy.cut();
      // Beyond the time for which the last answer counts.
      await pause(150);
      expect(await statusOf(deaf.url, secret)).toBe(200);
      expect((await call(urlOf(servers, 0), 'DELETE', `/keys/${id}`)).status).toBe(204);
      expect(await statusOf(deaf.url, secret)).toBe(401);
      proxy.isSilenced = () => false;
    }
  });
});
