import { expect, test } from 'vitest';
import { authority } from '../../src/providers/authority.ts';
import { readKey } from '../../src/providers/read-key.ts';
import { part } from '../../src/providers/select.ts';
import { failureOf } from '../support/failure.ts';
import { now } from './cases.ts';

function read(fields: Record<string, unknown>) {
  return readKey(part({ id: 'abcdefgh12345678', name: 'ci', ...fields }), authority.key, now);
}

test('labels are texts by name, whatever the names are', () => {
  const labels = JSON.parse('{"team": "web", "__proto__": "x"}');
  expect(Object.entries(read({ labels }).labels ?? {})).toEqual([
    ['team', 'web'],
    ['__proto__', 'x'],
  ]);
  expect(read({ labels: null })).not.toHaveProperty('labels');
});

test.each([[['web']], ['web'], [{ team: { name: 'web' } }]])('%j are no labels', (labels) => {
  const { code, message } = failureOf(() => read({ labels }));
  expect(code).toBe('unexpected_answer');
  expect(message).toContain('labels');
});

test.each([
  ['sk_abcdefgh12345678', 'sk_abcdefgh12345678'],
  ['sk_abcdefgh12345678_secretEXAMPLE', 'sk_abcde…MPLE'],
  ['abcdefgh12345678:secretEXAMPLE', 'abcdefg…PLE'],
])('of the prefix %s it shows %s: the id gives nothing away', (prefix, shown) => {
  expect(read({ prefix }).prefix).toBe(shown);
});

test.each([
  ['expiring', null, 'active'],
  ['active', '2026-11-25T00:00:00.000Z', 'expiring'],
  ['disabled', null, 'disabled'],
  ['paused', null, 'unknown'],
])('the standing %s, with the expiry %s, is %s', (status, expires_at, standing) => {
  expect(read({ status, expires_at }).status).toBe(standing);
});
