import { expect, test } from 'vitest';
import { spec, use } from '../support/authority.ts';
import { testService } from '../support/authority-service.ts';

async function withUses(count: number) {
  const { service, keysOf, clock } = await testService();
  const ada = await keysOf('ada');
  const { id } = await ada.issue(spec());
  const at = clock.now().getTime();
  const uses = Array.from({ length: count }, (_, index) =>
    use({ keyId: id, at: at + Math.floor(index / 3) }),
  );
  for (let start = 0; start < count; start += 500) await service.gate.record(uses.slice(start, start + 500));
  return { service, ada, id };
}

test('a log that is read in part does not block later writes', async () => {
  const { service, ada, id } = await withUses(500);
  const logs = ada.logs({})[Symbol.asyncIterator]();
  expect((await logs.next()).done).toBe(false);
  await service.gate.record([use({ keyId: id })]);
  // With a statement left open, this write would block itself and all others until the timeout.
  expect((await ada.issue(spec({ name: 'another' }))).id).not.toBe(id);
  expect(await ada.revoke(id)).toBe(true);
  expect((await logs.next()).done).toBe(false);
});

test('a long log yields each row exactly once, newest first, even while rows are added', async () => {
  const { service, ada, id } = await withUses(2500);
  const positions: { at: number; id: number }[] = [];
  for await (const { position } of ada.logs({})) {
    if (positions.length % 400 === 0)
      await service.gate.record([use({ keyId: id, at: Date.parse('2027-01-01') })]);
    positions.push(position);
  }
  expect(positions).toHaveLength(2500);
  expect(new Set(positions.map(({ id }) => id)).size).toBe(2500);
  const sorted = [...positions].sort((one, other) => other.at - one.at || other.id - one.id);
  expect(positions).toEqual(sorted);
});
