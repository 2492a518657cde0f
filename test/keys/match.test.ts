import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/base/secret.ts';
import type { Key } from '../../src/keys/key.ts';
import type { Match } from '../../src/keys/match.ts';
import { bestFirst, matchKeys, mayBeIssued, proves, withEvidence } from '../../src/keys/match.ts';
import { key } from '../support/key.ts';

const value = 'sk-ab12cd34ef56EXAMPLEwxyz';
const hash = createHash('sha256').update(value).digest('hex');

/** Each match as `id: by what`. */
async function matches(keys: readonly Key[], text = value, ownId?: string): Promise<string[]> {
  const found = await matchKeys(keys, new Secret(text), ownId);
  return found.map(({ id, match }) => `${id}: ${match}`);
}

describe('by hash', () => {
  test.each([hash, hash.toUpperCase()])('an id that is the SHA-256 of the value: %s', async (id) => {
    expect(await matches([key(), key({ id })])).toEqual([`${id}: hash`]);
  });

  test('a match by hash excludes less certain ones', async () => {
    const keys = [key({ id: 'other', prefix: 'sk-ab12' }), key({ id: hash, prefix: 'sk-ab12' })];
    expect(await matches(keys)).toEqual([`${hash}: hash`]);
  });
});

describe('by the id in the value', () => {
  test('`<id>:<secret>`', async () => {
    const keys = [key({ id: 'ak12' }), key({ id: 'ak1' }), key({ id: 'secret' })];
    expect(await matches(keys, 'ak12:secret')).toEqual(['ak12: id']);
    expect(await matches(keys, 'ak12:')).toEqual([]);
    expect(await matches(keys, 'ak12')).toEqual([]);
  });

  test('the id in a key of the authority', async () => {
    expect(await matches([key({ id: 'a' }), key({ id: 'b' })], 'sk_b_EXAMPLE', 'b')).toEqual(['b: id']);
  });
});

describe('by the shown part of the value', () => {
  test.each([
    'sk-ab12',
    'sk-ab12…',
    'sk-a****',
    'sk-ab...wxyz',
    'sk-ab…wxyz',
    'sk-ab••••••••wxyz',
    'sk-***cd34***wxyz',
    '...wxyz',
    '****wxyz',
    ' sk-ab12 ',
    value,
  ])('%s', async (prefix) => {
    expect(await matches([key({ prefix })])).toEqual(['aaaa0001: prefix']);
  });

  test.each([
    'sk-ax12',
    'SK-AB12',
    'sk-ab...wxyy',
    'sk-***cd35***wxyz',
    // Both parts match, but overlap.
    'sk-ab12cd34ef56EXAMPLE...EXAMPLEwxyz',
    `${value}and-more`,
    // Too short to prove anything.
    'sk-',
    's...z',
    '****',
    '…',
    '',
  ])('not %s', async (prefix) => {
    expect(await matches([key({ prefix })])).toEqual([]);
  });

  test('the key with more of the value comes first', async () => {
    const keys = [
      key({ id: 'some', prefix: 'sk-ab' }),
      key({ id: 'most', prefix: 'sk-ab1…wxyz' }),
      key({ id: 'more', prefix: 'sk-ab12cd' }),
      key({ id: 'none' }),
    ];
    expect(await matches(keys)).toEqual(['most: prefix', 'more: prefix', 'some: prefix']);
  });
});

test('matches of several accounts are sorted by certainty, otherwise left in order', () => {
  const all = [
    ...withEvidence([key({ id: 'p1' }), key({ id: 'p2' })], 'prefix'),
    ...withEvidence([key({ id: 'i' })], 'id'),
    ...withEvidence([key({ id: 'h' })], 'hash'),
  ];
  expect(bestFirst(all).map(({ id }) => id)).toEqual(['h', 'i', 'p1', 'p2']);
});

describe('whether a match is proof', () => {
  test.each<[Match['match'], Partial<Key>, boolean]>([
    ['hash', {}, true],
    ['id', { id: 'ak9876543210' }, true],
    // `admin:…` may be a password.
    ['id', { id: 'admin' }, false],
    ['prefix', { prefix: 'sk-01...MPLE' }, true],
    ['prefix', { prefix: 'sk_fOAS0LpPS2v0WdEL' }, true],
    ['prefix', { prefix: 'sk-or-v1-abc...xyz' }, true],
    // The values of every account start like this.
    ['prefix', { prefix: 'sk-or-v1-' }, false],
    ['prefix', { prefix: 'glpat-...' }, false],
    ['prefix', { prefix: 'sk_live_ab…' }, false],
    ['prefix', { prefix: 'AIzaSyAb' }, false],
    ['prefix', { prefix: 'eyJhbGciOiJIUzI1NiJ9' }, false],
    ['prefix', { prefix: 'prod' }, false],
    ['prefix', {}, false],
  ])('by %s of %j: %s', (by, fields, expected) => {
    expect(withEvidence([key(fields)], by).map(proves)).toEqual([expected]);
  });
});

test.each([
  [value, true],
  ['ak9876543210:0123456789abcdef', true],
  ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJleGFtcGxlIn0.c2lnbmF0dXJl', true],
  ['postgres://app:correct-horse@db.example.com/app', false],
  ['https://user:0123456789abcdef@example.com', false],
  ['-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\n-----END PRIVATE KEY-----', false],
  ['{"type":"service_account","key":"0123456789"}', false],
  ['Server=tcp:db;Password=0123456789abcdef', false],
  ['correct horse battery staple', false],
  ['correct-horse', false],
  ['admin2024:correct-horse', false],
  ['', false],
])('whether an API may have issued %j: %s', (text, expected) => {
  expect(mayBeIssued(new Secret(text))).toBe(expected);
});
