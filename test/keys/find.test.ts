import { describe, expect, test } from 'vitest';
import { findKey, findKeys } from '../../src/keys/find.ts';
import { failureOf } from '../support/failure.ts';
import { key } from '../support/key.ts';

describe('one key', () => {
  test.each([
    ['its id', 'abcd1234', 'abcd1234'],
    ['its exact name', 'deploy', 'wxyz9876'],
    ['the first 4 characters of its id', 'abcd', 'abcd1234'],
    ['more of its id', 'wxyz987', 'wxyz9876'],
  ])('is found by %s', (_, reference, id) => {
    const keys = [key({ id: 'abcd1234', name: 'ci' }), key({ id: 'wxyz9876', name: 'deploy' })];
    expect(findKey(keys, reference).id).toBe(id);
  });

  test('is not found by another case, which is suggested', () => {
    expect(failureOf(() => findKey([key({ id: 'abcd1234', name: 'ci' })], 'CI'))).toMatchObject({
      code: 'no_such_key',
      message: "no key has the id or the name 'CI' (did you mean 'ci'?)",
    });
  });

  test.each([
    ['3 characters of its id', 'abc'],
    ['a part of its name', 'c'],
    ['the end of its id', '1234'],
    ['nothing', ''],
  ])('is not found by %s', (_, reference) => {
    expect(failureOf(() => findKey([key({ id: 'abcd1234', name: 'ci' })], reference))).toMatchObject({
      exit: 'notFound',
      code: 'no_such_key',
      message: `no key has the id or the name '${reference}'`,
    });
  });

  test('an exact id comes before a name, and a name before a prefix of an id', () => {
    const byId = key({ id: 'abcd', name: 'first' });
    const byName = key({ id: 'bbbb0002', name: 'abcd' });
    const byPrefix = key({ id: 'abcd9999', name: 'third' });
    expect(findKey([byPrefix, byName, byId], 'abcd')).toBe(byId);
    expect(findKey([byPrefix, byName], 'abcd')).toBe(byName);
    expect(findKey([byPrefix], 'abcd')).toBe(byPrefix);
  });

  test('a complete id may be shorter than the minimum for a prefix', () => {
    expect(findKey([key({ id: 'a1' })], 'a1').id).toBe('a1');
  });

  test('a prefix is reported as too short only if a key starts with it', () => {
    const hintFor = (reference: string) =>
      failureOf(() => findKey([key({ id: 'abcd1234' })], reference)).hints;
    expect(hintFor('abc')).toEqual([
      'keys list --status all',
      'a prefix of an id needs at least 4 characters',
    ]);
    expect(hintFor('xyz')).toEqual(['keys list --status all']);
  });
});

describe('a name of several keys', () => {
  const newest = key({ id: 'cccc0003', status: 'revoked' });
  const middle = key({ id: 'bbbb0002', status: 'expired' });
  const oldest = key({ id: 'aaaa0001', status: 'active' });

  test('means the newest that is not revoked', () => {
    expect(findKey([newest, middle, oldest], 'ci')).toBe(middle);
  });

  test('means the newest if all are revoked', () => {
    const all = [newest, middle, oldest].map((one) => ({ ...one, status: 'revoked' as const }));
    expect(findKey(all, 'ci').id).toBe('cccc0003');
  });
});

test('a prefix of several ids is refused, and the hint lists the candidates', () => {
  const keys = [
    key({ id: 'abcd0002', name: 'deploy', status: 'revoked' }),
    key({ id: 'abcd0001' }),
    key({ id: 'zzzz0001' }),
  ];
  expect(failureOf(() => findKey(keys, 'abcd'))).toMatchObject({
    exit: 'notFound',
    code: 'several_keys',
    message: "2 ids start with 'abcd'",
    hints: ['abcd0002  deploy  revoked', 'abcd0001  ci  active'],
  });
});

describe('several keys', () => {
  const keys = [key({ id: 'abcd0001', name: 'ci' }), key({ id: 'wxyz0002', name: 'deploy' })];

  test('are found in the given order', () => {
    expect(findKeys(keys, ['deploy', 'abcd']).map(({ id }) => id)).toEqual(['wxyz0002', 'abcd0001']);
  });

  test('a key that is named twice is found once', () => {
    expect(findKeys(keys, ['ci', 'abcd0001', 'deploy', 'ci']).map(({ name }) => name)).toEqual([
      'ci',
      'deploy',
    ]);
  });

  test('all missing keys are reported at once', () => {
    expect(failureOf(() => findKeys(keys, ['one', 'ci', 'two']))).toMatchObject({
      exit: 'notFound',
      code: 'no_such_key',
      message: "no key has the id or the name 'one', 'two'",
    });
  });

  test('an ambiguous reference is refused like a single one', () => {
    const twins = [key({ id: 'abcd0001' }), key({ id: 'abcd0002' })];
    expect(failureOf(() => findKeys(twins, ['missing', 'abcd'])).code).toBe('several_keys');
  });
});

test('among several active keys of a name without timestamps, none is guessed', () => {
  const [a, b] = [key({ id: 'aaaa0001', name: 'ci' }), key({ id: 'bbbb0001', name: 'ci' })];
  const timeless = [a, b].map(({ createdAt: _, ...rest }) => rest);
  expect(() => findKey(timeless, 'ci')).toThrowErrorMatchingInlineSnapshot(
    `[KeysError: 2 active keys are named 'ci']`,
  );
  expect(findKey(timeless, 'aaaa0001').id).toBe('aaaa0001');
});
