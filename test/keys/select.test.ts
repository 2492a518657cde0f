import { describe, expect, test } from 'vitest';
import { parseDuration } from '../../src/base/time.ts';
import type { Key } from '../../src/keys/key.ts';
import { statuses } from '../../src/keys/key.ts';
import type { Selection } from '../../src/keys/select.ts';
import { selectKeys, sortFields } from '../../src/keys/select.ts';
import { key } from '../support/key.ts';

const now = new Date('2026-11-20T12:00:00.000Z');

function select(keys: readonly Key[], selection: Selection): string[] {
  return selectKeys(keys, selection, now).map(({ id }) => id);
}

/** Keys that differ in one field, named after its value. */
function varied<Field extends keyof Key>(field: Field, ...values: Key[Field][]): Key[] {
  return values.map((value) => key({ id: String(value), [field]: value }));
}

describe('by status', () => {
  const keys = statuses.map((status) => key({ id: status, status }));

  test('without a filter: all but revoked keys', () => {
    expect(select(keys, {})).toEqual(['active', 'expiring', 'expired', 'disabled', 'unknown']);
  });

  test('all: every key', () => {
    expect(select(keys, { status: 'all' })).toEqual([...statuses]);
  });

  test('active includes expiring keys', () => {
    expect(select(keys, { status: 'active' })).toEqual(['active', 'expiring']);
  });

  test.each(['expiring', 'expired', 'revoked', 'disabled', 'unknown'] as const)(
    '%s: only keys of that status',
    (status) => {
      expect(select(keys, { status })).toEqual([status]);
    },
  );
});

describe('by text', () => {
  const found = key({
    id: 'abcd0001',
    name: 'Deploy Bot',
    description: 'used by the release train',
    prefix: 'sk_abcd0001',
    labels: { team: 'Payments', stage: '' },
  });

  test.each([
    ['its name', 'deploy'],
    ['its description', 'RELEASE'],
    ['its id', 'CD00'],
    ['its prefix', 'sk_ab'],
    ['the name of a label', 'stage'],
    ['the value of a label', 'payments'],
    ['a label as it is written', 'team=pay'],
  ])('a part of %s is enough, in any case', (_, search) => {
    expect(select([key({ id: 'zzzz', name: 'other' }), found], { search })).toEqual(['abcd0001']);
  });

  test.each(['deploybot', '.*', 'null', 'undefined'])('%j matches nothing', (search) => {
    expect(select([found, key({ id: 'zzzz', description: null })], { search })).toEqual([]);
  });
});

describe('by time', () => {
  test('expiring within a span, including its last millisecond, without keys that have ended', () => {
    const keys = [
      key({ id: 'in', expiresAt: '2026-11-27T12:00:00.000Z' }),
      key({ id: 'out', expiresAt: '2026-11-27T12:00:00.001Z' }),
      key({ id: 'never', expiresAt: null }),
      key({ id: 'unreported' }),
      key({ id: 'gone', status: 'expired', expiresAt: '2026-11-19T12:00:00.000Z' }),
      key({ id: 'disabled', status: 'disabled', expiresAt: '2026-11-21T12:00:00.000Z' }),
    ];
    expect(select(keys, { expiring: parseDuration('7d') })).toEqual(['in']);
  });

  test('older than an age', () => {
    const keys = varied('createdAt', '2026-08-20T12:00:00.000Z', '2026-08-20T12:00:00.001Z');
    expect(select(keys, { olderThan: parseDuration('3mo') })).toEqual(['2026-08-20T12:00:00.000Z']);
  });

  test('unused for a span: neither used nor created since', () => {
    const old = '2026-01-01T00:00:00.000Z';
    const keys = [
      key({ id: 'used long ago', createdAt: old, lastUsedAt: '2026-10-21T12:00:00.000Z' }),
      key({ id: 'used lately', createdAt: old, lastUsedAt: '2026-10-21T12:00:00.001Z' }),
      key({ id: 'never used', createdAt: old, lastUsedAt: null }),
      key({ id: 'new', createdAt: '2026-11-19T00:00:00.000Z', lastUsedAt: null }),
    ];
    expect(select(keys, { unused: parseDuration('30d') })).toEqual(['used long ago', 'never used']);
  });
});

test('filters are combined', () => {
  const keys = [
    key({ id: 'a', name: 'web' }),
    key({ id: 'b', name: 'web', status: 'expired' }),
    key({ id: 'c' }),
  ];
  expect(select(keys, { status: 'active', search: 'web' })).toEqual(['a']);
});

describe('order', () => {
  test('without a field, the order is unchanged', () => {
    expect(select(varied('name', 'b', 'c', 'a'), {})).toEqual(['b', 'c', 'a']);
  });

  test('names are sorted without regard to case, and numbers in them by value', () => {
    expect(select(varied('name', 'web-10', 'Web-9', 'api'), { sort: 'name' })).toEqual([
      'api',
      'Web-9',
      'web-10',
    ]);
  });

  test('amounts are sorted by value, keys without one first', () => {
    const keys = varied('budgetUsd', 10, null, 9.5, 100);
    expect(select(keys, { sort: 'budgetUsd' })).toEqual(['null', '9.5', '10', '100']);
  });

  test('keys that never expire come last, keys that were never used first', () => {
    const times = ['2027-01-01T00:00:00.000Z', null, '2026-12-01T00:00:00.000Z'];
    expect(select(varied('expiresAt', ...times), { sort: 'expiresAt' })).toEqual([
      times[2],
      times[0],
      'null',
    ]);
    expect(select(varied('lastUsedAt', ...times), { sort: 'lastUsedAt' })).toEqual([
      'null',
      times[2],
      times[0],
    ]);
  });

  test('usage counters can be sorted by', () => {
    const keys = [5, 40, 6].map((requests) =>
      key({ id: String(requests), usage: { requests, tokens: -requests } }),
    );
    expect(select(keys, { sort: 'requests' })).toEqual(['5', '6', '40']);
    expect(select(keys, { sort: 'tokens' })).toEqual(['40', '6', '5']);
  });

  test('keys with equal values keep their order', () => {
    const keys = [key({ id: 'b' }), key({ id: 'c' }), key({ id: 'a' })];
    expect(select(keys, { sort: 'name' })).toEqual(['b', 'c', 'a']);
  });

  test.each(sortFields.map((field) => [field]))('%s can be sorted by, even if some keys lack it', (field) => {
    const full = key({
      id: 'full',
      description: 'd',
      prefix: 'sk_full',
      expiresAt: null,
      permissions: ['read'],
      models: ['small'],
      labels: { team: 'a' },
      usage: { requests: 1, tokens: 1 },
      superseded: true,
      provider: 'local',
    });
    expect(select([full, key({ id: 'bare' })], { sort: field }).sort()).toEqual(['bare', 'full']);
  });

  test('reverse inverts the order, even without a field', () => {
    const keys = varied('name', 'b', 'c', 'a');
    expect(select(keys, { reverse: true })).toEqual(['a', 'c', 'b']);
    expect(select(keys, { sort: 'name', reverse: true })).toEqual(['c', 'b', 'a']);
  });

  test('the limit applies after filters and order', () => {
    const keys = varied('name', 'b', 'c', 'a');
    expect(select(keys, { sort: 'name', limit: 2 })).toEqual(['a', 'b']);
    expect(select(keys, { limit: 9 })).toHaveLength(3);
  });

  test('the given list is unchanged', () => {
    const keys = varied('name', 'b', 'a');
    selectKeys(keys, { sort: 'name', reverse: true }, now);
    expect(keys.map(({ id }) => id)).toEqual(['b', 'a']);
  });
});
