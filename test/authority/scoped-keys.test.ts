import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Organisation } from '../../src/authority/decision.ts';
import type { ScopedKeys } from '../../src/authority/scoped-keys.ts';
import { forgedKey, spec, use } from '../support/authority.ts';
import { testService } from '../support/authority-service.ts';
import { collect } from '../support/collect.ts';
import { failureIn } from '../support/failure.ts';

/** Two users with a key each, and an admin without one. */
async function two(organisation: Organisation = {}) {
  const made = await testService(organisation);
  const [ada, bob, admin] = [await made.keysOf('ada'), await made.keysOf('bob'), await made.keysOf('admin')];
  const hers = await ada.issue(spec({ name: 'hers' }));
  made.clock.advance(1);
  const his = await bob.issue(spec({ name: 'his' }));
  return { ...made, ada, bob, admin, hers, his };
}

const ids = async (keys: ScopedKeys) => (await keys.list()).map(({ key }) => key.id);

describe('a user', () => {
  test('lists its own keys, and an admin those of all users', async () => {
    const { ada, bob, admin, hers, his } = await two();
    expect([await ids(ada), await ids(bob), await ids(admin)]).toEqual([
      [hers.id],
      [his.id],
      [his.id, hers.id],
    ]);
    expect((await admin.list()).map(({ owner }) => owner)).toEqual(['bob', 'ada']);
  });

  test('finds a key by its id, by its hash and by its value', async () => {
    const { ada, admin, hers } = await two();
    const value = hers.secret.reveal();
    const hash = createHash('sha256').update(value).digest('hex');
    for (const reference of [hers.id, hash, value]) {
      expect(await ada.get(reference)).toMatchObject({
        key: { id: hers.id, name: 'hers' },
        owner: 'ada',
        hash,
      });
      expect((await admin.find(reference))?.key.id).toBe(hers.id);
    }
  });

  test("does not find another user's key by any reference", async () => {
    const { ada, bob, hers } = await two();
    for (const reference of [hers.id, (await ada.get(hers.id)).hash, hers.secret.reveal()]) {
      expect(await bob.find(reference)).toBeUndefined();
      expect((await failureIn(bob.get(reference))).code).toBe('no_such_key');
    }
  });

  test('finds nothing by a forged value, and does not repeat it', async () => {
    const { ada, hers } = await two();
    const forged = forgedKey(hers.id);
    expect(await ada.find(forged)).toBeUndefined();
    expect((await failureIn(ada.get(forged))).message).toBe("no key has the id '****'");
  });

  test.each<[string, (keys: ScopedKeys, id: string) => Promise<unknown>]>([
    ['update', (keys, id) => keys.update(id, { name: 'taken' })],
    ['disable', (keys, id) => keys.update(id, { disabled: true })],
    ['revoke', (keys, id) => keys.revoke(id)],
    ['rotate', (keys, id) => keys.rotate(id, { grace: 0 })],
  ])('cannot %s the key of another user, which stays unchanged', async (_, act) => {
    const { ada, bob, admin, hers } = await two();
    const before = await admin.list();
    expect(await failureIn(act(bob, hers.id))).toMatchObject({ exit: 'notFound', code: 'no_such_key' });
    expect(await admin.list()).toEqual(before);
    expect((await ada.get(hers.id)).key.status).toBe('active');
  });

  test.each(['id', 'hash', 'value'] as const)(
    'changes and revokes its own, and an admin those of any user, by %s',
    async (by) => {
      const { ada, admin, hers } = await two();
      const { hash } = await ada.get(hers.id);
      const reference = { id: hers.id, hash, value: hers.secret.reveal() }[by];
      expect((await ada.update(reference, { disabled: true })).key.status).toBe('disabled');
      expect((await admin.update(reference, { disabled: false, name: 'ours' })).key).toMatchObject({
        name: 'ours',
        status: 'active',
      });
      const next = await ada.rotate(reference, { grace: 1000 });
      expect((await ada.get(next.id)).key.name).toBe('ours');
      expect([await admin.revoke(reference), await ada.revoke(reference)]).toEqual([true, false]);
      expect((await ada.get(hers.id)).key.status).toBe('revoked');
      expect((await failureIn(admin.update(reference, { name: 'late' }))).code).toBe('key_revoked');
    },
  );

  test('sees the usage of its own keys, and an admin that of all keys', async () => {
    const { service, ada, bob, admin, hers, his } = await two();
    await service.gate.record([
      use({ keyId: hers.id, costUsd: 1 }),
      use({ keyId: his.id, costUsd: 2, tokens: 5 }),
    ]);
    const keysIn = async (keys: ScopedKeys) => (await collect(keys.logs({}))).map(({ entry }) => entry.keyId);
    expect([await keysIn(ada), await keysIn(bob), await keysIn(admin)]).toEqual([
      [hers.id],
      [his.id],
      [his.id, hers.id],
    ]);
    expect(await Promise.all([ada, bob, admin].map((keys) => keys.logCount({})))).toEqual([1, 1, 2]);
    expect(await collect(ada.logs({ keyId: his.id }))).toEqual([]);

    const spent = async (keys: ScopedKeys) =>
      (await keys.usage({ by: 'day' })).map(({ spentUsd }) => spentUsd);
    expect([await spent(ada), await spent(bob), await spent(admin)]).toEqual([[1], [2], [3]]);
    expect(await bob.usage({ by: 'key' })).toEqual([
      { keyId: his.id, name: 'his', requests: 1, tokens: 5, spentUsd: 2 },
    ]);
    expect(await ada.usage({ by: 'key', keyId: his.id })).toEqual([]);
  });
});

