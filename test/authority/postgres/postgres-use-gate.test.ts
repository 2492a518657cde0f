import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Decision } from '../../../src/authority/decision.ts';
import type { PostgresUseGate } from '../../../src/authority/postgres/postgres-use-gate.ts';
import { use } from '../../support/authority.ts';
import { failureIn } from '../../support/failure.ts';
import { FaultyProxy } from '../../support/faulty-proxy.ts';
import { TestPostgres } from '../../support/postgres.ts';
import { TestNodes } from '../../support/postgres-gates.ts';
import { lacksPostgres } from '../../support/postgres-programs.ts';

async function ask(gate: PostgresUseGate, value: string): Promise<Decision> {
  const [decision] = await gate.authorize([{ key: value }]);
  if (!decision) throw new Error('there is no decision');
  return decision;
}

const outcome = (decision: Decision) => (decision.allowed ? 200 : decision.status);

/** Asks until what the gate knows is proven, so that it asks the database no more. */
async function warmUp(gate: PostgresUseGate, value: string): Promise<void> {
  while (!(await gate.channel.renew())) await sleep(5);
  await ask(gate, value);
}

/** The connection that listens for changes sends this once, and nothing else does. */
const isChannel = (sent: string) => sent.includes('LISTEN');

describe.skipIf(lacksPostgres())('what a gate knows of keys', () => {
  test('is kept, and forgotten when any server changes the key', async () => {
    const nodes = await TestNodes.start();
    const gate = nodes.openGate();
    const { id, value } = await nodes.createKey();
    await warmUp(gate, value);
    for (const [changes, status] of [
      [{ disabled: true }, 401],
      [{ disabled: false }, 200],
      [{ expiresAt: new Date(0) }, 401],
      [{ expiresAt: null }, 200],
    ] as const) {
      await nodes.update(id, changes);
      await sleep(100);
      expect(outcome(await ask(gate, value))).toBe(status);
      await warmUp(gate, value);
    }
    await nodes.revoke(id);
    await sleep(100);
    expect(outcome(await ask(gate, value))).toBe(401);
  });

  test('needs no database while it is proven, and is not used one moment longer', async () => {
    const nodes = await TestNodes.start();
    const proxy = await FaultyProxy.start(nodes.server.port);
    const gate = nodes.openGate({ port: proxy.port, timeoutMs: 1500 });
    const { value } = await nodes.createKey();
    await warmUp(gate, value);
    await gate.channel.renew();
    proxy.fault = 'silent';
    expect(outcome(await ask(gate, value))).toBe(200);
    await sleep(100);
    expect((await failureIn(ask(gate, value))).code).toBe('authority_unreachable');
  });

  test('is not used without the channel: a revoked key is refused although no notice arrives', async () => {
    const nodes = await TestNodes.start();
    const proxy = await FaultyProxy.start(nodes.server.port);
    const gate = nodes.openGate({ port: proxy.port });
    const { id, value } = await nodes.createKey();
    await warmUp(gate, value);
    proxy.isSilenced = isChannel;
    await nodes.revoke(id);
    await sleep(100);
    expect(outcome(await ask(gate, value))).toBe(401);
    for (let round = 0; round < 20; round += 1) expect(outcome(await ask(gate, value))).toBe(401);
  });

  test('is read anew after the channel was cut', async () => {
    const nodes = await TestNodes.start();
    const proxy = await FaultyProxy.start(nodes.server.port);
    const gate = nodes.openGate({ port: proxy.port });
    const { id, value } = await nodes.createKey();
    await warmUp(gate, value);
    proxy.cut();
    await nodes.revoke(id);
    await warmUp(gate, value);
    expect(gate.channel.lostChannels).toBe(1);
    expect(outcome(await ask(gate, value))).toBe(401);
  });

  test('is read anew if it was read before the channel was open', async () => {
    const nodes = await TestNodes.start();
    const proxy = await FaultyProxy.start(nodes.server.port);
    const gate = nodes.openGate({ port: proxy.port });
    const { id, value } = await nodes.createKey();
    proxy.isSilenced = isChannel;
    const opening = gate.channel.renew();
    expect(outcome(await ask(gate, value))).toBe(200);
    await nodes.revoke(id);
    proxy.isSilenced = () => false;
    await opening;
    while (!(await gate.channel.renew())) await sleep(5);
    expect(outcome(await ask(gate, value))).toBe(401);
  });

  test('is never believed behind a pooler of connections, which may swallow notices', async () => {
    const nodes = await TestNodes.start();
    const proxy = await FaultyProxy.start(nodes.server.port);
    // A pooler tells each client of a process of its own (BackendKeyData: K, length 12, process, key).
    proxy.rewrite = (piece) => {
      const at = piece.indexOf(Buffer.from([0x4b, 0, 0, 0, 12]));
      if (at >= 0) piece.writeInt32BE(12_345, at + 5);
      return piece;
    };
    const gate = nodes.openGate({ port: proxy.port });
    const { id, value } = await nodes.createKey();
    expect(outcome(await ask(gate, value))).toBe(200);
    expect(await gate.channel.renew()).toBe(false);
    await nodes.revoke(id);
    expect(outcome(await ask(gate, value))).toBe(401);
  });

  test('a revocation is effective at every other server soon after it is acknowledged', async () => {
    const nodes = await TestNodes.start();
    const gates = [nodes.openGate(), nodes.openGate()];
    const latencies: number[] = [];
    for (let round = 0; round < 20; round += 1) {
      const { id, value } = await nodes.createKey();
      await Promise.all(gates.map((gate) => warmUp(gate, value)));
      await nodes.revoke(id);
      const acknowledged = performance.now();
      for (const gate of gates) while ((await ask(gate, value)).allowed) await sleep(1);
      latencies.push(performance.now() - acknowledged);
    }
    latencies.sort((a, b) => a - b);
    process.stderr.write(
      `revocation: median ${latencies[10]?.toFixed(1)} ms, worst ${latencies.at(-1)?.toFixed(1)} ms\n`,
    );
    expect(latencies).toHaveLength(20);
  });
});

