import { expect, test, vi } from 'vitest';
import { keepPruning } from '../../src/server/pruning.ts';
import { spec, use } from '../support/authority.ts';
import { serving, testService } from '../support/authority-service.ts';
import { collect } from '../support/collect.ts';

const dayMs = 86_400_000;

test('a server removes expired log rows step by step, and keeps every counter', async () => {
  const made = await testService();
  const ada = await made.keysOf('ada');
  const { id } = await ada.issue(spec());
  const uses = (count: number) => Array.from({ length: count }, () => use({ keyId: id, costUsd: 0.001 }));
  await made.service.gate.record(uses(1200));
  made.clock.advance(91 * dayMs);
  await made.service.gate.record(uses(3));
  const server = await serving(made, { prunes: true });
  const token = await server.token('ada');

  await vi.waitFor(async () => expect(await collect(ada.logs({}))).toHaveLength(3), 5000);
  const { body } = await server.call('GET', `/admin/keys/${id}`, { token });
  expect(body).toMatchObject({ spent_usd: 1.203, usage: { requests: 1203 } });
});

test('a database that is busy is no reason to stop', async () => {
  let calls = 0;
  const stop = keepPruning({
    async prune(maxRows) {
      calls += 1;
      if (calls > 2) throw new Error('busy');
      return maxRows;
    },
  });
  await vi.waitFor(() => expect(calls).toBe(3), 2000);
  stop();
});
