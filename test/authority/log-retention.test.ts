import { expect, test } from 'vitest';
import { inspectDatabase } from '../../src/authority/sqlite/inspect.ts';
import { openSqliteAuthority } from '../../src/authority/sqlite/sqlite-authority.ts';
import { recordUse, spec, testAuthority, use } from '../support/authority.ts';
import { testService } from '../support/authority-service.ts';
import { collect } from '../support/collect.ts';

const day = 86_400_000;

async function used() {
  const made = await testService();
  const ada = await made.keysOf('ada');
  const { id } = await ada.issue(spec());
  const use_ = (count: number) =>
    made.service.gate.record(
      Array.from({ length: count }, () => use({ keyId: id, tokens: 1, costUsd: 0.5 })),
    );
  const rows = async () => (await collect(ada.logs({}))).length;
  return { ...made, ada, id, use: use_, rows };
}

test('log rows are removed after 90 days in batches; the counters stay', async () => {
  const { service, clock, use: record, rows, ada, id } = await used();
  await record(10);
  clock.advance(50 * day);
  await record(5);
  expect(await service.gate.prune(100)).toBe(0);
  clock.advance(41 * day);
  expect([await service.gate.prune(4), await rows()]).toEqual([4, 11]);
  expect([await service.gate.prune(100), await service.gate.prune(100), await rows()]).toEqual([6, 0, 5]);
  expect((await ada.get(id)).key).toMatchObject({ spentUsd: 7.5, usage: { requests: 15, tokens: 15 } });
  expect(await ada.usage({ by: 'key' })).toMatchObject([{ requests: 15, spentUsd: 7.5 }]);
});

test.each([
  ['36h', 2 * day, 0],
  ['6mo', 91 * day, 3],
  ['never', 9999 * day, 3],
  ['999999999y', 91 * day, 3],
])('the log keeps its rows for the configured time: %s', async (retention, age, left) => {
  const { service, clock, use: record, rows, path } = await used();
  await service.setLogRetention(retention);
  await record(3);
  clock.advance(age);
  await service.gate.prune(100);
  expect(await rows()).toBe(left);
  expect(inspectDatabase(path).retention).toBe(retention);
});

test('local commands that write also prune the log', async () => {
  const { authority, gate, clock, path } = await testAuthority();
  const { key } = await authority.create(spec());
  await recordUse(gate, use({ keyId: key.id }));
  clock.advance(91 * day);
  await authority.update(key.id, { name: 'renamed' });
  await authority.close();
  const later = openSqliteAuthority({ path, timeoutMs: 1000 }, clock.now);
  expect(await collect(later.logs({}))).toEqual([]);
  await later.close();
});
