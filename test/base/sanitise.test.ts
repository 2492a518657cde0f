import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { safeJson, shown, visible, visibleLines } from '../../src/base/sanitise.ts';
import { anyCharacter } from '../support/any-character.ts';

/** The Unicode categories of characters that do not print by themselves, and the characters that print as nothing. */
const hidden =
  /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\u00ad\u180e\u200b\u200c\u2060-\u2064\ufeff]|\p{Default_Ignorable_Code_Point}/gu;
/** Parts of emoji: the joiner, and the selector of the coloured form. */
const harmless = new Set(['\u200d', '\ufe0f']);

function hiddenIn(text: string): string[] {
  return (text.match(hidden) ?? []).filter((character) => !harmless.has(character));
}

/** Text in which unsafe characters are frequent. */
const nasty = fc.oneof(
  fc.string({ unit: anyCharacter }),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 20 })
    .map((codes) => String.fromCharCode(...codes)),
  fc
    .array(
      fc.constantFrom(
        'a',
        '\n',
        '\r',
        '\t',
        '\x1b[31m',
        '\x9b',
        '\u202e',
        '\u2066',
        '\u200b',
        '\ufeff',
        '\u{e0041}',
        '\u{e0100}',
        '\ud800',
        '"',
        '\\',
        '👩‍🚀',
        'é',
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join('')),
);

describe('text for a terminal', () => {
  test.each([
    ['an escape sequence', '\x1b[2Jgone', '\\x1b[2Jgone'],
    ['the one-byte form of one', '\x9b31m', '\\x9b31m'],
    ['a title of the window', '\x1b]0;title\x07', '\\x1b]0;title\\x07'],
    ['a bell and a backspace', '\x07\b', '\\x07\\x08'],
    ['NUL and DEL', '\0\x7f', '\\x00\\x7f'],
    ['line ends and tabs', 'a\r\n\tb', 'a\\r\\n\\tb'],
    ['a right-to-left override', 'abc\u202etxt.exe', 'abc\\u202etxt.exe'],
    ['isolates', '\u2066a\u2069', '\\u2066a\\u2069'],
    ['zero-width characters', 'a\u200bb\u200cc\ufeff', 'a\\u200bb\\u200cc\\ufeff'],
    ['line separators', 'a\u2028b\u2029', 'a\\u2028b\\u2029'],
    ['tags, in which text can hide', 'a\u{e0041}', 'a\\u{e0041}'],
    ['an annotation', 'a\ufff9b\ufffac\ufffb', 'a\\ufff9b\\ufffac\\ufffb'],
    ['half of a pair', 'a\ud83d', 'a\\ud83d'],
  ])('%s is shown, not executed', (_, text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  test('invisible letters are shown', () => {
    expect(visible('a\u034fb\u3164c\uffa0')).toBe('a\\u034fb\\u3164c\\uffa0');
  });

  test.each(['plain', 'größer', '日本語', 'שלום', 'naïve', '👍', '👩‍🚀', '❤️', '\\n', 'a  b', '€'])(
    '%s is unchanged',
    (text) => {
      expect(visible(text)).toBe(text);
    },
  );

  test('no hidden character is left in any text', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        expect(hiddenIn(visible(text))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test('every hidden character of Unicode is found', () => {
    const missed: string[] = [];
    for (let code = 0; code <= 0x10ffff; code++) {
      const text = String.fromCodePoint(code);
      if (hiddenIn(visible(text)).length > 0) missed.push(code.toString(16));
    }
    expect(missed).toEqual([]);
  });

  test('becomes one line, unless lines are kept', () => {
    expect(visible('a\nb')).toBe('a\\nb');
    expect(visibleLines('a\n\x1b[1mb\r\n')).toBe('a\n\\x1b[1mb\\r\n');
  });
});

describe('JSON', () => {
  test('unsafe characters in strings are written as escapes', () => {
    const json = JSON.stringify({ name: 'a\x7f\u202e\x9b' }, undefined, 2);
    expect(safeJson(json)).toBe('{\n  "name": "a\\u007f\\u202e\\u009b"\n}');
  });

  test('no character of ASCII is left hidden', () => {
    for (let code = 0; code < 0x80; code++) {
      const json = safeJson(JSON.stringify(String.fromCharCode(code)));
      expect(hiddenIn(json)).toEqual([]);
      expect(JSON.parse(json)).toBe(String.fromCharCode(code));
    }
  });

  test('a character outside the basic plane is written as a surrogate pair', () => {
    expect(safeJson('"\u{e0041}"')).toBe('"\\udb40\\udc41"');
  });

  test('is the same data, without hidden characters', () => {
    const record = fc.dictionary(
      nasty,
      fc.oneof(nasty, fc.array(nasty, { maxLength: 3 }), fc.integer(), fc.constant(null)),
      {
        maxKeys: 4,
      },
    );
    fc.assert(
      fc.property(record, (data) => {
        const json = safeJson(JSON.stringify(data, undefined, 2));
        expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(data)));
        expect(hiddenIn(json.replaceAll('\n', ''))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

test('shown truncates a long text before it examines it, between whole characters', () => {
  expect(shown('abc', 3)).toBe('abc');
  expect(shown('abcd', 3)).toBe('abc…');
  expect(shown('ab😀d', 3)).toBe('ab…');
  expect(shown('a\nb', 5)).toBe('a\\nb');
  expect(shown('\x1b'.repeat(50_000_000), 2)).toBe('\\x1b\\x1b…');
});
