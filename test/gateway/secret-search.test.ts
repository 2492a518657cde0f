import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SecretForms } from '../../src/base/secret-forms.ts';
import { SecretSearch } from '../../src/gateway/secret-search.ts';
import { encodingsOf } from '../support/encodings.ts';

const secret = 'sk-Upstream_0123456789/abc+DEF-EXAMPLE';
const forms = new SecretForms(secret);

describe.each(Object.entries(encodingsOf(secret)))('a secret %s', (name, form) => {
  test('is found across pieces, before its last byte is forwarded', () => {
    const text = Buffer.from(`{"echo": "${form}", "after": 1}`, 'latin1');
    // The first characters of base64 also encode the bytes before the secret.
    const most =
      text.indexOf(form, 0, 'latin1') + (name.includes('base64') || name.includes('basic') ? 12 : 0);
    for (let first = 1; first < text.length; first++) {
      expect(handedOver([text.subarray(0, first), text.subarray(first)])).toBeLessThanOrEqual(most);
    }
    expect(handedOver([...text].map((byte) => Buffer.from([byte])))).toBeLessThanOrEqual(most);
  });
});

/** The number of bytes forwarded before the secret was found. */
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

test('bytes without the secret pass unchanged, in any pieces', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 600 })), (pieces) => {
      const search = new SecretSearch(forms);
      const passed = pieces.map((piece) => search.add(Buffer.from(piece)) ?? expect.fail('found'));
      expect(Buffer.concat([...passed, search.end()])).toEqual(Buffer.concat(pieces));
    }),
  );
});

test('an event is forwarded at its end, not with the next one', () => {
  const search = new SecretSearch(forms);
  const event = Buffer.from('data: {"delta":"sk-Upstream"}\n\n');
  expect(search.add(event)).toEqual(event);
});

test('only text that begins like the secret is held back', () => {
  const search = new SecretSearch(forms);
  const pieces = ['Hey ', 'dear wor', 'ld sk-Up', 'ward'].map((piece) =>
    search.add(Buffer.from(piece))?.toString(),
  );
  expect(pieces).toEqual(['Hey ', 'dear wor', 'ld ', 'sk-Upward']);
});

test('at most the length of a secret is held back', () => {
  const search = new SecretSearch(forms);
  const line = Buffer.alloc(100_000, 'A');
  expect(line.length - (search.add(line)?.length ?? 0)).toBeLessThanOrEqual(forms.maxBytes);
});
