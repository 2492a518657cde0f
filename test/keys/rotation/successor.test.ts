import { expect, test } from 'vitest';
import { capabilities } from '../../../src/authority/capabilities.ts';
import { SpanEnd } from '../../../src/base/time.ts';
import type { Key } from '../../../src/keys/key.ts';
import { unread } from '../../../src/keys/key.ts';
import { idlenessOf, supersededOf, useOf } from '../../../src/keys/rotation/succession.ts';
import { successorOf } from '../../../src/keys/rotation/successor.ts';
import { failureIn } from '../../support/failure.ts';
import { entriesOf, FakeWorld } from '../../support/fake-backend.ts';
import { key } from '../../support/key.ts';

const now = new Date('2026-11-21T12:00:00Z');
const old = key({
  createdAt: '2026-09-01T00:00:00.000Z',
  expiresAt: '2026-11-30T00:00:00.000Z',
  description: 'builds',
  permissions: ['read', 'write'],
  rateLimitRpm: 60,
  budgetUsd: 25,
  models: ['gpt-4o'],
  labels: { team: 'infra' },
});
const asked = { expires: undefined, now };

test('a successor has the fields of the old key, and the same lifetime from now', () => {
  expect(successorOf(old, capabilities, asked)).toEqual({
    spec: {
      name: 'ci',
      description: 'builds',
      expiresAt: new Date('2027-02-19T12:00:00Z'),
      permissions: ['read', 'write'],
      rateLimitRpm: 60,
      budgetUsd: 25,
      models: ['gpt-4o'],
      labels: { team: 'infra' },
    },
    lost: [],
  });
});

test('the successor of a key that never expires does not either, unless --expires is given', () => {
  const endless = { ...old, expiresAt: null };
  expect(successorOf(endless, capabilities, asked).spec.expiresAt).toBeNull();
  const expires = new Date('2027-01-01T00:00:00Z');
  expect(successorOf(endless, capabilities, { expires, now }).spec.expiresAt).toBe(expires);
  expect(successorOf(old, capabilities, { expires: null, now }).spec.expiresAt).toBeNull();
});

test('fields that the API does not accept or report are named', () => {
  const poor = {
    ...capabilities,
    createFields: ['name', 'models'] as const,
    reports: ['id', 'name', 'budgetUsd'] as const,
  };
  const { spec, lost } = successorOf(old, poor, asked);
  expect(spec).toMatchObject({ budgetUsd: null, labels: {}, permissions: [] });
  expect(lost).toEqual([
    'description',
    'permissions',
    'rateLimitRpm',
    'budgetUsd',
    'models',
    'labels',
    'expiresAt',
  ]);
});

test('--expires is required if keys must expire and the lifetime of the old one is unknown', async () => {
  const demanding = { ...capabilities, expiryRequired: true };
  const work = async () => successorOf(key({ expiresAt: null }), demanding, asked);
  expect(await failureIn(work())).toMatchObject({
    exit: 'usage',
    message: 'the lifetime of the key aaaa0001 is unknown; pass --expires',
  });
});

test('older keys of a name are due once the grace period has passed since their successor was created', () => {
  const keys = [
    key({ id: 'third', createdAt: '2026-11-20T00:00:00Z' }),
    key({ id: 'other', name: 'b', createdAt: '2026-11-19T00:00:00Z' }),
    key({ id: 'gone', status: 'revoked', createdAt: '2026-11-18T00:00:00Z' }),
    key({ id: 'second', createdAt: '2026-11-10T00:00:00Z' }),
    key({ id: 'first', createdAt: '2026-11-01T00:00:00Z' }),
  ];
  const week = 7 * 86_400_000;
  expect(supersededOf(keys, 'ci', week)).toMatchObject([
    { key: { id: 'second' }, due: Date.parse('2026-11-27T00:00:00Z'), ends: false },
    { key: { id: 'first' }, due: Date.parse('2026-11-17T00:00:00Z'), ends: false },
  ]);
});

test.each<[what: string, fields: Partial<Key>, isUse: boolean]>([
  ['a use long after it was made', { lastUsedAt: '2026-11-02T00:00:00Z' }, true],
  ['a use right after it was made, which may be ours', { lastUsedAt: '2026-11-01T00:00:30Z' }, false],
  ['more calls than we make', { usage: { requests: 5, tokens: 0 } }, true],
  ['no more calls than we make', { usage: { requests: 4, tokens: 0 } }, false],
  ['never used', { lastUsedAt: null, usage: { requests: 0, tokens: 0 } }, false],
  ['nothing reported', {}, false],
])('evidence that a new key has arrived: %s', async (_, fields, isUse) => {
  const backend = { ...new FakeWorld().backend(), get: async () => key(fields) };
  expect((await useOf(backend, { id: 'a' })) !== undefined).toBe(isUse);
});

test('of two keys of the same second, the newer one is unknown', () => {
  const keys = [key({ id: 'a' }), key({ id: 'b' })];
  expect(supersededOf(keys, 'ci', 0)).toMatchObject([{ due: null }]);
});

test.each<[what: string, expiresAt: string | null, successor: string | null, ends: boolean]>([
  ['ends with its grace', '2026-11-28T00:00:00Z', null, true],
  ['was given an end by a rotation', '2026-12-25T00:00:00Z', null, true],
  ['was given less than its successor', '2026-12-25T00:00:00Z', '2027-02-19T00:00:00Z', true],
  ['has its own, far end', '2027-01-30T00:00:00Z', '2027-02-19T00:00:00Z', false],
  ['never ends', null, null, false],
])('an old key that %s', (_, expiresAt, successor, ends) => {
  const keys = [
    key({ id: 'new', createdAt: '2026-11-21T00:00:00Z', expiresAt: successor }),
    key({ id: 'old', createdAt: '2026-11-01T00:00:00Z', expiresAt }),
  ];
  expect(supersededOf(keys, 'ci', 7 * 86_400_000)[0]?.ends).toBe(ends);
});

