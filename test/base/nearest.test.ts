import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nearest } from '../../src/base/nearest.ts';

test.each([
  ['creat', ['create', 'list'], 'create'],
  ['cii', ['api', 'ci', 'cd'], 'ci'],
  ['unrael', ['unkey', 'unreal'], 'unreal'],
  ['limt', ['limit', 'list'], 'limit'],
  ['rotaet', ['rotate', 'restore'], 'rotate'],
  ['LIST', ['list'], 'list'],
  ['rate_limit', ['rateLimitRpm', 'rates'], 'rateLimitRpm'],
  ['--all', ['--url', '--yes'], undefined],
  ['add', ['api', 'audit'], undefined],
  ['import', ['export'], undefined],
  ['ls', ['rm', 'ci'], undefined],
  ['x', ['y', 'xy'], undefined],
  ['prod-1', ['prod-2', 'prod'], undefined],
  ['--yes', ['--yes'], undefined],
  ['', ['a', 'list'], undefined],
  ['producton', ['production-eu', 'production'], 'production'],
  ['прод', ['прода', 'prod'], 'прода'],
  ['sk_live_0123456789abcdefghij_EXAMPLE', ['sk_live_0123456789abcdefghij_EXAMPLF'], undefined],
])('%s of %j is %s', (word, candidates, expected) => {
  expect(nearest(word, candidates)).toBe(expected);
});

test('the suggestion is a candidate, and never the word itself', () => {
  const words = fc.stringMatching(/^[a-f0-9-]{0,8}$/);
  fc.assert(
    fc.property(words, fc.array(words), (word, candidates) => {
      const near = nearest(word, candidates);
      if (near === undefined) return;
      expect(near).not.toBe(word);
      expect(candidates).toContain(near);
    }),
  );
});

test('one slip in a word of three letters or more is found, and so are two changed places', () => {
  const word = fc.stringMatching(/^[a-z]{4,12}$/);
  fc.assert(
    fc.property(word, fc.nat(), fc.constantFrom('drop', 'double', 'swap'), (meant, place, slip) => {
      const at = place % (meant.length - 1);
      const [before, one, other] = [meant.slice(0, at), meant[at] ?? '', meant[at + 1] ?? ''];
      const after = meant.slice(at + 2);
      const typed = before + { drop: other, double: one + one + other, swap: other + one }[slip] + after;
      expect(nearest(typed, [meant])).toBe(typed === meant ? undefined : meant);
    }),
  );
});