describe.skipIf(lacksPostgres())('the rate limit over all servers', () => {
  test('64 clients, three servers, limit 100: exactly 100', async () => {
    const nodes = await TestNodes.start();
    const gates = [nodes.openGate(), nodes.openGate(), nodes.openGate()];
    const { value } = await nodes.createKey({ rateLimitRpm: 100 });
    const clients = Array.from({ length: 64 }, async (_, client) => {
      let admitted = 0;
      for (let call = 0; call < 6; call += 1) {
        const decision = await ask(gates[(client + call) % 3] as PostgresUseGate, value);
        if (decision.allowed) admitted += 1;
        else expect(decision.status).toBe(429);
      }
      return admitted;
    });
    const sum = (await Promise.all(clients)).reduce((all, one) => all + one, 0);
    expect(sum).toBe(100);
  });

  test('leases never exceed the limit, in any minute, and spare round trips', async () => {
    const nodes = await TestNodes.start();
    let now = Date.parse('2026-11-20T12:00:00Z');
    const gates = Array.from({ length: 3 }, () => nodes.openGate({ now: () => new Date(now) }));
    const { value } = await nodes.createKey({ rateLimitRpm: 1000 });
    const admissions: number[] = [];
    for (let round = 0; round < 700; round += 1) {
      const decisions = await Promise.all(
        gates.map((gate) => gate.authorize([{ key: value }, { key: value }])),
      );
      for (const decision of decisions.flat()) if (decision.allowed) admissions.push(now);
      now += 100;
    }
    const inWindow = (from: number) => admissions.filter((at) => at >= from && at < from + 60_000).length;
    expect(Math.max(...new Set(admissions.map(inWindow)))).toBeLessThanOrEqual(1000);
    expect(inWindow(admissions[0] ?? 0)).toBeGreaterThan(900);
    const [slots] = gates.map((gate) => gate.slots.counts);
    expect(slots?.leased).toBeGreaterThan(0);
    expect(slots?.roundTrips).toBeLessThan(700);
  }, 60_000);

  test('a key that is refused writes nothing', async () => {
    const nodes = await TestNodes.start();
    const gate = nodes.openGate();
    const { value } = await nodes.createKey({ rateLimitRpm: 1 });
    await ask(gate, value);
    const before = await nodes.rows('SELECT xmin::text, xmax::text FROM slots');
    expect(outcome(await ask(gate, value))).toBe(429);
    expect(await nodes.rows('SELECT xmin::text, xmax::text FROM slots')).toEqual(before);
  });

  test('a limit that is changed counts at once, and the slots that were taken still count', async () => {
    const nodes = await TestNodes.start();
    const gate = nodes.openGate();
    const { id, value } = await nodes.createKey({ rateLimitRpm: 2 });
    const calls = async (count: number) => {
      const statuses: number[] = [];
      for (let call = 0; call < count; call += 1) statuses.push(outcome(await ask(gate, value)));
      return statuses;
    };
    expect(await calls(3)).toEqual([200, 200, 429]);
    await nodes.update(id, { rateLimitRpm: 3 });
    await sleep(100);
    expect(await calls(2)).toEqual([200, 429]);
  });
});