test('a key is idle if it was not used since, according to the last use, otherwise to the log', async () => {
  const since = new Date('2026-11-20T12:00:00Z');
  const backend = new FakeWorld().backend();
  const used = (lastUsedAt: string | null | undefined) => ({
    ...backend,
    get: async () =>
      key({ ...(lastUsedAt !== undefined && { lastUsedAt }), usage: { requests: 3, tokens: 0 } }),
  });
  expect(await idlenessOf(used('2026-11-20T12:00:00Z'), { id: 'a' }, since)).toEqual({
    isIdle: true,
    evidence: 'a was last used 2026-11-20T12:00:00Z, 3 requests in total',
  });
  expect((await idlenessOf(used('2026-11-20T12:00:01Z'), { id: 'a' }, since))?.isIdle).toBe(false);
  expect((await idlenessOf(used(null), { id: 'a' }, since))?.evidence).toMatchInlineSnapshot(
    `"a was never used since it was created 2026-11-01T00:00:00.000Z, 3 requests in total"`,
  );
  const entry = { timestamp: '2026-11-21T00:00:00Z', method: 'GET', path: '/', statusCode: 200 };
  const logged = { ...used(undefined), logs: () => entriesOf([entry]) };
  expect(await idlenessOf(logged, { id: 'a' }, since)).toMatchObject({ isIdle: false });
  expect(await idlenessOf({ ...logged, logs: () => entriesOf([]) }, { id: 'a' }, since)).toMatchObject({
    isIdle: true,
  });
  const blind = { ...used(undefined), capabilities: { ...backend.capabilities, logs: false } };
  expect(await idlenessOf(blind, { id: 'a' }, since)).toBeUndefined();
});

const day = 86_400_000;

test('a span that an API keeps in days is a number of days, however often it is carried over', () => {
  const daily = { ...capabilities, expiryResolution: day };
  let [made, expiresAt] = ['2026-11-20T15:00:00.000Z', '2026-12-20T00:00:00.000Z'];
  for (const at of ['2026-11-25T10:00:00Z', '2026-12-01T23:59:59Z', '2026-12-05T00:00:01Z']) {
    const from = key({ createdAt: made, expiresAt });
    const { spec } = successorOf(from, daily, { expires: undefined, now: new Date(at) });
    expiresAt = `${spec.expiresAt?.toISOString().slice(0, 10)}T00:00:00.000Z`;
    expect((Date.parse(expiresAt) - Date.parse(`${at.slice(0, 10)}T00:00:00Z`)) / day).toBe(30);
    made = new Date(at).toISOString();
  }
});

test.each([
  ['2026-11-20T12:00:00.877Z', '2026-11-21T12:00:00.000Z', day],
  ['2026-11-20T12:00:00.000Z', '2026-12-20T12:00:40.000Z', 30 * day],
  ['2028-02-28T12:00:00.000Z', '2028-03-01T00:00:00.000Z', 2 * day],
  ['2026-11-20T23:30:00.000Z', '2026-12-20T00:00:00.000Z', 30 * day],
  ['2026-11-20T12:00:00.000Z', '2026-11-21T12:00:01.500Z', day],
  ['2026-11-20T12:00:00.300Z', '2026-11-20T13:30:00.000Z', 5_400_000],
  ['2026-11-20T12:00:00.000Z', '2026-11-20T12:00:30.000Z', 30_000],
  ['2026-11-20T12:00:00.000Z', '2026-11-21T18:30:10.000Z', 109_810_000],
])('the lifetime from %s to %s was meant to be %i ms', (createdAt, expiresAt, span) => {
  const { spec } = successorOf(key({ createdAt, expiresAt }), capabilities, asked);
  expect(spec.expiresAt).toBeInstanceOf(SpanEnd);
  expect((spec.expiresAt as SpanEnd).span).toBe(span);
});

test('an unreadable field of the old key is lost, except those that are never carried over', () => {
  const odd = { ...old, [unread]: ['permissions', 'access_level', 'lastUsedAt'] };
  expect(successorOf(odd, capabilities, asked).lost).toEqual(['permissions', 'access_level']);
});

test('an end that an API cuts to its day, and writes as a moment, does not move back', () => {
  let at = new Date('2026-11-20T00:10:00Z');
  let expiresAt = '2026-12-20T00:00:00.000Z';
  for (let count = 1; count <= 40; count += 1) {
    const carried = { ...old, createdAt: at.toISOString(), expiresAt };
    // A day and some hours later, at another time of the day.
    at = new Date(at.getTime() + day + 5 * 3_600_000);
    const { spec } = successorOf(carried, capabilities, { expires: undefined, now: at });
    expiresAt = `${spec.expiresAt?.toISOString().slice(0, 10)}T00:00:00.000Z`;
    const startOfDay = Date.parse(`${at.toISOString().slice(0, 10)}T00:00:00Z`);
    expect((Date.parse(expiresAt) - startOfDay) / day).toBe(30);
  }
});

test('an expiry of unknown span is lost, unless a new one is given', () => {
  const { createdAt: _, ...undated } = old;
  expect(successorOf(undated, capabilities, asked).lost).toEqual(['expiresAt']);
  expect(successorOf(undated, capabilities, { expires: null, now }).lost).toEqual([]);
});

test('a field that is the same for every key of the API is not lost', () => {
  const fixed = { ...capabilities, createFields: ['name'] as const, alike: ['permissions'] as const };
  expect(successorOf({ ...old, expiresAt: null }, fixed, asked).lost).not.toContain('permissions');
});
