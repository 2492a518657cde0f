import { expect, test } from 'vitest';
import { Authority } from '../../src/authority/authority.ts';
import { inspectDatabase } from '../../src/authority/sqlite/inspect.ts';
import { spec, testAuthority, use } from '../support/authority.ts';
import { testService } from '../support/authority-service.ts';
import { collect } from '../support/collect.ts';

const day = 86_400_000;

function used() {
  const made = testService();
  const ada = made.keysOf('ada');
  const { id } = ada.issue(spec());
  const use_ = (count: number) =>
    made.service.record(Array.from({ length: count }, () => use({ keyId: id, tokens: 1, costUsd: 0.5 })));
  const rows = () => [...ada.logs({})].length;
  return { ...made, ada, id, use: use_, rows };
}

test('log rows are removed after 90 days in batches; the counters stay', () => {
  const { service, clock, use: record, rows, ada, id } = used();
  record(10);
  clock.advance(50 * day);
  record(5);
  expect(service.prune(100)).toBe(0);
  clock.advance(41 * day);
  expect([service.prune(4), rows()]).toEqual([4, 11]);
  expect([service.prune(100), service.prune(100), rows()]).toEqual([6, 0, 5]);
  expect(ada.get(id).key).toMatchObject({ spentUsd: 7.5, usage: { requests: 15, tokens: 15 } });
  expect(ada.usage({ by: 'key' })).toMatchObject([{ requests: 15, spentUsd: 7.5 }]);
});

test.each([
  ['36h', 2 * day, 0],
  ['6mo', 91 * day, 3],
  ['never', 9999 * day, 3],
  ['999999999y', 91 * day, 3],
])('the log keeps its rows for the configured time: %s', (retention, age, left) => {
  const { service, clock, use: record, rows, path } = used();
  service.setLogRetention(retention);
  record(3);
  clock.advance(age);
  service.prune(100);
  expect(rows()).toBe(left);
  expect(inspectDatabase(path).retention).toBe(retention);
});

test('local commands that write also prune the log', async () => {
  const { authority, clock, path } = testAuthority();
  const { key } = await authority.create(spec());
  authority.record(use({ keyId: key.id }));
  clock.advance(91 * day);
  await authority.update(key.id, { name: 'renamed' });
  authority.close();
  const later = new Authority({ path, now: clock.now, timeoutMs: 1000 });
  expect(await collect(later.logs({}))).toEqual([]);
  later.close();
});
