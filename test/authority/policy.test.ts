import { describe, expect, test } from 'vitest';
import { forgedKey, issue, recordUse, spec, testAuthority, use } from '../support/authority.ts';

const expiry = '2026-11-20T13:00:00.000Z';

test('a key without limits is allowed, and named by its id', async () => {
  const { key, ask } = await issue();
  expect(await ask({ model: 'any' })).toEqual({
    allowed: true,
    keyId: key.id,
    keyName: 'ci',
    models: null,
    limit: null,
    budgetLeftUsd: null,
  });
});

describe('identity (401)', () => {
  test.each([[undefined], ['']])('no key at all: %j', async (key) => {
    const { ask } = await issue();
    expect(await ask({ key })).toEqual({
      allowed: false,
      status: 401,
      code: 'MISSING_API_KEY',
      message: 'API key is required',
      details: { header: 'Authorization' },
    });
  });

  test.each([
    ['a key of another vendor', 'sk-other-vendor-EXAMPLE'],
    ['a well-formed key that was never issued', 'sk_0000000000000000_EXAMPLE'],
  ])('%s is unknown, and no id is revealed', async (_, key) => {
    const { ask } = await issue();
    expect(await ask({ key })).toEqual({
      allowed: false,
      status: 401,
      code: 'INVALID_API_KEY',
      message: 'The provided API key is invalid',
      details: {},
    });
  });

  test('a forged key with an issued id is unknown', async () => {
    const { key, ask } = await issue();
    expect(await ask({ key: forgedKey(key.id) })).toMatchObject({ code: 'INVALID_API_KEY', details: {} });
  });

  test('a key of another authority is unknown, whatever its checksum says', async () => {
    const [ours, theirs] = [await issue(), await issue()];
    expect(await ours.ask({ key: theirs.value })).toMatchObject({ status: 401, code: 'INVALID_API_KEY' });
  });

  test('a revoked key', async () => {
    const { authority, key, ask } = await issue();
    await authority.revoke(key.id);
    expect(await ask()).toMatchObject({ status: 401, code: 'INVALID_API_KEY', details: { key_id: key.id } });
  });

  test('a disabled key, until it is enabled', async () => {
    const { authority, key, ask } = await issue();
    await authority.update(key.id, { disabled: true });
    expect(await ask()).toMatchObject({ status: 401, code: 'DISABLED_API_KEY', keyId: key.id });
    await authority.update(key.id, { disabled: false });
    expect((await ask()).allowed).toBe(true);
  });

  test('an expired key, from the very millisecond, with the time of its expiry', async () => {
    const { clock, key, ask } = await issue({ expiresAt: new Date(expiry) });
    clock.set('2026-11-20T12:59:59.999Z');
    expect((await ask()).allowed).toBe(true);
    clock.set(expiry);
    expect(await ask()).toEqual({
      allowed: false,
      status: 401,
      code: 'EXPIRED_API_KEY',
      message: 'The API key has expired',
      details: { key_id: key.id, expired_at: expiry },
      keyId: key.id,
    });
  });
});

describe('models and permissions (403)', () => {
  test('a model outside the list of the organisation', async () => {
    const { key, ask } = await issue({}, { models: ['small'] });
    expect((await ask({ model: 'small' })).allowed).toBe(true);
    expect((await ask()).allowed).toBe(true);
    expect(await ask({ model: 'large' })).toMatchObject({
      status: 403,
      code: 'MODEL_NOT_ENTITLED',
      details: { key_id: key.id, model: 'large' },
      keyId: key.id,
    });
  });

  test('an empty list entitles an organisation to nothing and a key to everything', async () => {
    const { ask } = await issue({ models: [] }, { models: [] });
    expect(await ask({ model: 'small' })).toMatchObject({ code: 'MODEL_NOT_ENTITLED' });
  });

  test('a model outside the list of the key', async () => {
    const { ask } = await issue({ models: ['small', 'middle'] });
    expect((await ask({ model: 'middle' })).allowed).toBe(true);
    expect(await ask({ model: 'large' })).toMatchObject({ status: 403, code: 'MODEL_NOT_ALLOWED' });
  });

  test('a permission that the key lacks', async () => {
    const { key, ask } = await issue({ permissions: ['read'] });
    expect((await ask({ permission: 'read' })).allowed).toBe(true);
    expect((await ask()).allowed).toBe(true);
    expect(await ask({ permission: 'write' })).toMatchObject({
      status: 403,
      code: 'PERMISSION_DENIED',
      details: { key_id: key.id, permission: 'write' },
    });
  });

  test('admin grants every permission', async () => {
    const { ask } = await issue({ permissions: ['admin'] });
    expect((await ask({ permission: 'webhook' })).allowed).toBe(true);
  });
});

