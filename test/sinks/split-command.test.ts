import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidValue } from '../../src/base/errors.ts';
import { splitCommand } from '../../src/sinks/split-command.ts';
import { runs } from '../support/runs.ts';

test.each<[text: string, words: string[]]>([
  ['', []],
  ['  ', []],
  ['a', ['a']],
  [' a  b\tc ', ['a', 'b', 'c']],
  ["a 'b c' d", ['a', 'b c', 'd']],
  ['a "b c" d', ['a', 'b c', 'd']],
  ['a\'b\'"c"d', ['abcd']],
  ["''", ['']],
  ['a "" b', ['a', '', 'b']],
  ['a\\ b', ['a b']],
  ['\\$HOME', ['$HOME']],
  ["'$HOME | x'", ['$HOME | x']],
  ['"a\\"b\\\\c\\d"', ['a"b\\c\\d']],
  ['sh -c \'cat > x; echo "done"\'', ['sh', '-c', 'cat > x; echo "done"']],
  ['./deliver {name} --id={id}', ['./deliver', '{name}', '--id={id}']],
  ['a#b a~b', ['a#b', 'a~b']],
])('%j is %j', (text, words) => {
  expect(splitCommand(text)).toEqual(words);
});

describe('is refused', () => {
  test.each([
    ["a 'b", "a ' is not closed"],
    ['a "b', 'a " is not closed'],
    ['a \\', 'it ends with a backslash'],
    ['a | b', "'|' needs a shell"],
    ['a && b', "'&' needs a shell"],
    ['a; b', "';' needs a shell"],
    ['a > b', "'>' needs a shell"],
    ['a $B', "'$' needs a shell"],
    ['a "$B"', "'$' needs a shell"],
    ['a `b`', "'`' needs a shell"],
    ['a *.txt', "'*' needs a shell"],
    ['a ~/b', "'~' needs a shell"],
    ['a # b', "'#' needs a shell"],
    ['a\nb', 'a line break needs a shell'],
  ])('%j: %s', (text, message) => {
    expect(() => splitCommand(text)).toThrow(InvalidValue);
    expect(() => splitCommand(text)).toThrow(message);
  });
});

test('a real shell splits every accepted command in the same way', () => {
  const piece = fc.constantFrom(...'ab \t\'"\\$;{}=-é');
  const text = fc.array(piece, { maxLength: 14 }).map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(text, (command) => {
      let words: string[];
      try {
        words = splitCommand(command);
      } catch {
        return;
      }
      // A first word with `=` would be an assignment, and an empty first word a syntax error.
      const { stdout, status } = spawnSync('sh', ['-c', `set -f; printf '%s\\0' x ${command}`], {
        encoding: 'utf8',
      });
      expect([status, stdout]).toEqual([0, ['x', ...words, ''].join('\0')]);
    }),
    runs(150),
  );
});