describe.skipIf(lacksPostgres())('spending over all servers', () => {
  test('a budget that one server has spent is spent at every other one', async () => {
    const nodes = await TestNodes.start();
    const [one, other] = [nodes.openGate(), nodes.openGate()];
    const { id, value } = await nodes.createKey({ budgetUsd: 1 });
    await warmUp(other, value);
    await one.record([use({ keyId: id, costUsd: 0.999999 })]);
    expect(outcome(await ask(other, value))).toBe(200);
    await one.record([use({ keyId: id, costUsd: 0.000001 })]);
    // What it knows of the key itself has not changed.
    await other.channel.renew();
    expect(outcome(await ask(other, value))).toBe(402);
  });

  test('the monthly budget of the organisation is shared by all keys and servers', async () => {
    const nodes = await TestNodes.start();
    const organisation = { monthlyBudgetUsd: 1 };
    const gates = Array.from({ length: 3 }, () => nodes.openGate({ organisation }));
    const keys = [await nodes.createKey(), await nodes.createKey({ name: 'other' })];
    for (const [index, gate] of gates.entries()) {
      const { id, value } = keys[index % 2] as { id: string; value: string };
      await warmUp(gate, value);
      await gate.record([use({ keyId: id, costUsd: index < 2 ? 0.4 : 0.2 })]);
    }
    for (const gate of gates) expect(outcome(await ask(gate, keys[0]?.value ?? ''))).toBe(402);
  });

  test('a report is recorded only while its key has something left, however many come at once', async () => {
    const nodes = await TestNodes.start();
    const gates = [nodes.openGate(), nodes.openGate()];
    const { id, value } = await nodes.createKey({ budgetUsd: 1 });
    const reports = await Promise.all(
      Array.from({ length: 16 }, (_, index) =>
        gates[index % 2]?.report({ key: value }, ({ keyId }) => use({ keyId, costUsd: 0.2 })),
      ),
    );
    expect(reports.filter((report) => report?.decision.allowed)).toHaveLength(5);
    expect(await nodes.rows(`SELECT spent_micros FROM keys WHERE id = '${id}'`)).toEqual([
      { spent_micros: '1000000' },
    ]);
  });

  test('uses of several servers add up, and those of keys that do not exist are returned', async () => {
    const nodes = await TestNodes.start();
    const gates = [nodes.openGate(), nodes.openGate(), nodes.openGate()];
    const [one, other] = [await nodes.createKey(), await nodes.createKey({ name: 'other' })];
    const uses = [
      use({ keyId: one.id, tokens: 1, costUsd: 0.000001, ip: '192.0.2.1' }),
      use({ keyId: other.id, tokens: 2, times: 3, costUsd: 0 }),
      use({ keyId: 'missing' }),
    ];
    const lost = await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        gates[index % 3]?.record(index % 2 ? uses : [...uses].reverse()),
      ),
    );
    expect(lost.map((losses) => losses?.map(({ use: { keyId } }) => keyId))).toEqual(
      Array(30).fill(['missing']),
    );
    const counters = await nodes.rows(
      'SELECT requests::int, tokens::int, spent_micros::int, last_used_ip FROM keys ORDER BY requests',
    );
    expect(counters).toEqual([
      { requests: 30, tokens: 30, spent_micros: 30, last_used_ip: '192.0.2.1' },
      { requests: 90, tokens: 180, spent_micros: 0, last_used_ip: null },
    ]);
    expect(await nodes.rows('SELECT count(*)::int FROM uses')).toEqual([{ count: 120 }]);
    expect(await nodes.rows('SELECT sum(micros)::int FROM spending')).toEqual([{ sum: 30 }]);
  });

  test('uses whose answer was lost are recorded once', async () => {
    const nodes = await TestNodes.start();
    const proxy = await FaultyProxy.start(nodes.server.port);
    const gate = nodes.openGate({ port: proxy.port });
    const { id } = await nodes.createKey();
    await gate.record([use({ keyId: id })]);
    let cuts = 0;
    let isSent = false;
    proxy.cutsBefore = (piece, from) => {
      if (from === 'client' && piece.toString('latin1').includes('keys_record_uses')) isSent = true;
      if (from === 'client' || !isSent || cuts > 0) return false;
      cuts += 1;
      return true;
    };
    await gate.record([use({ keyId: id, costUsd: 0.5 })]);
    expect(cuts).toBe(1);
    expect(await nodes.rows('SELECT requests::int, spent_micros::int FROM keys')).toEqual([
      { requests: 2, spent_micros: 500_000 },
    ]);
  });
});

