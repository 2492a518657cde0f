import fc from 'fast-check';
import { expect, test } from 'vitest';
import { unread } from '../../src/keys/key.ts';
import { authority } from '../../src/providers/built-in/authority.ts';
import { readKey } from '../../src/remote/read-key.ts';
import { part } from '../../src/remote/select.ts';
import { failureOf } from '../support/failure.ts';
import { now } from './clock.ts';

function read(fields: Record<string, unknown>) {
  return readOdd(fields).key;
}

function readOdd(fields: Record<string, unknown>) {
  return readKey(part({ id: 'abcdefgh12345678', name: 'ci', ...fields }), authority.key, now);
}

test('labels are strings by name, whatever the names are', () => {
  const labels = JSON.parse('{"team": "web", "__proto__": "x"}');
  expect(Object.entries(read({ labels }).labels ?? {})).toEqual([
    ['team', 'web'],
    ['__proto__', 'x'],
  ]);
  expect(read({ labels: null })).not.toHaveProperty('labels');
});

test.each([
  ['labels', { labels: ['web'] }],
  ['labels.team', { labels: { team: { name: 'web' } } }],
  ['labels.trial', { labels: { trial: true } }],
  ['expires_at', { expires_at: 'soon' }],
  ['expires_at', { expires_at: '+20260-01-01T00:00:00Z' }],
  ['permissions', { permissions: { read: true } }],
  ['rate_limit_rpm', { rate_limit_rpm: 'many' }],
  ['budget_usd', { budget_usd: 1e300 }],
  ['usage.requests', { usage: { requests: [] } }],
  ['description', { description: 'x'.repeat(20_000) }],
  ['name', { name: 7.5e20 }],
])('a key with an unreadable %s is read, and the field is reported', (path, fields) => {
  const { key, unreadable: odd } = readOdd(fields);
  expect(key.id).toBe('abcdefgh12345678');
  expect(odd).toHaveLength(1);
  expect(odd[0]?.what).toContain(`the field ${path} is not`);
  expect(key[unread]).toEqual([odd[0]?.field]);
  expect(JSON.stringify(key)).not.toContain('unread');
});

test('one unreadable label does not affect the others; a null label is omitted', () => {
  expect(read({ labels: { team: 'web', trial: true, old: null } }).labels).toEqual({ team: 'web' });
});

test.each([null, '', undefined, {}, 2 ** 60])('a key with the id %j is refused', (id) => {
  expect(failureOf(() => readOdd({ id }))).toMatchObject({ exit: 'network', code: 'unexpected_answer' });
});

test.each([
  ['sk_abcdefgh12345678', 'sk_abcdefgh12345678'],
  ['sk_abcdefgh12345678_secretEXAMPLE', 'sk_abcde…MPLE'],
  ['abcdefgh12345678:secretEXAMPLE', 'abcdefg…PLE'],
])('the prefix %s is shown as %s if the id is part of it', (prefix, shown) => {
  expect(read({ prefix }).prefix).toBe(shown);
});

test.each([
  ['expiring', null, 'active'],
  ['active', '2026-11-25T00:00:00.000Z', 'expiring'],
  ['disabled', null, 'disabled'],
  ['paused', null, 'unknown'],
])('the status %s with the expiry %s is %s', (status, expires_at, standing) => {
  expect(read({ status, expires_at }).status).toBe(standing);
});

test('labels that are plain texts are read as those beside one that is not', () => {
  const label = fc.oneof(
    fc.string(),
    fc.constantFrom('x'.repeat(10_000), 'x'.repeat(10_001), 1, true, {}, null),
  );
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom('a', 'b', '__proto__', 'toString'), label), (labels) => {
      const [alone, beside] = [readOdd({ labels }), readOdd({ labels: { ...labels, none: null } })];
      expect(alone).toEqual(beside);
      expect(Object.entries(alone.key.labels ?? {})).toEqual(Object.entries(beside.key.labels ?? {}));
    }),
  );
});

test.each([
  [{ usage: { requests: 1, tokens: 2 } }, undefined],
  [{ usage: { requests: 1, max_tokens: 2 } }, ['usage.max_tokens']],
  [{ usage: { requests: 1, of: { budget: 5 } } }, ['usage.of.budget']],
  [{ 'usage.requests': 1, 'labels.budget': 2 }, ['labels.budget']],
  [{ limits: { usage: { requests: 1 } } }, ['limits']],
  [{ more: { labels: { budget: 1 } } }, ['more.labels.budget']],
])('of %j the restricting fields are %j', (fields, paths) => {
  expect(read(fields)[unread]).toEqual(paths);
});
