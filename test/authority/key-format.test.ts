import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { idOf, matches, mint } from '../../src/authority/key-format.ts';
import { runs } from '../support/runs.ts';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

describe('a new key', () => {
  test('is a prefix, a public id, a secret and a checksum', () => {
    const { id, value, prefix } = mint('sk');
    expect(value).toMatch(/^sk_[0-9A-Za-z]{16}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}$/);
    expect(prefix).toBe(`sk_${id}`);
    expect(value.startsWith(`${prefix}_`)).toBe(true);
    expect(idOf('sk', value)).toBe(id);
  });

  test('is stored as the SHA-256 of the whole value', () => {
    const { hash, value } = mint('sk');
    expect(hash.toString('hex')).toBe(createHash('sha256').update(value).digest('hex'));
  });

  test('differs from 10,000 others in its id and its secret', () => {
    const keys = Array.from({ length: 10_000 }, () => mint('sk'));
    expect(new Set(keys.map(({ id }) => id)).size).toBe(10_000);
    expect(new Set(keys.map(({ value }) => value.split('_')[2])).size).toBe(10_000);
  });

  test('uses every character of the alphabet about equally often', () => {
    const text = Array.from({ length: 2000 }, () => mint('sk').value.split('_')[2]).join('');
    const counts = [...alphabet].map((character) => text.split(character).length - 1);
    expect(counts.reduce((sum, count) => sum + count)).toBe(2000 * 43);
    // Chi-squared with 61 degrees of freedom: above 140 once in ten million runs. Plain `byte % 62` gives over 1000.
    const expected = (2000 * 43) / 62;
    const deviation = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(deviation).toBeLessThan(140);
  });
});

describe('a text that is not a key of ours', () => {
  const { value } = mint('sk');

  test.each([
    ['is empty', ''],
    ['is an id alone', value.slice(0, 19)],
    ['lacks the checksum', value.slice(0, -7)],
    ['has something before it', ` ${value}`],
    ['has something after it', `${value}0`],
    ['ends in a line break', `${value}\n`],
    ['has another prefix', value.replace('sk_', 'pk_')],
    ['comes from another vendor', 'sk-proj-EXAMPLE'],
  ])('has no id: it %s', (_, text) => {
    expect(idOf('sk', text)).toBeUndefined();
  });

  test('reveals any single changed character', () => {
    const places = fc.nat(value.length - 1);
    fc.assert(
      fc.property(places, fc.constantFrom(...alphabet, '_', ' '), (place, character) => {
        fc.pre(character !== value[place]);
        expect(idOf('sk', value.slice(0, place) + character + value.slice(place + 1))).toBeUndefined();
      }),
      runs(300),
    );
  });

  test('reveals two swapped neighbours and a missing character', () => {
    for (let place = 0; place < value.length - 1; place++) {
      const [left = '', right = ''] = [value[place], value[place + 1]];
      const [start, end] = [value.slice(0, place), value.slice(place + 2)];
      if (left !== right) expect(idOf('sk', start + right + left + end)).toBeUndefined();
      expect(idOf('sk', start + right + end)).toBeUndefined();
    }
  });
});

describe('a hash', () => {
  test('matches its own key and no other', () => {
    const [one, other] = [mint('sk'), mint('sk')];
    expect(matches(one.value, one.hash)).toBe(true);
    expect(matches(one.value, other.hash)).toBe(false);
    expect(matches(`${one.value} `, one.hash)).toBe(false);
  });

  test('matches the plain bytes that a database returns', () => {
    const { value, hash } = mint('sk');
    expect(matches(value, new Uint8Array(hash))).toBe(true);
  });
});
