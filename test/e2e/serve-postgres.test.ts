import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { postgresPassword, TestPostgres } from '../support/postgres.ts';
import { lacksPostgres } from '../support/postgres-programs.ts';
import { Sandbox } from '../support/sandbox.ts';
import type { Served } from '../support/serving.ts';
import { startServe } from '../support/serving.ts';

/* Three servers of the built program on one PostgreSQL database, as behind a load balancer. */

const slow = { timeout: 120_000 };

interface Created {
  id: string;
  secret: string;
}

/** A database server of its own, three servers, and an admin's calls of any of them. */
async function start() {
  const database = await TestPostgres.start();
  onTestFinished(() => database.stop());
  await database.run('postgres', 'CREATE DATABASE fleet');
  const box = new Sandbox();
  const env = { KEYS_DB: database.url('fleet'), PGPASSWORD: postgresPassword };
  const session = await box.program(['session', 'create', '--user', 'admin', '--secret-only'], {
    secretOnStdout: true,
    env,
  });
  const servers = await Promise.all([1, 2, 3].map(() => startServe(box, [], { env })));
  const call = (url: string, method: string, path: string, body?: object) =>
    fetch(`${url}/admin${path}`, {
      method,
      headers: {
        authorization: `Bearer ${session.stdout.trim()}`,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
  const create = async (url: string, fields: object): Promise<Created> => {
    const answer = await call(url, 'POST', '/keys', fields);
    expect(answer.status).toBe(201);
    const { key, secret } = (await answer.json()) as { key: { id: string }; secret: string };
    return { id: key.id, secret };
  };
  return { box, env, database, servers, call, create };
}

async function statusOf(url: string, secret: string): Promise<number> {
  const answer = await fetch(`${url}/v1/authorize`, { headers: { authorization: `Bearer ${secret}` } });
  await answer.text();
  return answer.status;
}

function spend(url: string, secret: string, cost: number): Promise<number> {
  return fetch(`${url}/v1/usage`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({ cost_usd: cost }),
  }).then(async (answer) => {
    await answer.text();
    return answer.status;
  });
}

/** What the servers have acknowledged. */
interface Ledger {
  created: Map<string, string>;
  revoked: Set<string>;
  /** Revocations without an answer. */
  unconfirmed: Set<string>;
  spent: string[];
}

async function end({ revoked, unconfirmed }: Ledger, { id }: Created, revoke: () => Promise<Response>) {
  unconfirmed.add(id);
  if ((await revoke()).status !== 204) return;
  revoked.add(id);
  unconfirmed.delete(id);
}

const urlOf = (servers: readonly Served[], index: number) => servers[index % servers.length]?.url ?? '';

describe.skipIf(lacksPostgres())('three servers on one database', () => {
  test('64 clients: exactly as many uses as the limit, and exactly what the budget holds', slow, async () => {
    const { servers, create } = await start();
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

    const reports = await Promise.all(
      Array.from({ length: 30 }, (_, index) => spend(urlOf(servers, index), paid.secret, 0.1)),
    );
    expect(reports.filter((status) => status === 200)).toHaveLength(10);
    for (const { url } of servers) expect(await statusOf(url, paid.secret)).toBe(402);
  });

  test('a revocation at one is effective at the others', slow, async () => {
    const { servers, call, create } = await start();
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

  test(
    'servers and the database are killed under load: all that was acknowledged is there',
    slow,
    async () => {
      const { box, env, database, servers, call, create } = await start();
      const ledger: Ledger = { created: new Map(), revoked: new Set(), unconfirmed: new Set(), spent: [] };
      const { created, revoked, unconfirmed, spent } = ledger;
      const statuses = new Set<number>();
      let isOver = false;
      const work = async (worker: number) => {
        for (let step = worker; !isOver; step += 1) {
          const url = urlOf(servers, step);
          try {
            const key = await create(url, { name: 'crash', budget_usd: 0.5 });
            created.set(key.id, key.secret);
            if (step % 2 === 0) await end(ledger, key, () => call(url, 'DELETE', `/keys/${key.id}`));
            else if ((await spend(url, key.secret, 0.5)) === 200) spent.push(key.secret);
            const [ended] = revoked;
            if (ended) statuses.add(await statusOf(urlOf(servers, step + 1), created.get(ended) ?? ''));
          } catch {
            await pause(20);
          }
        }
      };
      const workers = Array.from({ length: 6 }, (_, worker) => work(worker));
      const progress = async () => {
        const [keys, ends] = [created.size, revoked.size];
        while (created.size < keys + 10 || revoked.size < ends + 3) await pause(10);
      };
      await progress();
      await servers[0]?.kill();
      servers[0] = await startServe(box, [], { env });
      await progress();
      await database.kill();
      await pause(300);
      await database.restart();
      await progress();
      isOver = true;
      await Promise.all(workers);

      // A revoked key was refused, or nothing was decided; it was never let through.
      expect([...statuses].filter((status) => status !== 401 && status !== 503)).toEqual([]);
      expect(revoked.size).toBeGreaterThan(8);
      expect(spent.length).toBeGreaterThan(8);
      for (const { url } of servers) {
        for (const secret of spent) expect(await statusOf(url, secret)).toBe(402);
        for (const [id, secret] of created) {
          const status = await statusOf(url, secret);
          if (revoked.has(id)) expect(status, id).toBe(401);
          else if (!unconfirmed.has(id)) expect(status, id).not.toBe(401);
        }
      }
    },
  );

  test('without its database a server refuses every use with 503, and recovers', slow, async () => {
    const { servers, create, database } = await start();
    const [server] = servers as [Served];
    const { secret } = await create(server.url, { name: 'ci' });
    expect(await statusOf(server.url, secret)).toBe(200);
    await database.kill();
    await pause(100);
    const answer = await fetch(`${server.url}/v1/authorize`, {
      headers: { authorization: `Bearer ${secret}` },
    });
    expect([answer.status, await answer.json()]).toMatchObject([
      503,
      { error: { code: 'AUTHORITY_UNAVAILABLE' } },
    ]);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${server.url}/readyz`)).status).toBe(503);
    await database.restart();
    await expect.poll(() => statusOf(server.url, secret)).toBe(200);
    expect(server.stderr() + server.log().join('\n')).not.toContain(postgresPassword);
  });
});
