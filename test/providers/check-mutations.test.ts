import { expect, test } from 'vitest';
import { requestsOf } from '../../src/app/check-declaration.ts';
import { checkText } from '../../src/providers/check-file.ts';
import { declaration, richDeclaration } from '../support/declaration.ts';

/* Whatever stands in place of a field: the check names a fault and its place, or each request can be built. */

const now = new Date('2026-11-20T12:00:00Z');

const values: readonly unknown[] = [
  undefined,
  null,
  -1,
  '',
  'x',
  [],
  {},
  ['a'],
  { at: '' },
  '{x}',
  '{id',
  '{expiresAt:step}',
  '{name:constructor}',
  1e308,
  'a\r\nb',
  '\ud800\u202e',
  'x'.repeat(10_000),
  '{a|'.repeat(50),
  JSON.parse(`${'['.repeat(100)}${']'.repeat(100)}`),
  JSON.parse('{ "__proto__": { "constructor": 1 } }'),
];

function pathsIn(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return [[]];
  return [[], ...Object.entries(value).flatMap(([name, one]) => pathsIn(one).map((path) => [name, ...path]))];
}

/** The value with another one at a path; undefined: without the field. */
function changed(whole: unknown, [name, ...rest]: readonly string[], value: unknown): unknown {
  if (name === undefined) return value;
  const entries = Object.entries(whole as object).map(([field, one]): [string, unknown] => [
    field,
    field === name ? changed(one, rest, value) : one,
  ]);
  return Array.isArray(whole) ? entries.map(([, one]) => one) : Object.fromEntries(entries);
}

/** How many of the values are tried in place of each field, in turn. */
const valuesPerField = 2;

test.each([
  ['a small declaration', declaration],
  ['one of everything', richDeclaration],
])('%s with any field replaced is faulty, or can be carried out', (_, whole) => {
  let faultyCount = 0;
  for (const [index, path] of pathsIn(whole).slice(1).entries()) {
    for (let turn = 0; turn < valuesPerField; turn += 1) {
      const value = values[(index * valuesPerField + turn) % values.length];
      const what = `${path.join('.')}: ${JSON.stringify(value)}`;
      const { provider, issues } = checkText(JSON.stringify(changed(whole, path, value), undefined, 1));
      if (provider) expect(() => requestsOf(provider, now), what).not.toThrow();
      else {
        faultyCount += 1;
        expect(issues, what).not.toEqual([]);
        for (const { line, column, message } of issues)
          expect([line > 0, column > 0, message === ''], what).toEqual([true, true, false]);
      }
    }
  }
  expect(faultyCount).toBeGreaterThan(20);
});
