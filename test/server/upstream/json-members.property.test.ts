import fc from 'fast-check';
import { expect, test } from 'vitest';
import { membersOf } from '../../../src/server/upstream/json-members.ts';

/** JSON texts of the same value in many spellings: spaces anywhere, escapes in strings, and members that stand twice. */
const space = fc.stringMatching(/^[ \t\r\n]{0,2}$/);
const awkward = fc.constantFrom(
  'model',
  'MODEL',
  '__proto__',
  '',
  '"',
  '\\',
  '\\"',
  '}',
  ',',
  '{"model":1}',
  'ü🌍',
);
const string = fc
  .tuple(fc.oneof(awkward, fc.string({ unit: 'binary' })), fc.boolean())
  .map(([text, isEscaped]) => (isEscaped ? escaped(text) : JSON.stringify(text)));
const scalar = fc.oneof(
  string,
  fc.constantFrom('true', 'false', 'null', '-0', '1e5', '-1.5E+3', '12345678901234567890'),
);
const { value, object } = fc.letrec<{ value: string; object: string; array: string }>((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, scalar, tie('object'), tie('array')),
  array: fc
    .array(
      fc.tuple(space, tie('value'), space).map((parts) => parts.join('')),
      { maxLength: 4 },
    )
    .map((items) => `[${items.join(',')}]`),
  object: fc
    .tuple(space, fc.array(fc.tuple(space, string, space, space, tie('value'), space), { maxLength: 6 }))
    .map(([inner, members]) => {
      const texts = members.map(([a, name, b, c, content, d]) => `${a}${name}${b}:${c}${content}${d}`);
      return `{${texts.join(',') || inner}}`;
    }),
}));

// Their values are for the next test: which of two members of one name V8 keeps further down is not always the last.
test('the names are those of JSON.parse', () => {
  fc.assert(
    fc.property(space, object, space, (before, text, after) => {
      const whole = `${before}${text}${after}`;
      const names = new Set(membersOf(whole).map(({ name }) => name));
      expect([...names].sort()).toEqual(Object.keys(JSON.parse(whole)).sort());
    }),
    { numRuns: 1000 },
  );
});

test('no member is overlooked, however often its name stands there', () => {
  const members = fc.array(fc.tuple(fc.constantFrom('model', 'a', 'b'), value), { minLength: 1 });
  fc.assert(
    fc.property(members, (all) => {
      const text = `{${all.map(([name, content]) => `"${name}":${content}`).join(',')}}`;
      const found = membersOf(text);
      expect(found.map(({ name, valueStart, end }) => [name, text.slice(valueStart, end)])).toEqual(all);
      expect(found.map(({ start, end }) => text.slice(start, end)).join(',')).toBe(text.slice(1, -1));
    }),
    { numRuns: 500 },
  );
});

test('a string of ten megabytes with escapes is passed in one go', () => {
  const image = `${'a'.repeat(5_000_000)}\\"${'\\\\'.repeat(2_500_000)}`;
  const members = membersOf(`{"image":"${image}","model":"x"}`);
  expect(members.map(({ name }) => name)).toEqual(['image', 'model']);
});

function escaped(text: string): string {
  const units = [...Array(text.length).keys()].map((at) => text.charCodeAt(at).toString(16).padStart(4, '0'));
  return `"${units.map((unit) => `\\u${unit}`).join('')}"`;
}