describe.skipIf(lacksPostgres())('a database that fails under load', () => {
  test('killed and started again: what was acknowledged is there, and nothing is admitted meanwhile', async () => {
    const server = await TestPostgres.start();
    const nodes = await TestNodes.start(server);
    const gates = [nodes.openGate({ timeoutMs: 1000 }), nodes.openGate({ timeoutMs: 1000 })];
    const budget = await nodes.createKey({ name: 'budget', budgetUsd: 1 });
    const limited = await nodes.createKey({ name: 'limited', rateLimitRpm: 50 });
    const revoked = await nodes.createKey({ name: 'revoked' });
    await nodes.revoke(revoked.id);
    let admitted = 0;
    let spentMicros = 0;
    let isOver = false;
    const load = gates.map(async (gate) => {
      while (!isOver) {
        try {
          if ((await ask(gate, limited.value)).allowed) admitted += 1;
          expect(outcome(await ask(gate, revoked.value))).toBe(401);
          if ((await ask(gate, budget.value)).allowed) {
            await gate.record([use({ keyId: budget.id, costUsd: 0.001 })]);
            spentMicros += 1000;
          }
        } catch (error) {
          expect(['authority_unreachable', 'reply_lost']).toContain(
            (error as { failure?: { code: string } }).failure?.code,
          );
          await sleep(10);
        }
      }
    });
    await sleep(200);
    await server.kill();
    await sleep(200);
    await server.restart();
    await sleep(300);
    isOver = true;
    await Promise.all(load);
    while ((await ask(gates[0] as PostgresUseGate, limited.value)).allowed) admitted += 1;
    // An answer that was lost has taken its slot.
    expect(admitted).toBeLessThanOrEqual(50);
    expect(admitted).toBeGreaterThanOrEqual(50 - gates.length);
    const [row] = await nodes.rows("SELECT spent_micros::int AS spent FROM keys WHERE name = 'budget'");
    expect(Number(row?.spent)).toBeGreaterThanOrEqual(spentMicros);
    expect(outcome(await ask(gates[0] as PostgresUseGate, revoked.value))).toBe(401);
    server.stop();
  });

  test('silent: refused within the time limit', async () => {
    const nodes = await TestNodes.start();
    const proxy = await FaultyProxy.start(nodes.server.port);
    const gate = nodes.openGate({ port: proxy.port, timeoutMs: 1500 });
    const { id, value } = await nodes.createKey();
    await ask(gate, value);
    proxy.fault = 'silent';
    await sleep(100);
    expect((await failureIn(ask(gate, value))).code).toBe('authority_unreachable');
    expect((await failureIn(gate.record([use({ keyId: id })]))).exit).toBe('network');
    proxy.fault = 'none';
    await expect.poll(() => ask(gate, value).then(outcome, () => 0)).toBe(200);
  });
});