describe('a list', () => {
  test.each([
    ['LIVE', ['live one']],
    ['ÄRGER', ['ÄRGER im Bad']],
    ['train', ['ÄRGER im Bad']],
    ['%', []],
  ])('is searched for %j in names and descriptions', async (search, names) => {
    const { keysOf } = await testService();
    const ada = await keysOf('ada');
    await ada.issue(spec({ name: 'live one' }));
    await ada.issue(spec({ name: 'ÄRGER im Bad', description: 'the release train' }));
    expect((await ada.list({ search })).map(({ key }) => key.name)).toEqual(names);
  });

  test('is searched for an id too', async () => {
    const { ada, hers } = await two();
    expect((await ada.list({ search: hers.id.slice(2, 12) })).map(({ key }) => key.id)).toEqual([hers.id]);
  });

  test('by status has the keys of that status; active includes expiring', async () => {
    const { keysOf, clock } = await testService();
    const ada = await keysOf('ada');
    const inDays = (days: number) => new Date(clock.now().getTime() + days * 86_400_000);
    const named = async (name: string, expiresAt: Date | null = null) =>
      (await ada.issue(spec({ name, expiresAt }))).id;
    await named('active', inDays(31));
    await named('expiring', inDays(30));
    await named('expired', inDays(0));
    await ada.update(await named('disabled', inDays(1)), { disabled: true });
    await ada.revoke(await named('revoked', inDays(0)));
    for (const status of ['expiring', 'expired', 'disabled', 'revoked'] as const) {
      expect((await ada.list({ status })).map(({ key }) => [key.name, key.status])).toEqual([
        [status, status],
      ]);
    }
    const active = (await ada.list({ status: 'active' })).map(({ key }) => key.name);
    expect(active.sort()).toEqual(['active', 'expiring']);
  });
});

