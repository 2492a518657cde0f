import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fold } from '../../src/base/escape-layers.ts';
import { SecretForms } from '../../src/base/secret-forms.ts';
import { encodingsOf } from '../support/encodings.ts';
import { runs } from '../support/runs.ts';

const secret = 'sk-Upstream_0123456789/abc+DEF-EXAMPLE';
const forms = new SecretForms(secret);

describe.each(Object.entries(encodingsOf(secret)))('a secret %s', (_, form) => {
  test('is found', () => {
    expect(forms.isIn(form)).toBe(true);
    expect(forms.isIn(`{"echo":"Bearer ${form}","x":"\\n"}`)).toBe(true);
  });

  test('is masked, and nothing else is', () => {
    const hidden = forms.hideIn(`{"echo":"${form}"}\n`);
    expect(forms.isIn(hidden)).toBe(false);
    // The first and last digits of base64 also encode the bytes around the secret.
    expect(hidden).toMatch(/^\{"echo":"[\w+/-]{0,10}\*{4}[\w+/=-]{0,4}\0?"\}\n$/);
  });
});

test('a secret is masked anywhere in a long text', () => {
  const encodings = Object.values(encodingsOf(secret));
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 70_000 }), fc.constantFrom(...encodings)), {
        maxLength: 6,
      }),
      fc.constantFrom('x', '\\', 'é', ' ', '%41'),
      (places, filler) => {
        const text = places.map(([size, form]) => filler.repeat(size / filler.length) + form).join('');
        const hidden = forms.hideIn(`${text}!`);
        expect(forms.isIn(hidden)).toBe(false);
        expect(hidden.endsWith('!')).toBe(true);
      },
    ),
    runs(10),
  );
});

test.each([secret, 'ses_EXAMPLE', '+++----___', 'clé-secrète-EXAMPLE', 'nb\\cd"ef/gh-EXAMPLE', 'abc', ''])(
  'a text says the same of %j as its bytes',
  (value) => {
    const ofValue = new SecretForms(value);
    const pieces = [
      ...Object.values(encodingsOf(value)),
      value.toUpperCase(),
      'K',
      'İ',
      '\0',
      '%41',
      '-',
      'x',
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 3 }), (parts) => {
        const text = parts.join('');
        expect(ofValue.isIn(text)).toBe(ofValue.isIn(Buffer.from(text)));
      }),
    );
  },
);

test('JSON stays valid when a secret in it is masked', () => {
  const odd = new SecretForms('nb\\cd"ef/gh-EXAMPLE');
  const json = JSON.stringify({ a: 'nb\\cd"ef/gh-EXAMPLE', b: '\\nb\\cd"ef/gh-EXAMPLE', c: 'kept\n' });
  expect(JSON.parse(odd.hideIn(json))).toEqual({ a: '****', b: '****', c: 'kept\n' });
});

test.each(['sk-Upstream_0123456789', 'EXAMPLE', '', '\\', '%', '&#', '%%%', '\\\\u00'])(
  '%j is not a secret',
  (text) => {
    expect(forms.isIn(text)).toBe(false);
  },
);

test('the base64 of a short secret is not masked', () => {
  const short = new SecretForms('abc');
  expect(short.isIn('xABCx')).toBe(true);
  expect(short.isIn(Buffer.from('abc').toString('base64'))).toBe(false);
  expect(new SecretForms('').isIn('anything')).toBe(false);
});

test('a text in ASCII is folded as any other', () => {
  const ascii = Buffer.from(Array.from({ length: 256 }, (_, at) => (at * 7) % 128));
  const folded = fold(Buffer.concat([ascii, Buffer.from([0x80])]));
  expect(fold(ascii)).toEqual(folded.subarray(0, folded.length - 1));
});
