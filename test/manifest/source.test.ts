import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseManifest } from '../../src/manifest/parse-manifest.ts';
import { parseSource } from '../../src/manifest/source.ts';
import { runs } from '../support/runs.ts';

const context = { env: {}, folder: '/project', checkSink: () => undefined };

function faultsIn(text: string): string[] {
  const { faults } = parseManifest(text, 'keys.yaml', context);
  return faults.map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`);
}

test.each([
  ['', '1:1 : is empty; write keys: and below it each key'],
  ['# nothing\n', '1:1 : is empty; write keys: and below it each key'],
  ['---\n...\n', '1:1 : is empty; write keys: and below it each key'],
  ['keys:\n\tci: {}\n', '2:1 : is indented with a tab; use spaces'],
  [
    'keys:\n  ci: {}\n web: {}\n',
    '3:1 : is not indented like its neighbours, or a bracket before it is not closed',
  ],
  ['keys: { ci: {}\n', '2:1 : is not indented like its neighbours, or a bracket before it is not closed'],
  ['keys: {}\n---\nkeys: {}\n', '2:1 : has a second document; write one document per file'],
  [
    '%YAML 1.1\n---\nkeys: {}\n',
    '1:1 : is YAML 1.1, which reads texts such as yes and 2027-01-31 in another way; remove the %YAML line',
  ],
  ['keys: !map {}\n', '1:7 : has a tag (!…) that keys does not know; remove it'],
  ['keys: *all\n', '1:7 keys: is an alias, and no anchor &all stands before it'],
  ['keys: { ? [a] : {} }\n', '1:11 keys: has a name that is a list or a map; write a text before the colon'],
  ['keys: { : {} }\n', '1:8 keys: has a field without a name; write a text before the colon'],
  ['keys: { <<: 1 }\n', '1:13 keys: has a merge key (<<) that refers to no map'],
  ['profile: @x\n', '1:10 : has a text that begins with a reserved character (@, ` or %); put it in quotes'],
  ['profile: "\\q"\n', '1:11 : has a backslash that begins no escape; write two, or use single quotes'],
  ['- ci\n', '1:1 : is a list, expected a map'],
  ['ci\n', '1:1 : is a text, expected a map'],
])('%j is refused', (text, fault) => {
  expect(faultsIn(text)[0]).toBe(fault);
});

test('fields that are there twice are refused at every level', () => {
  const text = 'keys:\n  ci: { expires: 1y, expires: 2y }\n  ci: {}\nkeys: {}\n';
  expect(faultsIn(text)).toEqual([
    '2:22 keys.ci.expires: is there twice; remove one of them',
    '3:3 keys.ci: is there twice; remove one of them',
    '4:1 keys: is there twice; remove one of them',
  ]);
});

test('lines end with CRLF as well as with LF', () => {
  expect(faultsIn('keys:\r\n  ci:\r\n    expires: 90\r\n')).toEqual([
    '3:14 keys.ci.expires: is a number, expected a text; write for example 90d',
  ]);
});

describe('anchors', () => {
  const dataOf = (text: string) => {
    const { data, faults } = parseSource(text);
    expect(faults).toEqual([]);
    return data;
  };

  test('stand for their values', () => {
    expect(dataOf('a: &x { b: 1 }\nc: *x\nd: [*x, 2]\n')).toEqual({
      a: { b: 1 },
      c: { b: 1 },
      d: [{ b: 1 }, 2],
    });
  });

  test('are merged: a field of the map first, then the first one of the list', () => {
    const text = 'a: &x { b: 1, e: 1 }\nc: &y { b: 2, d: 2 }\nf: { b: 3, <<: [*y, *x] }\n';
    expect(dataOf(text)).toMatchObject({ f: { b: 3, d: 2, e: 1 } });
    expect(dataOf('a: &x { b: 1 }\nf: { <<: *x, b: 3 }\n')).toMatchObject({ f: { b: 3 } });
  });

  test('a fault in one is shown where it is used, and at the place of the text', () => {
    expect(faultsIn('keys:\n  ci: &ci { expires: 90 }\n  web: *ci\n  ops: { <<: *ci }\n')).toEqual([
      '2:22 keys.ci.expires: is a number, expected a text; write for example 90d',
      '2:22 keys.web.expires: is a number, expected a text; write for example 90d',
      '2:22 keys.ops.expires: is a number, expected a text; write for example 90d',
    ]);
  });

  test.each([
    ['of itself', 'a: &x [*x]\n', /nested more than 50 levels/],
    ['merged into itself', 'a: &x { <<: *x }\n', /nested more than 50 levels/],
    ['of many values', bomb(), /stands for more than 100000 values/],
  ])('%s are refused', (_, text, message) => {
    const { data, faults } = parseSource(text);
    expect(data).toBeUndefined();
    expect(faults.map((fault) => fault.message).join()).toMatch(message);
  });

  /** A billion laughs. */
  function bomb(): string {
    const levels = Array.from(
      { length: 6 },
      (_, level) => `a${level + 1}: &a${level + 1} [${`*a${level},`.repeat(10)}]`,
    );
    return `a0: &a0 x\n${levels.join('\n')}\n`;
  }
});

test.each(['[', '- ', '{a: ', '? '])('%j a hundred thousand times over is refused', (opening) => {
  expect(faultsIn(opening.repeat(100_000)).length).toBeGreaterThan(0);
});

test('any text is read or refused, at a place inside it', () => {
  const pieces = fc.constantFrom(
    'keys',
    ':',
    ' ',
    '\n',
    '  ',
    '- ',
    '{',
    '}',
    '[',
    ']',
    '&a ',
    '*a',
    '<<',
    '"',
    "'",
    '|',
    '>',
    '#',
    '!',
    '%',
    '?',
    '90d',
    ',',
    '\t',
    '\r',
    '\0',
    '---\n',
    '…',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
      const text = parts.join('');
      const lineCount = text.split('\n').length;
      const { state, faults } = parseManifest(text, 'keys.yaml', context);
      expect(state !== undefined || faults.length > 0).toBe(true);
      for (const { line, column } of faults) {
        expect(line).toBeGreaterThan(0);
        expect(line).toBeLessThanOrEqual(lineCount);
        expect(column).toBeGreaterThan(0);
      }
    }),
    runs(500),
  );
});
