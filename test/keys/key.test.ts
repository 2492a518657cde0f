import { describe, expect, test } from 'vitest';
import { isActive, statuses, statusOf, withSuperseded } from '../../src/keys/key.ts';
import { key } from '../support/key.ts';

const now = Date.parse('2026-11-20T12:00:00Z');
const day = 86_400_000;

describe('the status of a key', () => {
  const past = now - 1;
  const soon = now + day;
  const later = now + 31 * day;
  test.each([
    ['active', false, false, null],
    ['active', false, false, later],
    ['expiring', false, false, soon],
    ['expired', false, false, past],
    ['disabled', false, true, null],
    ['disabled', false, true, soon],
    ['expired', false, true, past],
    ['revoked', true, false, null],
    ['revoked', true, true, past],
    ['revoked', true, false, soon],
  ] as const)('%s: revoked %s, disabled %s, expiry %s', (status, revoked, disabled, expiresAt) => {
    expect(statusOf({ revoked, disabled, expiresAt }, now)).toBe(status);
  });

  test.each([
    ['in the millisecond of its expiry it has expired', 0, 'expired'],
    ['a millisecond before, it still works', 1, 'expiring'],
    ['with 30 days left it is expiring', 30 * day, 'expiring'],
    ['with a millisecond more it is not', 30 * day + 1, 'active'],
  ])('%s', (_, left, status) => {
    expect(statusOf({ revoked: false, disabled: false, expiresAt: now + left }, now)).toBe(status);
  });

  test('only active and expiring keys work', () => {
    expect(statuses.filter((status) => isActive(key({ status })))).toEqual(['active', 'expiring']);
  });
});

describe('superseded keys', () => {
  function at(day: number, fields: Parameters<typeof key>[0] = {}) {
    return key({ id: `id${day}`, createdAt: `2026-11-0${day}T00:00:00.000Z`, ...fields });
  }

  function superseded(...keys: ReturnType<typeof key>[]): string[] {
    return withSuperseded(keys)
      .filter((one) => one.superseded)
      .map(({ id }) => id);
  }

  test('are those with a newer active key of the same name', () => {
    expect(superseded(at(1), at(3), at(2), at(4, { name: 'other' }))).toEqual(['id2', 'id1']);
  });

  test.each(['revoked', 'expired', 'disabled', 'unknown'] as const)(
    'a newer key that is %s supersedes none',
    (status) => {
      expect(superseded(at(1), at(2, { status }))).toEqual([]);
    },
  );

  test('a key that has ended can be superseded too', () => {
    expect(superseded(at(1, { status: 'revoked' }), at(2, { status: 'expiring' }))).toEqual(['id1']);
  });

  test('all keys are returned newest first, and the given list is unchanged', () => {
    const given = [at(1), at(3), at(2)];
    expect(withSuperseded(given).map(({ id }) => id)).toEqual(['id3', 'id2', 'id1']);
    expect(given.map(({ id }) => id)).toEqual(['id1', 'id3', 'id2']);
    expect(given[0]).not.toHaveProperty('superseded');
  });

  test('keys of the same millisecond have a fixed order', () => {
    const [a, b] = [at(1, { id: 'a' }), at(1, { id: 'b' })];
    expect(withSuperseded([a, b])).toEqual(withSuperseded([b, a]));
    expect(superseded(a, b)).toEqual(['a']);
  });
});
