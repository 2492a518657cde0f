import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Organisation } from '../../src/authority/decision.ts';
import type { ScopedKeys } from '../../src/authority/scoped-keys.ts';
import { forgedKey, spec, use } from '../support/authority.ts';
import { testService } from '../support/authority-service.ts';
import { failureOf } from '../support/failure.ts';

/** Two users with a key each, and an admin without one. */
function two(organisation: Organisation = {}) {
  const made = testService(organisation);
  const [ada, bob, admin] = [made.keysOf('ada'), made.keysOf('bob'), made.keysOf('admin')];
  const hers = ada.issue(spec({ name: 'hers' }));
  made.clock.advance(1);
  const his = bob.issue(spec({ name: 'his' }));
  return { ...made, ada, bob, admin, hers, his };
}

const ids = (keys: ScopedKeys) => keys.list().map(({ key }) => key.id);

describe('a user', () => {
  test('lists its own keys, and an admin those of all users', () => {
    const { ada, bob, admin, hers, his } = two();
    expect([ids(ada), ids(bob), ids(admin)]).toEqual([[hers.id], [his.id], [his.id, hers.id]]);
    expect(admin.list().map(({ owner }) => owner)).toEqual(['bob', 'ada']);
  });

  test('finds a key by its id, by its hash and by its value', () => {
    const { ada, admin, hers } = two();
    const value = hers.secret.reveal();
    const hash = createHash('sha256').update(value).digest('hex');
    for (const reference of [hers.id, hash, value]) {
      expect(ada.get(reference)).toMatchObject({ key: { id: hers.id, name: 'hers' }, owner: 'ada', hash });
      expect(admin.find(reference)?.key.id).toBe(hers.id);
    }
  });

  test("does not find another user's key by any reference", () => {
    const { ada, bob, hers } = two();
    for (const reference of [hers.id, ada.get(hers.id).hash, hers.secret.reveal()]) {
      expect(bob.find(reference)).toBeUndefined();
      expect(failureOf(() => bob.get(reference)).code).toBe('no_such_key');
    }
  });

  test('finds nothing by a forged value, and does not repeat it', () => {
    const { ada, hers } = two();
    const forged = forgedKey(hers.id);
    expect(ada.find(forged)).toBeUndefined();
    expect(failureOf(() => ada.get(forged)).message).toBe("no key has the id '****'");
  });

  test.each<[string, (keys: ScopedKeys, id: string) => unknown]>([
    ['update', (keys, id) => keys.update(id, { name: 'taken' })],
    ['disable', (keys, id) => keys.update(id, { disabled: true })],
    ['revoke', (keys, id) => keys.revoke(id)],
    ['rotate', (keys, id) => keys.rotate(id, { grace: 0 })],
  ])('cannot %s the key of another user, which stays unchanged', (_, act) => {
    const { ada, bob, admin, hers } = two();
    const before = admin.list();
    expect(failureOf(() => act(bob, hers.id))).toMatchObject({ exit: 'notFound', code: 'no_such_key' });
    expect(admin.list()).toEqual(before);
    expect(ada.get(hers.id).key.status).toBe('active');
  });

  test.each(['id', 'hash', 'value'] as const)(
    'changes and revokes its own, and an admin those of any user, by %s',
    (by) => {
      const { ada, admin, hers } = two();
      const { hash } = ada.get(hers.id);
      const reference = { id: hers.id, hash, value: hers.secret.reveal() }[by];
      expect(ada.update(reference, { disabled: true }).key.status).toBe('disabled');
      expect(admin.update(reference, { disabled: false, name: 'ours' }).key).toMatchObject({
        name: 'ours',
        status: 'active',
      });
      const next = ada.rotate(reference, { grace: 1000 });
      expect(ada.get(next.id).key.name).toBe('ours');
      expect([admin.revoke(reference), ada.revoke(reference)]).toEqual([true, false]);
      expect(ada.get(hers.id).key.status).toBe('revoked');
      expect(failureOf(() => admin.update(reference, { name: 'late' })).code).toBe('key_revoked');
    },
  );

  test('sees the usage of its own keys, and an admin that of all keys', () => {
    const { service, ada, bob, admin, hers, his } = two();
    service.record([use({ keyId: hers.id, costUsd: 1 }), use({ keyId: his.id, costUsd: 2, tokens: 5 })]);
    const keysIn = (keys: ScopedKeys) => [...keys.logs({})].map(({ entry }) => entry.keyId);
    expect([keysIn(ada), keysIn(bob), keysIn(admin)]).toEqual([[hers.id], [his.id], [his.id, hers.id]]);
    expect([ada, bob, admin].map((keys) => keys.logCount({}))).toEqual([1, 1, 2]);
    expect([...ada.logs({ keyId: his.id })]).toEqual([]);

    const spent = (keys: ScopedKeys) => keys.usage({ by: 'day' }).map(({ spentUsd }) => spentUsd);
    expect([spent(ada), spent(bob), spent(admin)]).toEqual([[1], [2], [3]]);
    expect(bob.usage({ by: 'key' })).toEqual([
      { keyId: his.id, name: 'his', requests: 1, tokens: 5, spentUsd: 2 },
    ]);
    expect(ada.usage({ by: 'key', keyId: his.id })).toEqual([]);
  });
});

