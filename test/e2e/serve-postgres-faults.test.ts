import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Created } from '../support/fleet.ts';
import { spend, startMortalFleet, statusOf, urlOf } from '../support/fleet.ts';
import { freePort } from '../support/free-port.ts';
import { postgresPassword, TestPostgres } from '../support/postgres.ts';
import { lacksPostgres } from '../support/postgres-programs.ts';
import { Sandbox } from '../support/sandbox.ts';
import type { Served } from '../support/serving.ts';
import { startServe } from '../support/serving.ts';

/* Servers and databases that fail: what was acknowledged is kept, and nothing is admitted that might be refused. */

const slow = { timeout: 120_000 };

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

describe.skipIf(lacksPostgres())('servers on a database that fails', () => {
  test(
    'servers and the database are killed under load: all that was acknowledged is there',
    slow,
    async () => {
      const { box, env, database, servers, call, create } = await startMortalFleet();
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
    const { servers, create, database } = await startMortalFleet();
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

  test('no server starts on a database that it cannot use, and none is changed', slow, async () => {
    const database = await TestPostgres.start();
    onTestFinished(() => database.stop());
    const prepare = async (name: string, statement?: string) => {
      await database.run('postgres', `CREATE DATABASE ${name}`);
      if (statement) await database.run(name, statement);
    };
    const box = new Sandbox();
    const run = (name: string, own = {}, args: readonly string[] = ['serve', '--port', '0']) =>
      box.program(args, { env: { KEYS_DB: database.url(name), PGPASSWORD: postgresPassword, ...own } });
    const tables = (name: string) =>
      database.run(
        name,
        "SELECT relname, relkind FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY relname",
      );
    await prepare('empty');
    await prepare('foreign_one', 'CREATE TABLE sessions (id INT)');
    await prepare('fixed', 'ALTER DATABASE fixed SET default_transaction_read_only = on');
    await prepare('newer');
    expect((await run('newer', {}, ['list'])).exit).toBe(0);
    await database.run('newer', 'UPDATE keys_authority SET version = 9999');
    const elsewhere = { KEYS_DB: database.url('empty', await freePort()) };
    for (const [name, own, exit, problem] of [
      ['empty', { PGPASSWORD: 'wrong-EXAMPLE' }, 4, 'password authentication failed'],
      ['empty', elsewhere, 7, 'ECONNREFUSED'],
      ['missing', {}, 1, 'no database of this name'],
      ['foreign_one', {}, 1, "a table 'sessions' of another program"],
      ['fixed', {}, 1, 'read-only'],
      ['newer', {}, 1, 'written by a newer version'],
    ] as const) {
      const before = name === 'missing' ? [] : await tables(name);
      const ended = await run(name, own);
      expect(ended, name).toMatchObject({ exit, stdout: '', stderr: expect.stringContaining(problem) });
      expect(ended.stderr).not.toContain('EXAMPLE');
      if (name !== 'missing') expect(await tables(name)).toEqual(before);
    }
  });
});