describe('budgets (402)', () => {
  test('the budget of the key, once its last millionth is spent', async () => {
    const { key, ask, spend } = await issue({ budgetUsd: 0.3 });
    await spend(0.1);
    await spend(0.199999);
    expect((await ask()).allowed).toBe(true);
    await spend(0.000001);
    expect(await ask()).toMatchObject({
      status: 402,
      code: 'BUDGET_EXCEEDED',
      details: { key_id: key.id, budget_usd: 0.3 },
    });
  });

  test('the monthly budget of the organisation, which all keys share', async () => {
    const { authority, gate, key, ask, spend } = await issue({}, { monthlyBudgetUsd: 5 });
    const other = await authority.create(spec({ name: 'other' }));
    await spend(2);
    await recordUse(gate, use({ keyId: other.key.id, costUsd: 2.999999 }));
    expect((await ask()).allowed).toBe(true);
    await recordUse(gate, use({ keyId: other.key.id, costUsd: 0.000001 }));
    expect(await ask()).toMatchObject({
      status: 402,
      code: 'ORGANISATION_BUDGET_EXCEEDED',
      details: { key_id: key.id, budget_usd: 5 },
    });
  });

  test('only what was spent in this calendar month counts, in UTC', async () => {
    const { clock, ask, spend } = await issue({}, { monthlyBudgetUsd: 5 });
    clock.set('2026-10-31T23:59:59.999Z');
    await spend(5);
    expect(await ask()).toMatchObject({ code: 'ORGANISATION_BUDGET_EXCEEDED' });
    clock.set('2026-11-01T00:00:00.000Z');
    expect((await ask()).allowed).toBe(true);
    await spend(4.99);
    clock.set('2026-11-30T23:59:59.999Z');
    expect((await ask()).allowed).toBe(true);
    await spend(0.01);
    expect(await ask()).toMatchObject({ code: 'ORGANISATION_BUDGET_EXCEEDED' });
    clock.set('2027-11-15T00:00:00.000Z');
    expect((await ask()).allowed).toBe(true);
    await spend(5);
    clock.set('2027-10-31T23:59:59.999Z');
    expect((await ask()).allowed).toBe(true);
  });
});

test('each request of a batch is decided on by what it names', async () => {
  const { authority, gate } = await testAuthority();
  const restricted = await authority.create(spec({ name: 'restricted', models: ['gpt-5'] }));
  const other = await authority.create(spec({ name: 'other' }));
  const [key, otherKey] = [restricted.secret.reveal(), other.secret.reveal()];
  const decisions = await gate.authorize([
    { key },
    { key, model: 'other' },
    { key: otherKey },
    { key, models: 'unnamed' },
    { key, permission: 'write' },
    { key },
    { key: undefined },
    { key: 'sk_unknown' },
  ]);
  expect(decisions.map((decision) => (decision.allowed ? decision.keyName : decision.code))).toEqual([
    'restricted',
    'MODEL_NOT_ALLOWED',
    'other',
    'MODEL_REQUIRED',
    'PERMISSION_DENIED',
    'restricted',
    'MISSING_API_KEY',
    'INVALID_API_KEY',
  ]);
});
