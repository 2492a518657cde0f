import { describe, expect, onTestFinished, test } from 'vitest';
import { Authority } from '../../src/authority/authority.ts';
import type { Organisation } from '../../src/authority/decision.ts';
import { CachedKeyLookup } from '../../src/authority/key-lookup.ts';
import { AuthorityService } from '../../src/authority/service.ts';
import { openDatabase } from '../../src/authority/sqlite/open-database.ts';
import { forgedKey, spec, use } from '../support/authority.ts';
import { testService } from '../support/authority-service.ts';

/** A key that was used, so that it is cached; and the same file as another process opens it. */
async function used(organisation: Organisation = {}) {
  const made = testService(organisation);
  const { path, clock } = made;
  const elsewhere = new Authority({ path, now: clock.now, timeoutMs: 1000, organisation });
  onTestFinished(() => elsewhere.close());
  const { key, secret } = await elsewhere.create(spec({ budgetUsd: 10 }));
  const code = () => {
    const [decision] = made.service.authorize([{ key: secret.reveal() }]);
    return decision?.allowed ? 'OK' : decision?.code;
  };
  expect(code()).toBe('OK');
  const spend = (costUsd: number) => use({ keyId: key.id, costUsd });
  return { ...made, elsewhere, key, value: secret.reveal(), code, spend };
}

describe('the very next decision', () => {
  test('knows a key that another process created', async () => {
    const { service, elsewhere } = await used();
    const { secret } = await elsewhere.create(spec());
    expect(service.examine({ key: secret.reveal() }).allowed).toBe(true);
  });

  test('knows that another process revoked the key', async () => {
    const { elsewhere, key, code } = await used();
    await elsewhere.revoke(key.id);
    expect(code()).toBe('INVALID_API_KEY');
  });

  test('knows each change by another process', async () => {
    const { elsewhere, key, code } = await used();
    for (const disabled of [true, false, true]) {
      await elsewhere.update(key.id, { disabled });
      expect(code()).toBe(disabled ? 'DISABLED_API_KEY' : 'OK');
    }
  });

  test('knows what a caller of the same process has changed', async () => {
    const { keysOf, key, code } = await used();
    keysOf('admin').revoke(key.id);
    expect(code()).toBe('INVALID_API_KEY');
  });

  test('knows what this and other processes metered', async () => {
    const { service, elsewhere, code, spend } = await used();
    service.record([spend(6)]);
    expect(code()).toBe('OK');
    elsewhere.record(spend(3.999999));
    expect(code()).toBe('OK');
    service.record([spend(0.000001)]);
    expect(code()).toBe('BUDGET_EXCEEDED');
  });

  test('knows that the key has expired, which is not cached', async () => {
    const { elsewhere, key, code, clock } = await used();
    await elsewhere.update(key.id, { expiresAt: new Date('2026-11-20T12:00:01.000Z') });
    expect(code()).toBe('OK');
    clock.advance(1000);
    expect(code()).toBe('EXPIRED_API_KEY');
  });

  test('starts at zero each month', async () => {
    const { service, code, spend, clock } = await used({ monthlyBudgetUsd: 5 });
    service.record([spend(5)]);
    expect(code()).toBe('ORGANISATION_BUDGET_EXCEEDED');
    clock.set('2026-11-30T23:59:59.999Z');
    expect(code()).toBe('ORGANISATION_BUDGET_EXCEEDED');
    clock.set('2026-12-01T00:00:00.000Z');
    expect(code()).toBe('OK');
    service.record([spend(4.9)]);
    expect(code()).toBe('OK');
  });

  test('includes spending by other processes in the month', async () => {
    const { elsewhere, code, spend } = await used({ monthlyBudgetUsd: 5 });
    elsewhere.record(spend(5));
    expect(code()).toBe('ORGANISATION_BUDGET_EXCEEDED');
  });

  test('uses the cache if nothing has changed', async () => {
    const { path, value, key } = await used();
    const database = openDatabase(path, 1000);
    onTestFinished(() => database.close());
    let reads = 0;
    const lookup = new CachedKeyLookup({
      ...database,
      get(sql, ...values) {
        if (sql.includes('FROM keys')) reads += 1;
        return database.get(sql, ...values);
      },
    });
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
      expect(service.examine({ key: shown }).keyId).toBe(key.id);
  });

  test('by nothing else', async () => {
    const { service, key, value } = await used();
    const others = [`3kTMd8Zx0QpLw7Vn:${value}`, `:${value}`, `${value}:`, forgedKey(key.id), key.id, ''];
    for (const shown of others) expect(service.examine({ key: shown }).keyId).toBeUndefined();
  });
});

test('two services on one file agree on a key at once', async () => {
  const { clock, path, value, key, keysOf } = await used();
  const other = new AuthorityService({ path, now: clock.now, timeoutMs: 1000 });
  onTestFinished(() => other.close());
  expect(other.examine({ key: value }).allowed).toBe(true);
  keysOf('admin').update(key.id, { disabled: true });
  expect(other.examine({ key: value })).toMatchObject({ allowed: false, code: 'DISABLED_API_KEY' });
});
