import { describe, expect, test } from 'vitest';
import { cell, pick } from '../../src/output/values.ts';

describe('a cell', () => {
  test.each([
    [null, ''],
    [undefined, ''],
    ['', ''],
    ['text', 'text'],
    [0, '0'],
    [0.000001, '0.000001'],
    [1e21, '1e+21'],
    [false, 'false'],
    [[], ''],
    [['a', 'b'], 'a,b'],
    [[1, null, 'c'], '1,,c'],
    [{ team: 'a', stage: '' }, 'team=a,stage='],
    [{ requests: 3, tokens: 7 }, 'requests=3,tokens=7'],
    [[{ sink: 'stdout', verified: false }], 'sink=stdout,verified=false'],
    [{}, ''],
  ])('of %j is %j', (value, text) => {
    expect(cell(value)).toBe(text);
  });

  test('escapes unsafe characters in names and values', () => {
    expect(cell({ 'na\tme': ['a\nb', '\x1b[1m'] })).toBe('na\\tme=a\\nb,\\x1b[1m');
  });
});

describe('picking fields', () => {
  const record = { id: 'a', name: 'ci', expiresAt: null, prefix: undefined };

  test('returns the selected fields in that order', () => {
    expect(Object.entries(pick(record, ['name', 'id']))).toEqual([
      ['name', 'ci'],
      ['id', 'a'],
    ]);
  });

  test('returns all fields without a selection', () => {
    expect(pick(record, undefined)).toBe(record);
  });

  test('keeps null, and omits missing fields', () => {
    expect(pick(record, ['expiresAt', 'prefix', 'models'])).toStrictEqual({ expiresAt: null });
  });
});
