import { expect, test } from 'vitest';
import { unreal } from '../../src/providers/built-in/unreal.ts';
import { checkProvider } from '../../src/providers/declaration/check.ts';
import type { KeyFields } from '../../src/providers/declaration/key-fields.ts';
import { readStatus } from '../../src/remote/read-status.ts';
import { part } from '../../src/remote/select.ts';
import { now } from './clock.ts';

type Rules = NonNullable<KeyFields['status']>;

function statusOf(status: Rules, value: Record<string, unknown>): string {
  const key = { ...unreal.key, status };
  expect(checkProvider({ ...unreal, key }).issues).toEqual([]);
  return readStatus(part(value), key, null, now);
}

const numbers: Rules = [
  { at: 'status', words: { 1: 'active', 2: 'disabled', 3: 'expired', 4: 'disabled', '-1': 'revoked' } },
];

test.each([
  [1, 'active'],
  [2, 'disabled'],
  [3, 'expired'],
  [-1, 'revoked'],
  ['2', 'disabled'],
  [7, 'unknown'],
])('a number is a word: %j means %s', (status, meaning) => {
  expect(statusOf(numbers, { status })).toBe(meaning);
});

test.each([
  [true, 'active'],
  [false, 'disabled'],
  [null, 'unknown'],
])('a key may be enabled rather than disabled: %j means %s', (enabled, meaning) => {
  const rules: Rules = [{ at: 'enabled', words: { true: 'active', false: 'disabled' } }];
  expect(statusOf(rules, { enabled })).toBe(meaning);
});

test.each([
  ['2026-11-20T11:00:00Z', 'revoked'],
  [0, 'revoked'],
  [null, 'active'],
  [false, 'active'],
  ['', 'active'],
  [undefined, 'active'],
])('the presence of a value decides: %j means %s', (value, meaning) => {
  const rules: Rules = [{ at: 'revoked_at', when: 'present', means: 'revoked' }];
  expect(statusOf(rules, { revoked_at: value })).toBe(meaning);
});

test.each([
  ['2026-11-20T11:59:59Z', 'revoked'],
  ['2026-11-20T12:00:00Z', 'revoked'],
  ['2026-11-20T12:00:01Z', 'active'],
  [null, 'active'],
  [undefined, 'active'],
  ['soon', 'unknown'],
  [{ at: 1 }, 'unknown'],
])('a time that has passed decides: %j means %s', (value, meaning) => {
  const rules: Rules = [{ at: 'revoked_at', when: 'past', means: 'revoked' }];
  expect(statusOf(rules, { revoked_at: value })).toBe(meaning);
});

test('a time has the style that the rule says', () => {
  const rules: Rules = [{ at: 'until', when: 'past', means: 'expired', as: 'epochSeconds' }];
  expect(statusOf(rules, { until: now.getTime() / 1000 - 1 })).toBe('expired');
  expect(statusOf(rules, { until: now.getTime() / 1000 + 60 })).toBe('active');
});

test('a time that has not passed does not settle an unknown word', () => {
  const rules: Rules = [
    { at: 'state', words: { on: 'active' } },
    { at: 'revoked_at', when: 'past', means: 'revoked' },
  ];
  expect(statusOf(rules, { state: 'odd', revoked_at: null })).toBe('unknown');
  expect(statusOf(rules, { state: 'odd', revoked_at: '2026-01-01T00:00:00Z' })).toBe('revoked');
});
