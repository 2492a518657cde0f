import { describe, expect, test, vi } from 'vitest';
import { setLogRetention } from '../../../src/authority/log-retention.ts';
import { use } from '../../support/authority.ts';
import { TestNodes } from '../../support/postgres-gates.ts';
import { lacksPostgres } from '../../support/postgres-programs.ts';

const dayMs = 86_400_000;
const start = Date.parse('2026-11-20T12:00:00Z');

async function partitions(nodes: TestNodes): Promise<unknown[]> {
  const rows = await nodes.rows(
    "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'uses'::regclass ORDER BY 1",
  );
  return rows.map(({ name }) => name);
}

const day = (at: number) => `uses_${String(Math.floor(at / dayMs)).padStart(6, '0')}`;
const count = async (nodes: TestNodes) => (await nodes.rows('SELECT count(*)::int AS n FROM uses'))[0]?.n;

describe.skipIf(lacksPostgres())('the log on PostgreSQL', () => {
  test('has a partition per day, made ahead, however many servers make them', async () => {
    const nodes = await TestNodes.start();
    const gates = Array.from({ length: 4 }, () => nodes.openGate({ now: () => new Date(start) }));
    const { id } = await nodes.createKey();
    await Promise.all(gates.map((gate) => gate.record([use({ keyId: id }), use({ keyId: id, at: 0 })])));
    expect(await partitions(nodes)).toEqual(
      [0, 1, 2].map((ahead) => day(start + ahead * dayMs)).concat('uses_other'),
    );
    expect(
      await nodes.rows(
        'SELECT tableoid::regclass::text AS name, count(*)::int FROM uses GROUP BY 1 ORDER BY 1',
      ),
    ).toEqual([
      { name: day(start), count: 4 },
      { name: 'uses_other', count: 4 },
    ]);
  });

  test('a day is dropped once all of it has expired; the counters stay', async () => {
    const nodes = await TestNodes.start();
    let now = start;
    const gate = nodes.openGate({ now: () => new Date(now) });
    const { id } = await nodes.createKey();
    await nodes.store.write(() => setLogRetention('3d'));
    for (let step = 0; step < 6; step += 1) {
      await gate.record([use({ keyId: id, times: 10 })]);
      now += dayMs;
    }
    now = start + 3 * dayMs;
    expect([await gate.prune(1000), await count(nodes)]).toEqual([0, 60]);
    now = start + 3.5 * dayMs;
    expect(await gate.prune(1000)).toBeGreaterThan(0);
    expect(await count(nodes)).toBe(50);
    expect(await gate.prune(1000)).toBe(0);
    now = start + 6 * dayMs;
    while ((await gate.prune(1000)) > 0);
    expect(await count(nodes)).toBe(30);
    expect(await partitions(nodes)).not.toContain(day(start));
    expect(await nodes.rows('SELECT requests::int FROM keys')).toEqual([{ requests: 60 }]);
    expect(await nodes.rows('SELECT sum(requests)::int FROM usage_days')).toEqual([{ sum: 60 }]);
  });

  test('rows of other times are removed in small steps', async () => {
    const nodes = await TestNodes.start();
    const gate = nodes.openGate({ now: () => new Date(start) });
    const { id } = await nodes.createKey();
    await gate.record([use({ keyId: id, at: 1, times: 25 }), use({ keyId: id })]);
    const removed = [await gate.prune(10), await gate.prune(10), await gate.prune(10), await gate.prune(10)];
    expect(removed).toEqual([10, 10, 5, 0]);
    expect(await count(nodes)).toBe(1);
  });

  test('kept for less than a day, rows expire one by one', async () => {
    const nodes = await TestNodes.start();
    const gate = nodes.openGate({ now: () => new Date(start) });
    const { id } = await nodes.createKey();
    await nodes.store.write(() => setLogRetention('1h'));
    await gate.record([use({ keyId: id, at: start - 2 * 3_600_000 }), use({ keyId: id })]);
    expect([await gate.prune(10), await count(nodes)]).toEqual([1, 1]);
  });

  test('a query of the log that is slow does not hold up those who use keys', async () => {
    const nodes = await TestNodes.start();
    let now = start;
    const gate = nodes.openGate({ now: () => new Date(now) });
    const { id } = await nodes.createKey();
    await gate.record([use({ keyId: id })]);
    let isRead = false;
    const reading = nodes.rows('BEGIN; SELECT count(*) FROM uses; SELECT pg_sleep(5); COMMIT').then(() => {
      isRead = true;
    });
    // If the test fails before its end, the query is ended with its database.
    reading.catch(() => {});
    const sleeping =
      "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()";
    await vi.waitFor(async () => expect(await nodes.rows(sleeping)).toHaveLength(1), 20_000);
    now += 100 * dayMs;
    await gate.record([use({ keyId: id })]);
    await gate.prune(10).catch(() => 0);
    expect(await count(nodes)).toBe(2);
    expect(isRead).toBe(false);
    await reading;
  });

  test('rows of committed changes are forgotten after a day', async () => {
    const nodes = await TestNodes.start();
    const gate = nodes.openGate();
    await nodes.createKey();
    await nodes.rows('UPDATE commits SET at = 0');
    await nodes.createKey({ name: 'other' });
    await gate.prune(10);
    expect(await nodes.rows('SELECT count(*)::int FROM commits')).toEqual([{ count: 1 }]);
  });
});
