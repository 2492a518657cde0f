import fc from 'fast-check';
import { expect, test } from 'vitest';
import { membersOf } from '../../../src/server/upstream/json-members.ts';

/** JSON texts of the same value in many spellings: spaces anywhere, escapes in strings, and members that stand twice. */
const space = fc.stringMatching(/^[ \t\r\n]{0,2}$/);
// No lone backslash: from Node.js 24 on, V8 can take the name `"\""` for it, once it has met an object that has one.
const awkward = fc.constantFrom(
  'model',
  'MODEL',
  '__proto__',
  '',
  '"',
  '\\"',
  '}',
  ',',
  '{"model":1}',
  'ü🌍',
);
const string = fc
  .tuple(
    fc.oneof(
      awkward,
      fc.string({ unit: 'binary' }).filter((text) => text !== '\\'),
    ),
    fc.boolean(),
  )
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

test('the members are those of JSON.parse, where the last of a name counts', () => {
  fc.assert(
    fc.property(space, object, space, (before, text, after) => {
      const whole = `${before}${text}${after}`;
      const found = membersOf(whole).map(
        ({ name, valueStart, end }) => [name, JSON.parse(whole.slice(valueStart, end))] as const,
      );
      const expected = JSON.parse(whole);
      expect([...new Map(found)].sort(byName)).toEqual(Object.entries(expected).sort(byName));
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

function byName([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  return one < other ? -1 : 1;
}
