import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../../src/base/secret.ts';
import type { Key } from '../../../src/keys/key.ts';
import type { Before } from '../../../src/keys/operations/identify.ts';
import { identifyNew } from '../../../src/keys/operations/identify.ts';
import { key } from '../../support/key.ts';

const value = 'sk-a1b2c3d4e5f6g7h8EXAMPLE';
const old = key({ id: 'old00001', name: 'ci', createdAt: '2026-11-01T00:00:00.000Z' });
const made = key({ id: 'new00001', name: 'ci', createdAt: '2026-10-01T00:00:00.000Z' });

interface Account {
  /** The result of each read of the list; the last one repeats. */
  lists: (readonly Key[] | Error)[];
  told?: string | Error;
}

async function identified({ lists, told }: Account, before: Partial<Before> = {}) {
  const pauses: number[] = [];
  let looks = 0;
  const account = {
    list: async () => {
      const keys = lists[Math.min(looks++, lists.length - 1)] ?? [];
      if (keys instanceof Error) throw keys;
      return keys;
    },
    identify: async () => {
      if (told instanceof Error) throw told;
      return told;
    },
  };
  const issued = { name: 'ci', secret: new Secret(value) };
  const { key: found, isProven } = await identifyNew(
    account,
    issued,
    { keys: [old], ...before },
    async (wait) => {
      pauses.push(wait);
    },
  );
  return { found, isProven, pauses };
}

describe('an earlier key is never the new one', () => {
  test.each<[what: string, lists: Account['lists'], before?: Partial<Before>]>([
    ['the list does not show the new one', [[old]]],
    ['nothing is listed', [[]]],
    ['the list cannot be read', [new Error('no')]],
    ['the API keeps no names', [[old]], { nameless: true }],
    ['two new ones may be it', [[old, made, { ...made, id: 'new00002' }]]],
    ['the new ones have other names', [[old, { ...made, name: 'web' }]]],
    ['the new one does not work', [[old, { ...made, status: 'disabled' }]]],
    ['the new one shows another value', [[old, { ...made, prefix: 'sk-zzzz...9999' }]]],
  ])('if %s', async (_, lists, before) => {
    expect((await identified({ lists }, before)).found).toEqual({ id: '', name: 'ci', status: 'unknown' });
  });

  test('not even if the API names it for the new secret', async () => {
    expect((await identified({ lists: [[old]], told: old.id })).found.id).toBe('');
  });
});

test('the only new key of the name is it, whatever the timestamps', async () => {
  const { found, pauses } = await identified({ lists: [[old, made, key({ id: 'x', name: 'web' })]] });
  expect(found).toEqual(made);
  expect(pauses).toEqual([]);
});

test('among several new keys it is the one that the API names, or whose id is the hash of the value', async () => {
  const hash = createHash('sha256').update(value).digest('hex');
  const lists = [[old, made, { ...made, id: 'new00002' }, { ...made, id: hash, name: 'odd' }]];
  expect((await identified({ lists, told: 'new00002' })).found.id).toBe('new00002');
  expect((await identified({ lists })).found.id).toBe(hash);
});

test('the API may name a key that is not listed', async () => {
  const { found } = await identified({ lists: [[old]], told: 'new00001' });
  expect(found).toEqual({ id: 'new00001', name: 'ci', status: 'unknown' });
});

test('a list that lags behind is read again', async () => {
  const { found, pauses } = await identified({ lists: [[old], new Error('no'), [old, made]] });
  expect(found).toEqual(made);
  expect(pauses).toHaveLength(2);
});

test.each(['', 'new00001'])(
  'an API that shows the name %j may have dropped the name of the key',
  async (name) => {
    expect((await identified({ lists: [[{ ...made, name }]] })).found.id).toBe('new00001');
  },
);

describe('a key is proven to have the secret', () => {
  const hash = createHash('sha256').update(value).digest('hex');

  test.each<[what: string, account: Account, before: Partial<Before>, isProven: boolean]>([
    ['if the API names it', { lists: [[old, made]], told: made.id }, {}, true],
    ['if its id is the hash of the value', { lists: [[old, { ...made, id: hash }]] }, {}, true],
    ['if it shows the value', { lists: [[old, { ...made, prefix: value.slice(0, 10) }]] }, {}, true],
    ['if the account has at most one', { lists: [[old]] }, { single: true, nameless: true }, true],
    ['but not by its name alone', { lists: [[old, made]] }, {}, false],
    ['but not by what all values begin with', { lists: [[old, { ...made, prefix: 'sk-' }]] }, {}, false],
  ])('%s', async (_, account, before, isProven) => {
    expect((await identified(account, before)).isProven).toBe(isProven);
  });
});

describe('a secret that replaced another one', () => {
  test('belongs to the same key if no new one appears', async () => {
    expect((await identified({ lists: [[old]] }, { renewed: old })).found).toEqual(old);
  });

  test('does not belong to an earlier disabled key of the name', async () => {
    const other = key({ id: 'other001', name: 'ci', status: 'disabled', createdAt: '2026-11-19T00:00:00Z' });
    const keys = [old, other];
    expect((await identified({ lists: [keys] }, { keys, renewed: old })).found).toEqual(old);
    expect((await identified({ lists: [keys], told: old.id }, { keys, renewed: old })).found).toEqual(old);
  });

  test.each<[what: string, oldKey: Partial<Key>, newKey: Partial<Key>]>([
    ['the old one has ended', { status: 'revoked' }, {}],
    ['the old one shows another secret', { prefix: 'sk-zzzz' }, {}],
    ['it shows the secret', {}, { prefix: 'sk-a1b2c3d4' }],
  ])('belongs to the new key if %s', async (_, oldKey, newKey) => {
    const [before, after] = [
      { ...old, ...oldKey },
      { ...made, ...newKey },
    ];
    expect((await identified({ lists: [[before, after]] }, { renewed: old })).found).toEqual(after);
    expect((await identified({ lists: [[after, before]] }, { renewed: old })).found).toEqual(after);
  });

  test('may belong to either if a key has appeared that may be somebody else’s', async () => {
    const { found, pauses } = await identified({ lists: [[old, made]] }, { renewed: old });
    expect(found.id).toBe('');
    expect(pauses).toEqual([]);
  });

  test('belongs to the new key if the API names it', async () => {
    const { found } = await identified({ lists: [[old, made]], told: made.id }, { renewed: old });
    expect(found).toEqual(made);
  });
});

test('in an account with one key, a rotation renews that key', async () => {
  const { found } = await identified({ lists: [[old]] }, { single: true, nameless: true, renewed: old });
  expect(found.id).toBe(old.id);
});

test('in an account with one key, the active key is the new one', async () => {
  expect((await identified({ lists: [[old]] }, { single: true, nameless: true })).found.id).toBe(old.id);
});
