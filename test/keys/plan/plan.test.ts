import { describe, expect, test } from 'vitest';
import { Secret } from '../../../src/base/secret.ts';
import type { Key } from '../../../src/keys/key.ts';
import { unread } from '../../../src/keys/key.ts';
import type { OpenOperation } from '../../../src/keys/operations/open-operation.ts';
import type { Plan, WrittenStep } from '../../../src/keys/operations/operation.ts';
import type { DesiredExpiry, DesiredKey } from '../../../src/keys/plan/desired-key.ts';
import type { Capabilities } from '../../../src/keys/ports.ts';
import { key } from '../../support/key.ts';
import {
  daysAgo,
  desired,
  inDays,
  lifetime,
  planFor,
  planNow,
  planWorld,
  span,
} from '../../support/plan-world.ts';

function old(fields: Partial<Key> = {}): Key {
  return key({
    createdAt: daysAgo(10),
    expiresAt: null,
    description: null,
    permissions: ['read'],
    rateLimitRpm: null,
    budgetUsd: null,
    models: [],
    labels: {},
    ...fields,
  });
}

function open(plan: Partial<Plan>, steps: readonly WrittenStep[] = []): OpenOperation {
  return {
    path: '/state/operations/op000001.jsonl',
    header: {
      version: 1,
      id: 'op000001',
      at: daysAgo(1),
      plan: { kind: 'create', name: 'ci', sinks: [], known: [], ...plan },
      setting: { profile: 'local', provider: 'example', url: null, cwd: '/work' },
    },
    escrow: 'none',
    steps: [...steps],
  };
}

describe('a key that does not exist', () => {
  test('is created, with every field that the file says', () => {
    const one = desired({ description: 'deploys', expires: lifetime('90d'), budgetUsd: 25, models: [] });
    expect(planFor(one, planWorld([])).main).toEqual({
      action: 'create',
      name: 'ci',
      profile: 'local',
      changes: [
        { field: 'description', from: null, to: 'deploys' },
        { field: 'budgetUsd', from: null, to: 25 },
        { field: 'expiresAt', from: null, to: inDays(90) },
        { field: 'to', from: null, to: 'file:/job/ci' },
      ],
    });
  });

  test.for<[why: string, one: Partial<DesiredKey>, can: object, reason: string]>([
    ['no place', { to: [] }, {}, 'names no place'],
    [
      'a field',
      { budgetUsd: 25 },
      { createFields: ['name', 'description'] },
      'does not give a new key budgetUsd (it takes description)',
    ],
    ['an expiry', { expires: lifetime('90d') }, { createFields: ['name'], expiry: 'none' }, 'expiresAt'],
    ['a step', { expires: lifetime('60d') }, { expiry: 'steps', expirySteps: ['30d', '90d'] }, '30d, 90d'],
    ['no expiry', {}, { expiryRequired: true }, 'add expires:'],
    ['a permission', { permissions: ['fly'] }, {}, 'unknown permissions fly'],
    ['the past', { expires: { kind: 'date', at: new Date(daysAgo(1)) } }, {}, 'is in the past'],
    ['to be disabled', { disabled: true }, { disable: false }, 'cannot disable'],
    ['creation', {}, { create: false }, 'no call to create'],
    ['names', {}, { reports: ['id', 'status'] }, 'keeps no names'],
  ])('is refused where the API cannot honour: %s', ([, one, can, reason]) => {
    const { main } = planFor(desired(one), planWorld([], { can }));
    expect(main.action).toBe('refused');
    expect(main.reason).toContain(reason);
  });

  test('is refused where the list may hide it', () => {
    const others = Array.from({ length: 50 }, (_, n) => key({ id: `id${n}`, name: `n${n}` }));
    expect(planFor(desired(), planWorld(others, { can: { endsLists: false } })).main.action).toBe('refused');
    expect(planFor(desired(), planWorld(others, { can: { endsLists: true } })).main.action).toBe('create');
  });

  test('exists no longer once it is revoked', () => {
    expect(planFor(desired(), planWorld([old({ status: 'revoked' })])).main.action).toBe('create');
  });
});

