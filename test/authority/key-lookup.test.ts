import { describe, expect, onTestFinished, test } from 'vitest';
import { Authority } from '../../src/authority/authority.ts';
import type { Organisation } from '../../src/authority/decision.ts';
import { CachedKeyLookup } from '../../src/authority/sqlite/cached-lookup.ts';
import type { Connection } from '../../src/authority/sqlite/connection.ts';
import { openDatabase } from '../../src/authority/sqlite/open-database.ts';
import { openSqliteService } from '../../src/authority/sqlite/sqlite-service.ts';
import { SqliteStore } from '../../src/authority/sqlite/sqlite-store.ts';
import { SqliteUseGate } from '../../src/authority/sqlite/sqlite-use-gate.ts';
import type { Value } from '../../src/authority/store/work.ts';
import { forgedKey, spec, use } from '../support/authority.ts';
import { testService } from '../support/authority-service.ts';

/** A key that was used, so that it is cached; and the same file as another process opens it. */
async function used(organisation: Organisation = {}) {
  const made = await testService(organisation);
  const { path, clock } = made;
  const store = new SqliteStore({ path, timeoutMs: 1000 });
  const elsewhere = new Authority({ store, now: clock.now, organisation });
  const gateElsewhere = new SqliteUseGate(store, clock.now, organisation);
  onTestFinished(() => elsewhere.close());
  const { key, secret } = await elsewhere.create(spec({ budgetUsd: 10 }));
  const code = async () => {
    const [decision] = await made.service.gate.authorize([{ key: secret.reveal() }]);
    return decision?.allowed ? 'OK' : decision?.code;
  };
  expect(await code()).toBe('OK');
  const spend = (costUsd: number) => use({ keyId: key.id, costUsd });
  return { ...made, elsewhere, gateElsewhere, key, value: secret.reveal(), code, spend };
}

describe('the very next decision', () => {
  test('knows a key that another process created', async () => {
    const { service, elsewhere } = await used();
    const { secret } = await elsewhere.create(spec());
    expect((await service.gate.examine({ key: secret.reveal() })).allowed).toBe(true);
  });

  test('knows that another process revoked the key', async () => {
    const { elsewhere, key, code } = await used();
    await elsewhere.revoke(key.id);
    expect(await code()).toBe('INVALID_API_KEY');
  });

  test('knows each change by another process', async () => {
    const { elsewhere, key, code } = await used();
    for (const disabled of [true, false, true]) {
      await elsewhere.update(key.id, { disabled });
      expect(await code()).toBe(disabled ? 'DISABLED_API_KEY' : 'OK');
    }
  });

  test('knows what a caller of the same process has changed', async () => {
    const { keysOf, key, code } = await used();
    await (await keysOf('admin')).revoke(key.id);
    expect(await code()).toBe('INVALID_API_KEY');
  });

  test('knows what this and other processes metered', async () => {
    const { service, gateElsewhere, code, spend } = await used();
    await service.gate.record([spend(6)]);
    expect(await code()).toBe('OK');
    gateElsewhere.record([spend(3.999999)]);
    expect(await code()).toBe('OK');
    await service.gate.record([spend(0.000001)]);
    expect(await code()).toBe('BUDGET_EXCEEDED');
  });

  test('knows that the key has expired, which is not cached', async () => {
    const { elsewhere, key, code, clock } = await used();
    await elsewhere.update(key.id, { expiresAt: new Date('2026-11-20T12:00:01.000Z') });
    expect(await code()).toBe('OK');
    clock.advance(1000);
    expect(await code()).toBe('EXPIRED_API_KEY');
  });

  test('starts at zero each month', async () => {
    const { service, code, spend, clock } = await used({ monthlyBudgetUsd: 5 });
    await service.gate.record([spend(5)]);
    expect(await code()).toBe('ORGANISATION_BUDGET_EXCEEDED');
    clock.set('2026-11-30T23:59:59.999Z');
    expect(await code()).toBe('ORGANISATION_BUDGET_EXCEEDED');
    clock.set('2026-12-01T00:00:00.000Z');
    expect(await code()).toBe('OK');
    await service.gate.record([spend(4.9)]);
    expect(await code()).toBe('OK');
  });

  test('includes spending by other processes in the month', async () => {
    const { gateElsewhere, code, spend } = await used({ monthlyBudgetUsd: 5 });
    gateElsewhere.record([spend(5)]);
    expect(await code()).toBe('ORGANISATION_BUDGET_EXCEEDED');
  });

  test('uses the cache if nothing has changed', async () => {
    const { path, value, key } = await used();
    const database = openDatabase(path, 1000);
    onTestFinished(() => database.close());
    let reads = 0;
    const counting: Connection = {
      ...database,
      get(sql: string, ...values: Value[]) {
        if (sql.includes('FROM keys')) reads += 1;
        return database.get(sql, ...values);
      },
    };
    const lookup = new CachedKeyLookup(counting);
    for (let times = 0; times < 3; times++) {
      lookup.refresh();
      expect(lookup.find(value)?.id).toBe(key.id);
    }
    expect(reads).toBe(1);
  });
});

describe('a key is found', () => {
  test('by its value, and as PrivateMind writes it', async () => {
    const { service, key, value } = await used();
    for (const shown of [value, `${key.id}:${value}`])
      expect((await service.gate.examine({ key: shown })).keyId).toBe(key.id);
  });

  test('by nothing else', async () => {
    const { service, key, value } = await used();
    const others = [`3kTMd8Zx0QpLw7Vn:${value}`, `:${value}`, `${value}:`, forgedKey(key.id), key.id, ''];
    for (const shown of others) expect((await service.gate.examine({ key: shown })).keyId).toBeUndefined();
  });
});

test('two services on one file agree on a key at once', async () => {
  const { clock, path, value, key, keysOf } = await used();
  const other = openSqliteService({ path, timeoutMs: 1000 }, clock.now);
  onTestFinished(() => other.close());
  expect((await other.gate.examine({ key: value })).allowed).toBe(true);
  await (await keysOf('admin')).update(key.id, { disabled: true });
  expect(await other.gate.examine({ key: value })).toMatchObject({
    allowed: false,
    code: 'DISABLED_API_KEY',
  });
});
