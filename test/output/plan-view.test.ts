import { Chalk } from 'chalk';
import { expect, test } from 'vitest';
import type { Action } from '../../src/keys/plan/action.ts';
import type { AppliedAction } from '../../src/keys/plan/apply.ts';
import { planView } from '../../src/output/views/plan.ts';

const now = new Date('2026-11-22T12:00:00Z');

function view(
  actions: readonly (Action | AppliedAction)[],
  { isApplied = false, unicode = true, width = 100, others = 0, placeNames = new Map<string, string>() } = {},
): string {
  return planView(
    { actions, isApplied, others, placeNames },
    { width, unicode, now, style: new Chalk({ level: 0 }) },
  );
}

const action = (fields: Partial<AppliedAction>): Action => ({
  action: 'none',
  name: 'ci',
  profile: 'local',
  ...fields,
});

test('a sign for each kind of action, also where the terminal draws ASCII alone', () => {
  const actions: Action[] = [
    action({ action: 'create', changes: [{ field: 'models', from: null, to: ['a', 'b'] }] }),
    action({ action: 'change', changes: [{ field: 'budgetUsd', from: null, to: 5 }] }),
    action({ action: 'rotate', reason: 'created long ago', oldRevokeAt: '2026-11-29T12:00:00Z' }),
    action({ action: 'rotate', oldRevokeAt: null }),
    action({}),
    action({ action: 'refused', reason: 'it cannot' }),
    action({ action: 'revoke', keyId: 'aaaa0001', reason: 'superseded' }),
    action({ isLeftOver: true, keyId: 'bbbb0002', reason: 'not in the file' }),
  ];
  expect(`${view(actions, { others: 2 })}\n${view(actions, { unicode: false })}`).toMatchInlineSnapshot(`
    "+ ci
        models: a, b
    ~ ci
        budget: none → 5
    ↻ ci  created long ago; the old key ends in 7 days
    ↻ ci  the old key ends once it is idle
    ✓ ci
    ! ci  it cannot
    - ci aaaa0001  superseded
    - ci bbbb0002  not in the file

    1 to create, 1 to change, 2 to rotate, 1 to revoke, 1 as they should be, 1 left as they are, 1 no longer in the file; 2 other keys are not in the file

    + ci
        models: a, b
    ~ ci
        budget: none -> 5
    @ ci  created long ago; the old key ends in 7 days
    @ ci  the old key ends once it is idle
    = ci
    ! ci  it cannot
    - ci aaaa0001  superseded
    - ci bbbb0002  not in the file

    1 to create, 1 to change, 2 to rotate, 1 to revoke, 1 as they should be, 1 left as they are, 1 no longer in the file
    "
  `);
});

test('what became of it, with the failures and what was not started', () => {
  const applied: AppliedAction[] = [
    { ...action({ action: 'create' }), done: true, newKeyId: 'aaaa0001' },
    {
      ...action({ action: 'rotate', keyId: 'aaaa0001', oldRevokeAt: null }),
      done: true,
      newKeyId: 'bbbb0002',
    },
    {
      ...action({ action: 'create' }),
      done: false,
      error: { code: 'server_failed', message: 'it broke down' },
    },
    { ...action({ action: 'create' }), done: false, error: { code: 'interrupted', message: 'not started' } },
  ];
  expect(view(applied, { isApplied: true })).toMatchInlineSnapshot(`
    "+ ci  aaaa0001
    ↻ ci  aaaa0001 → bbbb0002; the old key ends once it is idle
    ✗ ci  it broke down
    ✗ ci  not started

    1 created, 1 rotated, 1 failed, 1 not started
    "
  `);
});

test('text of a server or a file cannot redraw the screen', () => {
  const hostile = '\x1b[2Jx\u202egpj$&\n- all';
  const text = view([
    action({ action: 'revoke', name: hostile, keyId: hostile, reason: hostile, profile: hostile }),
    action({ action: 'change', changes: [{ field: 'description', from: hostile, to: [hostile] }] }),
  ]);
  expect(text).not.toMatch(/[\x1b\u202e]/);
  expect(text.split('\n- ')).toHaveLength(1);
  expect(text).toContain('$&');
});

test('breaks long reasons between words', () => {
  const lines = view([action({ action: 'refused', reason: 'word '.repeat(40).trim() })], { width: 40 }).split(
    '\n',
  );
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(40);
});

test('places are shown as the file writes them, each as a whole', () => {
  const placeNames = new Map([
    ['env:/home/ann/shop/.env#A', 'env:.env#A'],
    ['env:/home/ann/shop/.env#API', 'env:.env#API'],
    ['file:/home/ann/my key', 'file:../my key'],
  ]);
  const actions = [
    action({
      action: 'create',
      changes: [
        { field: 'to', from: null, to: 'env:/home/ann/shop/.env#API' },
        { field: 'description', from: null, to: 'env:/home/ann/shop/.env#API' },
      ],
    }),
    action({
      action: 'refused',
      reason: 'env:/home/ann/shop/.env#A and file:/home/ann/my key do not hold its value',
    }),
    action({ reason: 'env:/home/ann/other/.env#A holds k1' }),
  ];
  expect(view(actions, { placeNames })).toMatchInlineSnapshot(`
    "+ ci
        to: env:.env#API
        description: env:/home/ann/shop/.env#API
    ! ci  env:.env#A and file:../my key do not hold its value
    ✓ ci  env:/home/ann/other/.env#A holds k1

    1 to create, 1 as they should be, 1 left as they are
    "
  `);
  const failed = action({
    action: 'rotate',
    done: false,
    error: { code: 'program_failed', message: 'cannot deliver to file:/home/ann/my key: it is full' },
  });
  expect(view([failed], { isApplied: true, placeNames })).toContain(
    'cannot deliver to file:../my key: it is full',
  );
});