describe('a key that exists', () => {
  test('is left alone in every field that the file leaves out', () => {
    const world = planWorld([old({ description: 'by hand', budgetUsd: 5, labels: { a: 'b' } })]);
    expect(planFor(desired(), world).main).toEqual({
      action: 'none',
      name: 'ci',
      profile: 'local',
      keyId: 'aaaa0001',
    });
  });

  test('needs no place', () => {
    expect(planFor(desired({ to: [] }), planWorld([old()])).main.action).toBe('none');
  });

  test.for<[field: string, one: Partial<DesiredKey>, from: unknown, to: unknown]>([
    ['description', { description: 'x' }, null, 'x'],
    ['permissions', { permissions: ['write'] }, ['read'], ['write']],
    ['rateLimitRpm', { rateLimitRpm: 60 }, null, 60],
    ['budgetUsd', { budgetUsd: 25 }, null, 25],
    ['models', { models: ['m'] }, [], ['m']],
    ['labels', { labels: { a: 'b' } }, {}, { a: 'b' }],
    ['disabled', { disabled: true }, false, true],
  ])('is changed where it differs: %s', ([field, one, from, to]) => {
    const { main } = planFor(desired(one), planWorld([old()]));
    expect(main).toMatchObject({ action: 'change', changes: [{ field, from, to }] });
  });

  test('has the limits removed that the file says are none', () => {
    const world = planWorld([old({ budgetUsd: 25, rateLimitRpm: 60, models: ['m'] })]);
    const { main } = planFor(desired({ budgetUsd: null, rateLimitRpm: null, models: [] }), world);
    expect(main.changes).toEqual([
      { field: 'rateLimitRpm', from: 60, to: null },
      { field: 'budgetUsd', from: 25, to: null },
      { field: 'models', from: ['m'], to: [] },
    ]);
  });

  test('is the same with its lists in another order, and with other labels', () => {
    const world = planWorld([old({ permissions: ['a', 'b'], labels: { team: 'x', other: 'y' } })]);
    expect(planFor(desired({ permissions: ['b', 'a'], labels: { team: 'x' } }), world).main.action).toBe(
      'none',
    );
  });

  test('is not changed for what the API does not report, and says so', () => {
    const one = desired({ budgetUsd: 25, models: ['m'] });
    const world = planWorld([old({ [unread]: ['models'] })], {
      can: { reports: ['id', 'name', 'status', 'models'] },
    });
    expect(planFor(one, world).main).toMatchObject({
      action: 'none',
      reason: 'the API does not report budgetUsd, models',
    });
  });

  test('is replaced where the API cannot change it, and a new key can have it', () => {
    const world = planWorld([old()], { can: { updateFields: ['description'] } });
    const { main } = planFor(desired({ budgetUsd: 25, description: 'x' }), world);
    expect(main).toMatchObject({ action: 'rotate', oldRevokeAt: inDays(7) });
    expect(main.reason).toBe(
      'the provider example does not change budgetUsd (it takes description), so another key replaces it',
    );
  });

  test('is refused where neither can have it', () => {
    const can = { updateFields: [], update: false, createFields: ['name', 'permissions'] as const };
    const { main } = planFor(desired({ budgetUsd: 25 }), planWorld([old()], { can }));
    expect(main.action).toBe('refused');
    expect(main.reason).toContain('does not change budgetUsd');
    expect(main.reason).toContain('does not give a new key budgetUsd');
  });

  test('is not replaced where the new key would lose what the file does not say', () => {
    const can = { updateFields: [], createFields: ['name', 'budgetUsd'] as const };
    const world = planWorld([old({ models: ['m'] })], { can });
    expect(planFor(desired({ budgetUsd: 25 }), world).main.reason).toContain(
      'cannot take over permissions, models',
    );
  });

  test('is left disabled, and not replaced', () => {
    const world = planWorld([old({ status: 'disabled', createdAt: daysAgo(100) })]);
    const one = desired({ rotate: { olderThan: span('60d') } });
    expect(planFor(one, world).main).toMatchObject({ action: 'none', reason: 'it is disabled' });
  });

  test('is never ended where it is our own session token', () => {
    const one = desired({ rotate: { olderThan: span('5d') } });
    expect(planFor(one, planWorld([old()], { ownId: 'aaaa0001' })).main.action).toBe('refused');
  });

  test('is not guessed among several that work', () => {
    const { createdAt: _, ...undated } = old();
    const twins = [undated, { ...undated, id: 'bbbb0002' }];
    expect(planFor(desired(), planWorld(twins)).main.reason).toContain('2 active keys');
  });
});

