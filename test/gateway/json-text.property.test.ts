import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DuplicateMember, InvalidJson, objectText, readJson } from '../../src/gateway/json-text.ts';
import { runs } from '../support/runs.ts';

/** Pieces of JSON in any order: mostly not JSON, but nearly. */
const nearlyJson = fc
  .array(
    fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '"a"',
      '"\\u0062"',
      '\\',
      ' ',
      '\n',
      '1',
      '-',
      '0',
      '.5',
      'e9',
      'true',
      'nul',
      'null',
      '\x01',
      '\ud800',
      'é',
    ),
    { maxLength: 12 },
  )
  .map((pieces) => pieces.join(''));

test('it accepts and rejects the same texts as JSON.parse, with the same values', () => {
  const texts = fc.oneof(
    nearlyJson,
    fc.json({ noUnicodeString: false }),
    fc
      .tuple(fc.jsonValue(), fc.constantFrom(' ', '\n\t'))
      .map(([value, space]) => JSON.stringify(value, null, space)),
  );
  fc.assert(
    fc.property(texts, (text) => {
      let expected: unknown;
      try {
        expected = JSON.parse(text);
      } catch {
        expect(() => readJson(text)).toThrow(InvalidJson);
        return;
      }
      expect(JSON.parse(readJson(text).text)).toEqual(expected);
    }),
    runs(2000),
  );
});

test.each([
  [
    '{ "a" : 1.0 , "b" : 12345678901234567890, "c":[ 1e400, -0 ] }',
    '{"a":1.0,"b":12345678901234567890,"c":[1e400,-0]}',
  ],
  ['{"a":1,"a":2,"b":{"x":1,"x":{"y":1,"y":2}}}', '{"a":2,"b":{"x":{"y":2}}}'],
  ['{"\\u0061":"\\u0062\\/\\u00e9","__proto__":1,"":null}', '{"a":"b/é","__proto__":1,"":null}'],
  ['"\\ud800"', '"\\ud800"'],
  [' [ ] ', '[]'],
])('%s is written as %s', (text, written) => {
  expect(readJson(text).text).toBe(written);
});

test('the members of the outermost object are returned by name, and rewritten', () => {
  const { members, text } = readJson('{"a":[1,{"b":2}],"c":"\\"}"}');
  expect([...(members ?? [])]).toEqual([
    ['a', '[1,{"b":2}]'],
    ['c', '"\\"}"'],
  ]);
  expect(objectText(members ?? new Map())).toBe(text);
  expect(readJson('[{"a":1}]').members).toBeUndefined();
  expect(readJson('"a"').members).toBeUndefined();
});

test.each([
  '{"a":1,"a":1}',
  '{"a":1,"\\u0061":2}',
  '[{"x":{"b":1,"c":2,"b":1}}]',
  '{"__proto__":1,"__proto__":1}',
])('%s has a duplicate member, at any depth', (text) => {
  expect(() => readJson(text, { unique: true })).toThrow(DuplicateMember);
  expect(readJson(text).text).toBe(JSON.stringify(JSON.parse(text)));
});

test('members of the same name in different objects are not duplicates', () => {
  const text = '{"a":{"a":[{"a":1},{"a":2}]},"b":{"a":1},"A":1}';
  expect(readJson(text, { unique: true }).text).toBe(text);
});

describe('texts that would take too much time or memory are refused', () => {
  test.each([
    ['too deeply', '['.repeat(1_000_000)],
    ['too deeply', `${'{"a":'.repeat(101)}1${'}'.repeat(101)}`],
    ['too many values', `[${'1,'.repeat(500_000)}1]`],
    ['too many members', `{${Array.from({ length: 100_001 }, (_, at) => `"${at}":1`).join()}}`],
    ['too many members', `[${'{"a":1},'.repeat(100_001)}1]`],
  ])('%s', (message, text) => {
    expect(() => readJson(text)).toThrow(message);
  });

  test('texts within the limits are accepted', () => {
    expect(readJson(`${'['.repeat(100)}${']'.repeat(100)}`).text).toHaveLength(200);
    expect(readJson(`["${'\\\\\\"'.repeat(1_000_000)}"]`).text).toHaveLength(4_000_004);
  });
});
