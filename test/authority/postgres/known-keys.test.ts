import { expect, test } from 'vitest';
import type { KnownKey } from '../../../src/authority/key-lookup.ts';
import { KnownKeys } from '../../../src/authority/postgres/known-keys.ts';

const key = (id: string): KnownKey => ({
  id,
  name: id,
  revoked: false,
  disabled: false,
  expiresAt: null,
  models: [],
  permissions: [],
  budget: null,
  spent: 0,
  rateLimit: null,
});

test('a key that was read before a change is not kept after it', () => {
  const known = new KnownKeys();
  const before = known.moment;
  known.forget('a');
  known.add('hash', key('a'), before);
  expect(known.find('hash')).toBeUndefined();
  known.add('hash', key('a'), known.moment);
  expect(known.find('hash')).toEqual(key('a'));
});

test('a key that changes is forgotten, and no other one', () => {
  const known = new KnownKeys();
  known.add('hash a', key('a'), known.moment);
  known.add('hash b', key('b'), known.moment);
  known.forget('a');
  expect([known.find('hash a'), known.find('hash b')]).toEqual([undefined, key('b')]);
  known.forgetAll();
  expect(known.find('hash b')).toBeUndefined();
});

test('there are only so many', () => {
  const known = new KnownKeys();
  for (let index = 0; index < 25_000; index += 1) known.add(String(index), key(String(index)), known.moment);
  expect(known.size).toBeLessThanOrEqual(10_000);
  expect(known.find('24999')).toBeDefined();
});