describe('an expiry', () => {
  const plan = (fields: Partial<Key>, expires: DesiredKey['expires'], can = {}) =>
    planFor(desired({ ...(expires && { expires }) }), planWorld([old(fields)], { can })).main;

  test('within the lifetime is right, also a shorter one', () => {
    expect(plan({ expiresAt: inDays(80) }, lifetime('90d')).action).toBe('none');
    expect(plan({ expiresAt: inDays(1) }, lifetime('90d')).action).toBe('none');
  });

  test('of never, or beyond it, is changed to the lifetime since creation', () => {
    for (const expiresAt of [null, inDays(81)])
      expect(plan({ expiresAt }, lifetime('90d'))).toMatchObject({
        action: 'change',
        changes: [{ field: 'expiresAt', from: expiresAt, to: inDays(80) }],
      });
  });

  test('that would be over soon is not forced on a key: another one replaces it', () => {
    expect(plan({ createdAt: daysAgo(100) }, lifetime('90d'))).toMatchObject({ action: 'rotate' });
    expect(plan({ createdAt: daysAgo(88) }, lifetime('90d'))).toMatchObject({ action: 'rotate' });
    expect(plan({ createdAt: daysAgo(80) }, lifetime('90d'))).toMatchObject({ action: 'change' });
  });

  test('of whole days is right to the day', () => {
    const can = { expiryResolution: 86_400_000 };
    expect(plan({ expiresAt: inDays(80.6) }, lifetime('90d'), can).action).toBe('none');
    expect(plan({ expiresAt: inDays(82) }, lifetime('90d'), can).action).toBe('change');
  });

  test('that the API cannot change takes another key', () => {
    expect(plan({}, lifetime('90d'), { updateFields: ['name'] }).action).toBe('rotate');
    const steps = { expiry: 'steps', expirySteps: ['30d', '90d'] } as const;
    expect(plan({}, lifetime('90d'), steps).action).toBe('rotate');
  });

  test('of a date is equal', () => {
    const at = new Date(inDays(30));
    expect(plan({ expiresAt: inDays(30) }, { kind: 'date', at }).action).toBe('none');
    expect(plan({ expiresAt: inDays(29) }, { kind: 'date', at }).action).toBe('change');
    expect(plan({ expiresAt: inDays(29) }, { kind: 'date', at: new Date(daysAgo(1)) }).action).toBe(
      'refused',
    );
  });

  test('of never is none', () => {
    expect(plan({ expiresAt: null }, { kind: 'never' }).action).toBe('none');
    expect(plan({ expiresAt: inDays(3) }, { kind: 'never' })).toMatchObject({
      action: 'change',
      changes: [{ field: 'expiresAt', from: inDays(3), to: null }],
    });
  });

  test('that the API does not report is not known', () => {
    const main = plan({}, lifetime('90d'), { reports: ['id', 'name', 'status', 'createdAt'] });
    expect(main).toMatchObject({ action: 'none', reason: 'the API does not report expiresAt' });
  });

  test('that is over is followed by another key with its settings', () => {
    const main = plan({ status: 'expired', expiresAt: daysAgo(1) }, lifetime('90d'));
    expect(main).toMatchObject({ action: 'rotate', keyId: 'aaaa0001' });
  });

  test('of a date that is over revives nothing', () => {
    const at = new Date(daysAgo(1));
    expect(plan({ status: 'expired', expiresAt: daysAgo(1) }, { kind: 'date', at }).reason).toContain(
      'in the past',
    );
  });
});

