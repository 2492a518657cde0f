import { expect, test } from 'vitest';
import { Pieces } from '../../src/http/pieces.ts';

test.each([0, 1, 999, 1000, 1001, 2500])('%i pieces are joined in order', (count) => {
  const texts = Array.from({ length: count }, (_, index) => `${index};`);
  const body = new Pieces();
  for (const text of texts) body.add(Buffer.from(text));
  expect(body.joined().toString()).toBe(texts.join(''));
  expect(body.size).toBe(texts.join('').length);
});

test('a body of single bytes takes little more memory than its bytes', () => {
  const body = new Pieces();
  const before = process.memoryUsage();
  for (let added = 0; added < 1_000_000; added++) body.add(Buffer.from('x'));
  const after = process.memoryUsage();
  const growth = after.heapUsed + after.external - before.heapUsed - before.external;
  expect(growth).toBeLessThan(60_000_000);
});
