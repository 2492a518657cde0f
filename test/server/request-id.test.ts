import { expect, test } from 'vitest';
import { requestId } from '../../src/server/request-id.ts';

test('each request gets a random UUID of its own', () => {
  const ids = Array.from({ length: 1000 }, requestId);
  expect(new Set(ids).size).toBe(1000);
  for (const id of ids)
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  // Every digit that is free takes every value.
  for (let at = 0; at < 36; at++) {
    if (![8, 13, 14, 18, 19, 23].includes(at)) expect(new Set(ids.map((id) => id[at])).size).toBe(16);
  }
});