describe('rotation', () => {
  const rules = { olderThan: span('60d'), due: span('14d'), grace: span('2d') };

  test('is due by age or by expiry, and says when the old key ends', () => {
    const plan = (fields: Partial<Key>) => planFor(desired({ rotate: rules }), planWorld([old(fields)])).main;
    expect(plan({}).action).toBe('none');
    expect(plan({ createdAt: daysAgo(60) })).toMatchObject({ action: 'rotate', oldRevokeAt: inDays(2) });
    expect(plan({ createdAt: daysAgo(60) }).reason).toContain('more than 60d ago');
    expect(plan({ expiresAt: inDays(13) }).reason).toContain('it expires');
  });

  test('is refused if the next key would be due at once: each run would replace it', () => {
    const plan = (fields: Partial<Key>, expires?: DesiredExpiry) =>
      planFor(desired({ rotate: rules, ...(expires && { expires }) }), planWorld([old(fields)])).main;
    const date: DesiredExpiry = { kind: 'date', at: new Date(inDays(13)) };
    expect(plan({ expiresAt: inDays(13) }, date)).toMatchObject({ action: 'refused' });
    expect(plan({ expiresAt: inDays(13) }, date).reason).toMatch(
      /^it expires 2026-12-05T12:00:00Z, and a new key would as well: write a later date in expires:$/,
    );
    const short = { createdAt: daysAgo(1), expiresAt: inDays(4) };
    expect(plan(short).reason).toContain('write a longer lifetime');
    expect(plan({ ...short, createdAt: daysAgo(61) }).action).toBe('rotate');
    expect(plan({ createdAt: daysAgo(61), expiresAt: inDays(13) }, date).action).toBe('rotate');
    expect(plan({ createdAt: daysAgo(30), expiresAt: inDays(13) }).action).toBe('rotate');
  });

  test('with whenIdle has no time', () => {
    const one = desired({ rotate: { olderThan: span('5d'), whenIdle: span('1d') } });
    expect(planFor(one, planWorld([old()])).main).toMatchObject({ action: 'rotate', oldRevokeAt: null });
  });

  test.for<[why: string, can: object]>([
    ['no overlap', { overlap: 'none' }],
    ['no end of a key', { revoke: false, disable: false }],
    ['no new key', { create: false }],
  ])('is refused by an API with %s', ([, can]) => {
    const one = desired({ rotate: { olderThan: span('5d') } });
    expect(planFor(one, planWorld([old()], { can })).main.action).toBe('refused');
  });

  test('by the API itself keeps every field: what it cannot change afterwards is refused', () => {
    const backend = { rotateInPlace: async () => ({ secret: new Secret('sk_fake_EXAMPLE') }) };
    const one = desired({ budgetUsd: 5, rotate: { olderThan: span('5d') } });
    const main = (updateFields: Capabilities['updateFields']) =>
      planFor(one, planWorld([old()], { backend, can: { overlap: 'server', updateFields } })).main;
    expect(main(['budgetUsd'])).toMatchObject({ action: 'rotate', changes: [{ field: 'budgetUsd' }] });
    expect(main(['name'])).toMatchObject({ action: 'refused' });
  });

  test('never makes a third key: it waits for the end of the older one, or is refused', () => {
    const keys = [
      old({ createdAt: daysAgo(6), expiresAt: null }),
      old({ id: 'bbbb0002', createdAt: daysAgo(20) }),
    ];
    const one = desired({ rotate: { olderThan: span('5d'), grace: span('30d') } });
    expect(planFor(one, planWorld(keys)).main).toMatchObject({ action: 'refused', isPending: true });
    const ending = keys.map((each) => (each.id === 'bbbb0002' ? { ...each, expiresAt: inDays(3) } : each));
    expect(planFor(one, planWorld(ending)).main).toMatchObject({ action: 'none' });
  });

  test('continues where the older key is retired in the same run', () => {
    const keys = [old({ createdAt: daysAgo(6) }), old({ id: 'bbbb0002', createdAt: daysAgo(20) })];
    const one = desired({ rotate: { olderThan: span('5d'), grace: span('2d') } });
    const { main, retirements } = planFor(one, planWorld(keys), { arrival: 'file:/job/ci holds it' });
    expect(main.action).toBe('rotate');
    expect(retirements).toMatchObject([{ action: 'revoke', keyId: 'bbbb0002' }]);
  });
});

