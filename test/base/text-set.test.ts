import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TextSet } from '../../src/base/text-set.ts';

test('it has what was added, as a Set has', () => {
  const text = fc.oneof(
    fc.integer({ min: -500, max: 500 }).map(String),
    fc.constantFrom('', 'a', 'aa', 'x'.repeat(99)),
  );
  fc.assert(
    // Few and many texts are kept in different ways.
    fc.property(fc.constantFrom(0, 1000, 2000), fc.array(text), fc.array(text), (count, added, others) => {
      const [texts, set] = [new TextSet(), new Set<string>()];
      for (let at = 0; at < count; at++) texts.add(`text ${at}`) && set.add(`text ${at}`);
      const newTexts = added.filter((one) => texts.add(one));
      expect(newTexts).toEqual(added.filter((one) => set.size < set.add(one).size));
      expect(texts.size).toBe(set.size);
      const all = [...added, ...others];
      expect(all.map((one) => texts.has(one))).toEqual(all.map((one) => set.has(one)));
    }),
  );
});

test('of many texts some have the same hash, and none is taken for another', () => {
  const count = 200_000;
  const texts = new TextSet();
  for (let at = 0; at < count; at++) texts.add(`k${at}`);
  expect(texts.size).toBe(count);
  for (let at = 0; at < count; at++)
    if (texts.has(`other-${at}`) || !texts.has(`k${at}`)) expect.fail(`k${at}`);
});
