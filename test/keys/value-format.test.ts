import { expect, test } from 'vitest';
import { parseValueFormat } from '../../src/keys/value-format.ts';

const matches = (format: string, text: string) => parseValueFormat(format).pattern.exec(text)?.[0];

test('text stands for itself, and braces for characters of an alphabet', () => {
  expect(matches('sk-{hex:16}', `sk-${'0f'.repeat(8)}`)).toBe(`sk-${'0f'.repeat(8)}`);
  expect(matches('sk-{hex:16}', `sk-${'0F'.repeat(8)}`)).toBeUndefined();
  expect(matches('k.{lower:20}', `kx${'a0'.repeat(10)}`)).toBeUndefined();
  expect(matches('k1{upper:16-18}', `k1${'A'.repeat(30)}`)).toBe(`k1${'A'.repeat(18)}`);
  expect(matches('SG.{base64url:22}.{base64url:43}', `SG.${'-'.repeat(22)}.${'_'.repeat(43)}`)).toHaveLength(
    69,
  );
});

test('tells how far a value reaches, and where its long row begins', () => {
  const { literal, maxLength, maxLead, rowLength } = parseValueFormat('SG.{base62:10}.{base62:43}');
  expect({ literal, maxLength, maxLead, rowLength }).toEqual({
    literal: 'SG.',
    maxLength: 57,
    maxLead: 14,
    rowLength: 43,
  });
});

test.for([
  ['{hex:64}', 'begins with fewer than 2 characters that are in every value'],
  ['sk-{hex:8}', 'has no 16 letters, digits, - and _ in a row, and would match ordinary text'],
  ['sk-{base58:32}', "has the alphabet 'base58'; use one of digits, hex, lower, upper, base62, base64url"],
  ['sk-{hex:32-}', 'has no highest count in {hex:32-}'],
  ['sk-{hex:64-32}', 'has an empty range in {hex:64-32}'],
  ['sk-{hex:32-64}{lower:8-64}', 'has more than one part of variable length'],
  ['sk-{hex:9999}', 'allows more than 2048 characters'],
  ['sk-{hex}', "has 'sk-{hex}', which is neither text nor {alphabet:count}"],
  ['sk {hex:32}', 'begins with fewer than 2 characters that are in every value'],
])('%s: %s', ([format = '', message = '']) => {
  expect(() => parseValueFormat(format)).toThrow(message);
});