describe('a superseded key', () => {
  const keys = [old({ createdAt: daysAgo(8) }), old({ id: 'bbbb0002', createdAt: daysAgo(80) })];

  test('is retired once its grace period is over and the new one has arrived', () => {
    const retirements = (seen: object, grace = '7d') =>
      planFor(desired({ rotate: { grace: span(grace) } }), planWorld(keys), seen).retirements;
    expect(retirements({ arrival: 'it was used' })).toMatchObject([{ action: 'revoke', keyId: 'bbbb0002' }]);
    expect(retirements({ arrival: 'it was used' }, '9d')).toEqual([]);
    expect(retirements({})).toMatchObject([{ action: 'refused', keyId: 'bbbb0002', isPending: true }]);
  });

  test('with whenIdle is retired when it is idle', () => {
    const one = desired({ rotate: { whenIdle: span('1d') } });
    const seen = { arrival: 'it was used' };
    expect(planFor(one, planWorld(keys), seen).retirements).toEqual([]);
    const idleIds = new Set(['bbbb0002']);
    expect(planFor(one, planWorld(keys), { ...seen, idleIds }).retirements).toMatchObject([
      { action: 'revoke' },
    ]);
  });

  test('waits as the journal says', () => {
    const replaces = { id: 'bbbb0002', grace: 1 };
    const waiting = (until: string) =>
      open({ kind: 'rotate', replaces }, [{ step: 'superseded', until, at: daysAgo(8) }]);
    const retirements = (until: string) =>
      planFor(desired(), planWorld(keys, { open: [waiting(until)] })).retirements;
    expect(retirements(inDays(1))).toEqual([]);
    expect(retirements(daysAgo(1))).toMatchObject([{ action: 'revoke' }]);
  });
});

describe('a place', () => {
  const lacking = { places: [{ sink: 'file:/job/ci', holds: false, isEmpty: true as const }] };

  test('that lacks the value is shown, and replaced only with redeliver', () => {
    const { main } = planFor(desired(), planWorld([old()]), lacking);
    expect(main).toMatchObject({
      action: 'refused',
      reason: 'file:/job/ci does not hold its value: --redeliver replaces the key',
      changes: [{ field: 'to', from: null, to: 'file:/job/ci' }],
      isPending: true,
    });
    const redelivered = planFor(desired(), planWorld([old()], { redelivers: true }), lacking).main;
    expect(redelivered).toMatchObject({ action: 'rotate', reason: 'file:/job/ci does not hold its value' });
  });

  test('that lacks it does not stop a change', () => {
    const { main } = planFor(desired({ budgetUsd: 5 }), planWorld([old()]), lacking);
    expect(main).toMatchObject({ action: 'change', isPending: true });
  });

  test('that cannot be read is no drift', () => {
    const places = [{ sink: 'github:acme/app#KEY', holds: undefined }];
    expect(planFor(desired(), planWorld([old({ lastUsedAt: daysAgo(1) })]), { places }).main).toEqual(
      expect.objectContaining({ action: 'none' }),
    );
    const unused = planFor(desired(), planWorld([old({ lastUsedAt: null })]), { places }).main;
    expect(unused.reason).toBe('never used, and its places cannot be read');
  });
});

test('an unfinished operation comes first', () => {
  const creation = planFor(desired(), planWorld([], { open: [open({})] }));
  expect(creation).toMatchObject({ isUnfinished: true, main: { action: 'create' } });
  const replaces = { id: 'aaaa0001', grace: 1 };
  const rotation = planFor(desired(), planWorld([old()], { open: [open({ kind: 'rotate', replaces })] }));
  expect(rotation).toMatchObject({ isUnfinished: true, main: { action: 'rotate', keyId: 'aaaa0001' } });
  expect(planFor(desired({ name: 'web' }), planWorld([], { open: [open({})] })).isUnfinished).toBe(false);
});

test('the plan does not change the world', () => {
  const world = planWorld([old()]);
  const before = structuredClone(world.keys);
  planFor(desired({ budgetUsd: 5 }), world);
  expect(world.keys).toEqual(before);
  expect(world.now).toEqual(planNow);
});
