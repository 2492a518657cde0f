import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isTooDeep, isTooDeepValue, maxJsonDepth, maxSafeLength } from '../../src/base/json-depth.ts';

function nested(depth: number, inside = ''): string {
  return '[{"a":'.repeat(depth / 2) + (inside || 'null') + '}]'.repeat(depth / 2);
}

test('a text is too deep beyond the limit, not at it', () => {
  expect(isTooDeep(nested(maxJsonDepth))).toBe(false);
  expect(isTooDeep(nested(maxJsonDepth + 2))).toBe(true);
});

test('the deepest text that is parsed first is still told by its value', () => {
  const text = nested(Math.floor(maxSafeLength / 8) & ~1);
  expect(text.length).toBeLessThanOrEqual(maxSafeLength);
  expect(isTooDeepValue(JSON.parse(text))).toBe(true);
});

test('brackets in strings do not count, whatever is escaped around them', () => {
  const brackets = '[{'.repeat(300);
  for (const text of [brackets, `"${brackets}`, `\\${brackets}`, `\\\\"${brackets}\\`, `${brackets}\\"`])
    expect(isTooDeep(JSON.stringify({ [text]: [text, { b: text }] }))).toBe(false);
  const hidden = JSON.stringify(['\\', '"', '\\"', '\\\\']);
  expect(isTooDeep(`[${hidden},${nested(maxJsonDepth + 2)}]`)).toBe(true);
});

test('the depth is that of the value', () => {
  const depthOf = (value: unknown): number =>
    typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;
  fc.assert(
    fc.property(
      fc.jsonValue({ maxDepth: 6 }),
      fc.integer({ min: maxJsonDepth - 8, max: maxJsonDepth }),
      (value, outer) => {
        const around = outer - (outer % 2);
        const text = nested(around, JSON.stringify(value));
        expect(isTooDeep(text)).toBe(around + depthOf(value) > maxJsonDepth);
        expect(isTooDeepValue(JSON.parse(text))).toBe(isTooDeep(text));
      },
    ),
  );
});

test('an unfinished text ends the search', () => {
  for (const text of ['"', '"\\', '{"a', '["a\\"']) expect(isTooDeep(text)).toBe(false);
});
