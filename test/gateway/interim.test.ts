import { expect, test } from 'vitest';
import { rewriteInterim } from '../../src/gateway/interim.ts';

test('an unexpected 100 Continue is not confused with a body that looks like one', () => {
  const head = Buffer.from('HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n');
  expect(rewriteInterim(head)).toBe(false);
  expect(head.toString()).toContain('100 Continue');
});
