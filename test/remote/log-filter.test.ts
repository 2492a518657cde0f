import { expect, test } from 'vitest';
import type { LogEntry } from '../../src/keys/ports.ts';
import { matchesLogQuery, pastCheck } from '../../src/remote/log-filter.ts';

const start = Date.parse('2026-11-20T12:00:00Z');

function entry(minute: number, change: Partial<LogEntry> = {}): LogEntry {
  const timestamp = new Date(start + minute * 60_000).toISOString();
  return { timestamp, method: 'POST', path: '/v1/chat', statusCode: 200, ...change };
}

/** The number of entries after which reading stops; undefined: never. */
function endsAt(minutes: readonly number[], since: number | undefined): number | undefined {
  const isPast = pastCheck(since === undefined ? undefined : new Date(start + since * 60_000));
  const at = minutes.findIndex((minute) => isPast(entry(minute)));
  return at < 0 ? undefined : at;
}

test('a log from new to old ends at the first entry before the requested start', () => {
  expect(endsAt([9, 8, 7, 4, 3], 5)).toBe(3);
});

test('a log from old to new is read to its end', () => {
  expect(endsAt([1, 2, 3, 8, 9], 5)).toBeUndefined();
  expect(endsAt([1], 5)).toBeUndefined();
});

test('an unordered log, or one without a requested start, is read to its end', () => {
  expect(endsAt([3, 9, 8, 2], 5)).toBeUndefined();
  expect(endsAt([9, 8, 2], undefined)).toBeUndefined();
});

test.each([
  [{ status: '4xx' }, { statusCode: 429 }, true],
  [{ status: '4xx' }, { statusCode: 500 }, false],
  [{ status: '429' }, { statusCode: 429 }, true],
  [{ status: '429' }, { statusCode: 428 }, false],
  [{ method: 'GET' }, { method: 'get' }, true],
  [{ method: 'GET' }, { method: 'POST' }, false],
  [{ pathPrefix: '/v1/' }, { path: '/v1/chat' }, true],
  [{ pathPrefix: '/v2/' }, { path: '/v1/chat' }, false],
  [{ keyId: 'a' }, { keyId: 'a' }, true],
  [{ keyId: 'a' }, { keyId: 'b' }, false],
  [{ keyId: 'a' }, {}, false],
  [{ since: new Date(start) }, {}, true],
  [{ since: new Date(start + 1) }, {}, false],
  [{ until: new Date(start) }, {}, true],
  [{ until: new Date(start - 1) }, {}, false],
])('%j of %j is %s', (query, change, wanted) => {
  expect(matchesLogQuery(entry(0, change), query)).toBe(wanted);
});

test('an entry that does not tell by what the API selected it matches', () => {
  const { statusCode: _, ...bare } = entry(0);
  expect(matchesLogQuery(bare, { keyId: 'a', status: '4xx' }, ['keyId', 'status'])).toBe(true);
  expect(matchesLogQuery(bare, { keyId: 'a', status: '4xx' }, ['keyId'])).toBe(false);
});
