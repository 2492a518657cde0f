import { expect, test } from 'vitest';
import { summarise } from '../../src/keys/summary.ts';
import { key } from '../support/key.ts';

test('keys are counted by status, and expiring keys count as active too', () => {
  const standing = [
    'active',
    'active',
    'expiring',
    'expired',
    'disabled',
    'revoked',
    'revoked',
    'unknown',
  ] as const;
  expect(summarise(standing.map((status) => key({ status })))).toMatchObject({
    active: 3,
    expiring: 1,
    expired: 1,
    disabled: 1,
    revoked: 2,
  });
});

test('usage is summed over all keys, including those that have ended or report none', () => {
  const keys = [
    key({ usage: { requests: 3, tokens: 100 }, spentUsd: 0.5 }),
    key({ status: 'revoked', usage: { requests: 4, tokens: 11 }, spentUsd: 1.25 }),
    key(),
  ];
  expect(summarise(keys)).toMatchObject({ requests: 7, tokens: 111, spentUsd: 1.75 });
});

test('the sum is exact to millionths of a dollar', () => {
  const keys = Array.from({ length: 10 }, () => key({ spentUsd: 0.1 }));
  expect(summarise(keys).spentUsd).toBe(1);
});

test('without keys every count is zero', () => {
  expect(new Set(Object.values(summarise([])))).toEqual(new Set([0]));
});

test('a figure that no key reports is unknown, not zero', () => {
  const { requests, tokens, spentUsd } = summarise([key(), key()]);
  expect([requests, tokens, spentUsd]).toEqual([undefined, undefined, undefined]);
});
