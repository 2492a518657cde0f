import fc from 'fast-check';
import { expect, test } from 'vitest';
import { resend } from '../../src/providers/built-in/resend.ts';
import { buildRequest } from '../../src/remote/build-request.ts';
import { amountAt, inApiWords, listAt, textAt, timeAt } from '../../src/remote/declared-value.ts';
import { part } from '../../src/remote/select.ts';
import { runs } from '../support/runs.ts';

function outcomeOf(read: () => unknown): object {
  try {
    return { value: read() };
  } catch (error) {
    return { message: (error as Error).message };
  }
}

const answer = part({
  cents: 1250,
  micros: '250000',
  unlimited: -1,
  never: 0,
  seconds: 1_797_854_400,
  milliseconds: 1_797_854_400_000,
  scopes: 'read, write',
  groups: [{ id: 'a' }, { id: 'b' }],
  empty: null,
});

test('an amount in another unit', () => {
  expect(amountAt(answer, { at: 'cents', as: 'cents' })).toBe(12.5);
  expect(amountAt(answer, { at: 'micros', as: 'micros' })).toBe(0.25);
});

test('a value that means none', () => {
  expect(amountAt(answer, { at: 'unlimited', none: [-1] })).toBeNull();
  expect(timeAt(answer, { at: 'never', none: [0], as: 'epochSeconds' })).toBeNull();
  expect(textAt(answer, 'empty')).toBeNull();
});

test('a time since 1970', () => {
  expect(timeAt(answer, { at: 'seconds', as: 'epochSeconds' })).toBe('2026-12-21T12:00:00.000Z');
  expect(timeAt(answer, { at: 'milliseconds', as: 'epochMilliseconds' })).toBe('2026-12-21T12:00:00.000Z');
});

test('a time without a zone is UTC', () => {
  const times = part({
    iso: '2026-11-20T10:00:00.5',
    sql: '2026-11-20 10:00',
    resend: '2026-11-20 10:00:00+02',
  });
  expect(timeAt(times, 'iso')).toBe('2026-11-20T10:00:00.500Z');
  expect(timeAt(times, 'sql')).toBe('2026-11-20T10:00:00.000Z');
  expect(timeAt(times, 'resend')).toBe('2026-11-20T08:00:00.000Z');
});

test('numbers that are added up; without one of them there is no sum', () => {
  const counts = part({ a: '1', b: { c: 2.5 }, none: null });
  expect(amountAt(counts, { sum: ['a', 'b.c'] })).toBe(3.5);
  expect(amountAt(counts, { sum: ['a', 'b.c'], as: 'cents' })).toBe(0.035);
  expect(amountAt(counts, { sum: ['a', 'none'] })).toBeNull();
  expect(amountAt(counts, { sum: ['a', 'missing'] })).toBeNull();
});

test('a list in one text, or of objects', () => {
  expect(listAt(answer, { at: 'scopes', as: 'comma' })).toEqual(['read', 'write']);
  expect(listAt(answer, { at: 'groups', item: 'id' })).toEqual(['a', 'b']);
  expect(() => listAt(answer, { at: 'groups', item: 'name' })).toThrowErrorMatchingInlineSnapshot(
    `[KeysError: the field groups[0] has no text of the item at name; this is not the API that the provider declares, or it has changed]`,
  );
});

test('a list in words of its own', () => {
  const words = { read: 1, write: 2 };
  expect(listAt(part({ levels: [2, 7] }), { at: 'levels', words })).toEqual(['write', '7']);
  expect(listAt(part({ level: 1 }), { at: 'level', words })).toEqual(['read']);
  expect(listAt(part({ readonly: true }), { at: 'readonly', words: { read: true, write: false } })).toEqual([
    'read',
  ]);
  expect(inApiWords(['write', '7'], { at: 'levels', words })).toEqual([2, '7']);
});

test('a request has the words of the API', () => {
  const provider = {
    ...resend,
    key: { ...resend.key, permissions: { at: 'permission', words: { send: 'sending_access' } } },
  };
  const { body } = buildRequest({
    provider,
    base: new URL('https://api.example.com'),
    operation: provider.create ?? expect.fail(),
    values: { name: 'ci', permissions: ['send'] },
    now: new Date(0),
    headers: {},
  });
  expect(body).toMatchObject({ name: 'ci', permission: 'sending_access' });
});

test('a value that the API does not tell', () => {
  expect(textAt(answer, { always: 'POST' })).toBe('POST');
  expect(amountAt(answer, { at: 'budget', missing: null })).toBeNull();
  expect(amountAt(answer, { at: 'count', missing: 1 })).toBe(1);
  expect(amountAt(answer, 'budget')).toBeUndefined();
});

test('a path is read as a declared value at this path is', () => {
  const texts = fc.oneof(
    fc.string(),
    fc.constantFrom('2026-11-20T10:00:00.000Z', '2026-02-30T10:00:00.000Z', '12', '', 'x'.repeat(10_001)),
  );
  const values = fc.oneof(
    texts,
    fc.constantFrom(null, true, 0, -1.5, 2 ** 53, 1e300),
    fc.array(fc.oneof(texts, fc.constantFrom(1, null, true, {}))),
    fc.dictionary(fc.constantFrom('b', 'c'), texts),
  );
  const answers = fc.oneof(values, fc.dictionary(fc.constantFrom('a', 'a.b', '', '__proto__'), values));
  fc.assert(
    fc.property(answers, fc.constantFrom('a', 'a.b', '', 'toString', '__proto__'), (answer, path) => {
      for (const readAt of [textAt, amountAt, timeAt, listAt])
        expect(outcomeOf(() => readAt(part(answer), path))).toEqual(
          outcomeOf(() => readAt(part(answer), { at: path })),
        );
    }),
    runs(1000),
  );
});

test('what every object has is no field of a response', () => {
  for (const path of ['toString', '__proto__', 'a.toString', 'constructor.name'])
    for (const readAt of [textAt, amountAt, timeAt, listAt])
      expect(readAt(part({ a: {} }), path)).toBeUndefined();
});

test('any day of the calendar is read as a declared value is', () => {
  const two = (number: number) => String(number).padStart(2, '0');
  for (const year of [1969, 1970, 2026, 2028, 2100])
    for (let month = 0; month <= 13; month++)
      for (let day = 0; day <= 32; day++) {
        const answer = part({ a: `${year}-${two(month)}-${two(day)}T23:59:59.000Z` });
        expect(outcomeOf(() => timeAt(answer, 'a'))).toEqual(outcomeOf(() => timeAt(answer, { at: 'a' })));
      }
});
