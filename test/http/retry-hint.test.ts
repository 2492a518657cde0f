import { expect, test } from 'vitest';
import { backoffMs } from '../../src/http/retry.ts';
import { retryHint } from '../../src/http/retry-hint.ts';

const now = new Date('2026-11-20T12:00:00Z');
const epoch = now.getTime() / 1000;

test.each<[number | undefined, Record<string, string>]>([
  [2, { 'retry-after': '2' }],
  [0, { 'retry-after': '0' }],
  [1.5, { 'retry-after': '1.5' }],
  [30, { 'retry-after': 'Fri, 20 Nov 2026 12:00:30 GMT' }],
  [30, { 'retry-after': 'Friday, 20-Nov-26 12:00:30 GMT' }],
  [30, { 'retry-after': 'Fri Nov 20 12:00:30 2026' }],
  [0, { 'retry-after': 'Fri, 20 Nov 2026 11:00:00 GMT' }],
  [undefined, { 'retry-after': 'soon' }],
  [undefined, { 'retry-after': '-5' }],
  [undefined, { 'retry-after': 'Fri, whenever' }],
  [7, { 'x-retry-after': '7' }],
  [7, { 'retry-after': 'soon', 'x-retry-after': '7' }],
  [3, { 'retry-after': '3', 'x-retry-after': '7', 'ratelimit-reset': '9' }],
  [12, { 'ratelimit-reset': '12' }],
  [12, { 'x-ratelimit-reset': '12' }],
  [12, { 'ratelimit-reset': String(epoch + 12) }],
  [12, { 'x-ratelimit-reset': String((epoch + 12) * 1000) }],
  [0, { 'x-ratelimit-reset': String(epoch - 12) }],
  [1e9, { 'x-ratelimit-reset': '1000000000' }],
  [30, { ratelimit: '"default";r=0;t=30' }],
  [30, { ratelimit: '"burst";r=0;t=2, "day";r=0; t=30, "month";r=9;t=900' }],
  [12, { ratelimit: '"default";r=5;t=30', 'ratelimit-reset': '12' }],
  [undefined, {}],
])('a 429 asks for a pause of %d seconds by %j', (seconds, headers) => {
  expect(retryHint(429, headers, now)).toBe(seconds);
});

test('a rate limit that resets in an hour does not delay the retry of a 503', () => {
  expect(retryHint(503, { 'x-ratelimit-reset': '3600', ratelimit: '"a";r=0;t=3600' }, now)).toBeUndefined();
  expect(retryHint(503, { 'x-retry-after': '4' }, now)).toBe(4);
});

test('the backoff is a random part of a limit that doubles up to 20 seconds', () => {
  const most = () => 0.999999;
  expect([1, 2, 3, 6, 7, 50].map((attempt) => backoffMs(attempt, most))).toEqual([
    499, 999, 1999, 15999, 19999, 19999,
  ]);
  expect(backoffMs(3, () => 0)).toBe(0);
});
