import { describe, expect, test } from 'vitest';
import { capabilities } from '../../src/authority/capabilities.ts';
import { parseExpiry, SpanEnd } from '../../src/base/time.ts';
import { differences, isSameExpiry, untold } from '../../src/keys/differences.ts';
import { unread } from '../../src/keys/key.ts';
import { spec } from '../support/authority.ts';
import { key } from '../support/key.ts';

const now = new Date('2026-11-21T12:00:00.900Z');
const asked = spec({
  name: 'ci',
  description: 'deploys',
  permissions: ['read', 'write'],
  rateLimitRpm: 60,
  budgetUsd: 25,
  models: ['gpt-4o'],
  labels: { team: 'web' },
});
const stored = key({
  name: 'ci',
  description: 'deploys',
  permissions: ['write', 'read'],
  rateLimitRpm: 60,
  budgetUsd: 25.0000000001,
  models: ['gpt-4o'],
  labels: { team: 'web', made: 'by the server' },
});

test('a key as requested has no differences', () => {
  expect(differences(asked, stored, capabilities)).toEqual([]);
});

test.each([
  ['name', { name: 'CI' }],
  ['description', { description: null }],
  ['permissions', { permissions: ['read'] }],
  ['permissions', { permissions: ['admin', 'read', 'write'] }],
  ['rateLimitRpm', { rateLimitRpm: null }],
  ['budgetUsd', { budgetUsd: 250 }],
  ['models', { models: [] }],
  ['labels', { labels: { team: 'Web' } }],
  ['expiresAt', { expiresAt: '2026-12-21T00:00:00.000Z' }],
])('another %s is a difference, with both values', (field, other) => {
  const found = differences(asked, { ...stored, ...other }, capabilities);
  expect(found).toEqual([
    {
      field,
      requestedValue: asked[field as keyof typeof asked],
      storedValue: other[field as keyof typeof other],
    },
  ]);
});

test('an unreported field is a difference without a stored value', () => {
  const { description: _, ...silent } = stored;
  const found = differences(asked, { ...silent, [unread]: ['name'] }, capabilities);
  expect(found).toEqual([
    { field: 'name', requestedValue: 'ci' },
    { field: 'description', requestedValue: 'deploys' },
  ]);
  expect(untold(found, capabilities)).toBe(true);
  expect(untold(found, { ...capabilities, reports: ['id'] })).toBe(false);
});

test('fields that were not requested are the choice of the API', () => {
  expect(differences(spec({ name: 'ci' }), stored, capabilities)).toEqual([]);
});

describe('an expiry', () => {
  const day = 86_400_000;
  const same = (expiresAt: string | null, when: Date | null, abilities: object, createdAt?: string) =>
    isSameExpiry(key({ expiresAt, ...(createdAt && { createdAt }) }), when, {
      ...capabilities,
      ...abilities,
    });

  test.each([
    ['is the same to the second', '2026-12-21T12:00:01.000Z', {}, true],
    ['is not the same above a second', '2026-12-21T12:00:02.500Z', {}, false],
    ['is the same day where the API keeps days', '2026-12-21T00:00:00.000Z', { expiryResolution: day }, true],
    ['is not the same two days off', '2026-12-19T00:00:00.000Z', { expiryResolution: day }, false],
    ['may be off by a clock where the API counts', '2026-12-21T12:03:00.000Z', { expiryIsSpan: true }, true],
    ['is not the same an hour off', '2026-12-21T13:00:00.000Z', { expiryIsSpan: true }, false],
    ['is not the same where there is none', null, {}, false],
  ])('%s', (_, expiresAt, abilities, expected) => {
    expect(same(expiresAt, new Date('2026-12-21T12:00:00Z'), abilities)).toBe(expected);
  });

  test('that is a span is compared with the creation time, whatever the clocks say', () => {
    const span = new SpanEnd(now, { months: 0, milliseconds: 30 * day });
    const made = '2027-03-01T00:00:00.000Z';
    expect(same('2027-03-31T00:00:00.000Z', span, { expiryIsSpan: true }, made)).toBe(true);
    expect(same('2027-03-30T23:00:00.000Z', span, { expiryIsSpan: true }, made)).toBe(false);
  });

  test('of never differs from any time', () => {
    expect(same(null, null, {})).toBe(true);
    expect(same('2026-12-21T12:00:00.000Z', null, {})).toBe(false);
  });
});

test.each([
  ['1d', 86_400],
  ['36h', 129_600],
  ['90d', 7_776_000],
  ['1y', 365 * 86_400],
])('the span %s stays the same, whatever the fraction of the second', (text, seconds) => {
  const end = parseExpiry(text, now);
  expect(end).toBeInstanceOf(SpanEnd);
  expect((end as SpanEnd).span).toBe(seconds * 1000);
});
