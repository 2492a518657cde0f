import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SecretForms, SecretSearch } from '../../src/gateway/secret-forms.ts';

const secret = 'sk-Upstream_0123456789/abc+DEF-EXAMPLE';
const forms = new SecretForms(secret);

const hex = (text: string, before: string) =>
  [...text].map((one) => before + one.charCodeAt(0).toString(16).padStart(2, '0')).join('');
const escaped = hex(secret, '\\u00');

const encodings: Record<string, string> = {
  'as it is': secret,
  'in lower case': secret.toLowerCase(),
  'in upper case': secret.toUpperCase(),
  backwards: [...secret].reverse().join(''),
  'in base64': Buffer.from(secret).toString('base64'),
  'in base64 for URLs': Buffer.from(secret).toString('base64url'),
  'in base64 after one byte': Buffer.from(`:${secret}:x`).toString('base64'),
  'in base64 after two bytes': Buffer.from(`a:${secret}`).toString('base64url'),
  'as basic credentials': Buffer.from(`Bearer ${secret}`).toString('base64'),
  'in hex': Buffer.from(secret).toString('hex'),
  'in upper case hex': Buffer.from(secret).toString('hex').toUpperCase(),
  'in a URL': encodeURIComponent(secret),
  'in a URL, every character': hex(secret, '%'),
  'in a URL in a URL': encodeURIComponent(hex(secret, '%')),
  'in JSON': escaped,
  'in JSON, one character': secret.replace('k', '\\u006b'),
  'in JSON with a needless escape': secret.replace('/', '\\/'),
  'in JSON in JSON': JSON.stringify(escaped).slice(1, -1),
  'in Markdown': secret.replace('_', '\\_'),
  'as JavaScript': hex(secret, '\\x'),
  'as JavaScript with braces': hex(secret, '\\u{').replace(/u\{(..)/g, 'u{$1}'),
  'in HTML': [...secret].map((one) => `&#${one.charCodeAt(0)};`).join(''),
  'in HTML, hexadecimal': [...secret].map((one) => `&#x${one.charCodeAt(0).toString(16)};`).join(''),
  'in octal': [...secret].map((one) => `\\${one.charCodeAt(0).toString(8).padStart(3, '0')}`).join(''),
  'in UTF-16': Buffer.from(secret, 'utf16le').toString('latin1'),
};

describe.each(Object.entries(encodings))('a secret %s', (name, form) => {
  test('is found', () => {
    expect(forms.isIn(form)).toBe(true);
    expect(forms.isIn(`{"echo":"Bearer ${form}","x":"\\n"}`)).toBe(true);
  });

  test('is found across pieces, before its last byte is handed over', () => {
    const text = Buffer.from(`{"echo": "${form}", "after": 1}`, 'latin1');
    // The first characters of base64 hold what stands before the secret, too.
    const most =
      text.indexOf(form, 0, 'latin1') + (name.includes('base64') || name.includes('basic') ? 12 : 0);
    for (let first = 1; first < text.length; first++) {
      expect(handedOver([text.subarray(0, first), text.subarray(first)])).toBeLessThanOrEqual(most);
    }
    expect(handedOver([...text].map((byte) => Buffer.from([byte])))).toBeLessThanOrEqual(most);
  });
});

/** How many bytes were handed over before the secret was found. */
function handedOver(pieces: Buffer[]): number {
  const search = new SecretSearch(forms);
  let size = 0;
  for (const piece of pieces) {
    const decided = search.add(piece);
    if (!decided) return size;
    size += decided.length;
  }
  throw new Error('not found');
}

test('what holds no secret passes as it is, in whatever pieces', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 600 })), (pieces) => {
      const search = new SecretSearch(forms);
      const passed = pieces.map((piece) => search.add(Buffer.from(piece)) ?? expect.fail('found'));
      expect(Buffer.concat([...passed, search.end()])).toEqual(Buffer.concat(pieces));
    }),
  );
});

test('an event is handed over at its end, not with the next one', () => {
  const search = new SecretSearch(forms);
  const event = Buffer.from('data: {"delta":"sk-Upstream"}\n\n');
  expect(search.add(event)).toEqual(event);
});

test('a word that begins like the secret waits for its end, and no other', () => {
  const search = new SecretSearch(forms);
  const pieces = ['Hey ', 'dear wor', 'ld sk-Up', 'ward'].map((piece) =>
    search.add(Buffer.from(piece))?.toString(),
  );
  expect(pieces).toEqual(['Hey ', 'dear wor', 'ld ', 'sk-Upward']);
});

test('no more is held back than a secret can be long', () => {
  const search = new SecretSearch(forms);
  const line = Buffer.alloc(100_000, 'A');
  expect(line.length - (search.add(line)?.length ?? 0)).toBeLessThanOrEqual(forms.longest);
});

test.each(['sk-Upstream_0123456789', 'EXAMPLE', '', '\\', '%', '&#', '%%%', '\\\\u00'])(
  '%j is no secret',
  (text) => {
    expect(forms.isIn(text)).toBe(false);
  },
);

test('a short secret is not taken for its base64', () => {
  const short = new SecretForms('abc');
  expect(short.isIn('xABCx')).toBe(true);
  expect(short.isIn(Buffer.from('abc').toString('base64'))).toBe(false);
  expect(new SecretForms('').isIn('anything')).toBe(false);
});
