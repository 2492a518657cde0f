import { crc32 as crc32OfNode } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { crc32 } from '../../src/base/crc32.ts';

test('is the checksum that node:zlib computes', () => {
  const ascii = fc.string({ unit: 'binary-ascii', maxLength: 200 });
  fc.assert(
    fc.property(ascii, (text) => {
      expect(crc32(text)).toBe(crc32OfNode(text));
    }),
  );
});