describe('a list', () => {
  test.each([
    ['LIVE', ['live one']],
    ['ÄRGER', ['ÄRGER im Bad']],
    ['train', ['ÄRGER im Bad']],
    ['%', []],
  ])('is searched for %j in names and descriptions', (search, names) => {
    const { keysOf } = testService();
    const ada = keysOf('ada');
    ada.issue(spec({ name: 'live one' }));
    ada.issue(spec({ name: 'ÄRGER im Bad', description: 'the release train' }));
    expect(ada.list({ search }).map(({ key }) => key.name)).toEqual(names);
  });

  test('is searched for an id too', () => {
    const { ada, hers } = two();
    expect(ada.list({ search: hers.id.slice(2, 12) }).map(({ key }) => key.id)).toEqual([hers.id]);
  });

  test('by status has the keys of that status; active includes expiring', () => {
    const { keysOf, clock } = testService();
    const ada = keysOf('ada');
    const inDays = (days: number) => new Date(clock.now().getTime() + days * 86_400_000);
    const named = (name: string, expiresAt: Date | null = null) => ada.issue(spec({ name, expiresAt })).id;
    named('active', inDays(31));
    named('expiring', inDays(30));
    named('expired', inDays(0));
    ada.update(named('disabled', inDays(1)), { disabled: true });
    ada.revoke(named('revoked', inDays(0)));
    for (const status of ['expiring', 'expired', 'disabled', 'revoked'] as const) {
      expect(ada.list({ status }).map(({ key }) => [key.name, key.status])).toEqual([[status, status]]);
    }
    const active = ada.list({ status: 'active' }).map(({ key }) => key.name);
    expect(active.sort()).toEqual(['active', 'expiring']);
  });
});

describe('the number of active keys', () => {
  test('is limited to exactly what the organisation grants each user', () => {
    const { keysOf } = testService({ maxKeys: 2 });
    const [ada, bob] = [keysOf('ada'), keysOf('bob')];
    const [first] = [ada.issue(spec()), ada.issue(spec())];
    expect(failureOf(() => ada.issue(spec()))).toMatchObject({ exit: 'limit', code: 'key_limit' });
    expect(ada.list()).toHaveLength(2);
    expect(bob.issue(spec()).id).toMatch(/^[0-9A-Za-z]{16}$/);
    ada.revoke(first.id);
    expect(ada.issue(spec()).id).toMatch(/^[0-9A-Za-z]{16}$/);
    expect(failureOf(() => ada.issue(spec())).code).toBe('key_limit');
  });

  test('counts disabled keys, but not expired ones', () => {
    const { keysOf, clock } = testService({ maxKeys: 1 });
    const ada = keysOf('ada');
    const { id } = ada.issue(spec({ expiresAt: new Date('2026-11-20T13:00:00Z') }));
    ada.update(id, { disabled: true });
    expect(failureOf(() => ada.issue(spec())).code).toBe('key_limit');
    clock.set('2026-11-20T13:00:00.000Z');
    expect(ada.issue(spec()).id).toMatch(/^[0-9A-Za-z]{16}$/);
  });
});

describe('models that the organisation is not entitled to', () => {
  test('cannot be given to a key, neither on creation nor later', () => {
    const { keysOf } = testService({ models: ['small', 'large'] });
    const ada = keysOf('ada');
    const { id } = ada.issue(spec({ models: ['small'] }));
    const refused = {
      exit: 'auth',
      code: 'model_not_entitled',
      message: 'the organisation is not entitled to huge, vast',
    };
    const models = ['small', 'huge', 'vast'];
    expect(failureOf(() => ada.issue(spec({ models })))).toMatchObject(refused);
    expect(failureOf(() => ada.update(id, { models }))).toMatchObject(refused);
    expect(ada.list().map(({ key }) => key.models)).toEqual([['small']]);
    expect(ada.update(id, { models: ['large'] }).key.models).toEqual(['large']);
  });

  test('is unlimited by default', () => {
    const { keysOf } = testService();
    expect(keysOf('ada').issue(spec({ models: ['huge'] })).id).toMatch(/^[0-9A-Za-z]{16}$/);
  });
});

describe('a single key', () => {
  const single = { single: true };

  test('exists once per user, in addition to its other keys', () => {
    const { keysOf } = testService();
    const [ada, bob] = [keysOf('ada'), keysOf('bob')];
    ada.issue(spec({ name: 'other' }));
    expect(ada.single()).toBeUndefined();
    const { id } = ada.issue(spec(), single);
    expect(ada.single()?.key.id).toBe(id);
    expect(failureOf(() => ada.issue(spec(), single))).toMatchObject({ exit: 'limit', code: 'key_exists' });
    expect(bob.single()).toBeUndefined();
    expect(bob.issue(spec(), single).id).toMatch(/^[0-9A-Za-z]{16}$/);
  });

  test('of an admin is its own, and so is its log', () => {
    const { service, keysOf } = testService();
    const [ada, admin] = [keysOf('ada'), keysOf('admin')];
    const { id } = ada.issue(spec(), single);
    expect(admin.single()).toBeUndefined();
    const own = admin.issue(spec(), single);
    const other = admin.issue(spec());
    service.record([id, own.id, other.id].map((keyId) => use({ keyId })));
    expect([...admin.logs({}, single)].map(({ entry }) => entry.keyId)).toEqual([own.id]);
    expect([admin.logCount({}, single), ada.logCount({}, single)]).toEqual([1, 1]);
  });

  test('can be created again once revoked, and is replaced at once when rotated', () => {
    const { keysOf } = testService();
    const ada = keysOf('ada');
    const first = ada.issue(spec(), single);
    const second = ada.rotate(first.id, { grace: 60_000 });
    expect(ada.get(first.id).key.status).toBe('revoked');
    expect(ada.single()?.key.id).toBe(second.id);
    ada.revoke(second.id);
    expect(ada.single()).toBeUndefined();
    expect(ada.issue(spec(), single).id).toMatch(/^[0-9A-Za-z]{16}$/);
  });
});