describe('the number of active keys', () => {
  test('is limited to exactly what the organisation grants each user', async () => {
    const { keysOf } = await testService({ maxKeys: 2 });
    const [ada, bob] = [await keysOf('ada'), await keysOf('bob')];
    const [first] = [await ada.issue(spec()), await ada.issue(spec())];
    expect(await failureIn(ada.issue(spec()))).toMatchObject({ exit: 'limit', code: 'key_limit' });
    expect(await ada.list()).toHaveLength(2);
    expect((await bob.issue(spec())).id).toMatch(/^[0-9A-Za-z]{16}$/);
    await ada.revoke(first.id);
    expect((await ada.issue(spec())).id).toMatch(/^[0-9A-Za-z]{16}$/);
    expect((await failureIn(ada.issue(spec()))).code).toBe('key_limit');
  });

  test('counts disabled keys, but not expired ones', async () => {
    const { keysOf, clock } = await testService({ maxKeys: 1 });
    const ada = await keysOf('ada');
    const { id } = await ada.issue(spec({ expiresAt: new Date('2026-11-20T13:00:00Z') }));
    await ada.update(id, { disabled: true });
    expect((await failureIn(ada.issue(spec()))).code).toBe('key_limit');
    clock.set('2026-11-20T13:00:00.000Z');
    expect((await ada.issue(spec())).id).toMatch(/^[0-9A-Za-z]{16}$/);
  });
});

describe('models that the organisation is not entitled to', () => {
  test('cannot be given to a key, neither on creation nor later', async () => {
    const { keysOf } = await testService({ models: ['small', 'large'] });
    const ada = await keysOf('ada');
    const { id } = await ada.issue(spec({ models: ['small'] }));
    const refused = {
      exit: 'auth',
      code: 'model_not_entitled',
      message: 'the organisation is not entitled to huge, vast',
    };
    const models = ['small', 'huge', 'vast'];
    expect(await failureIn(ada.issue(spec({ models })))).toMatchObject(refused);
    expect(await failureIn(ada.update(id, { models }))).toMatchObject(refused);
    expect((await ada.list()).map(({ key }) => key.models)).toEqual([['small']]);
    expect((await ada.update(id, { models: ['large'] })).key.models).toEqual(['large']);
  });

  test('is unlimited by default', async () => {
    const { keysOf } = await testService();
    expect((await (await keysOf('ada')).issue(spec({ models: ['huge'] }))).id).toMatch(/^[0-9A-Za-z]{16}$/);
  });
});

describe('a single key', () => {
  const single = { single: true };

  test('exists once per user, in addition to its other keys', async () => {
    const { keysOf } = await testService();
    const [ada, bob] = [await keysOf('ada'), await keysOf('bob')];
    await ada.issue(spec({ name: 'other' }));
    expect(await ada.single()).toBeUndefined();
    const { id } = await ada.issue(spec(), single);
    expect((await ada.single())?.key.id).toBe(id);
    expect(await failureIn(ada.issue(spec(), single))).toMatchObject({ exit: 'limit', code: 'key_exists' });
    expect(await bob.single()).toBeUndefined();
    expect((await bob.issue(spec(), single)).id).toMatch(/^[0-9A-Za-z]{16}$/);
  });

  test('of an admin is its own, and so is its log', async () => {
    const { service, keysOf } = await testService();
    const [ada, admin] = [await keysOf('ada'), await keysOf('admin')];
    const { id } = await ada.issue(spec(), single);
    expect(await admin.single()).toBeUndefined();
    const own = await admin.issue(spec(), single);
    const other = await admin.issue(spec());
    await service.gate.record([id, own.id, other.id].map((keyId) => use({ keyId })));
    expect((await collect(admin.logs({}, single))).map(({ entry }) => entry.keyId)).toEqual([own.id]);
    expect([await admin.logCount({}, single), await ada.logCount({}, single)]).toEqual([1, 1]);
  });

  test('can be created again once revoked, and is replaced at once when rotated', async () => {
    const { keysOf } = await testService();
    const ada = await keysOf('ada');
    const first = await ada.issue(spec(), single);
    const second = await ada.rotate(first.id, { grace: 60_000 });
    expect((await ada.get(first.id)).key.status).toBe('revoked');
    expect((await ada.single())?.key.id).toBe(second.id);
    await ada.revoke(second.id);
    expect(await ada.single()).toBeUndefined();
    expect((await ada.issue(spec(), single)).id).toMatch(/^[0-9A-Za-z]{16}$/);
  });
});
