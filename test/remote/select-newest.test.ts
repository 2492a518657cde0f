import { describe, expect, test } from 'vitest';
import { KeysError } from '../../src/base/errors.ts';
import type { TextSet } from '../../src/base/text-set.ts';
import type { Key } from '../../src/keys/key.ts';
import { withSuperseded } from '../../src/keys/key.ts';
import type { Selection } from '../../src/keys/select.ts';
import { selectKeys } from '../../src/keys/select.ts';
import { isNewestFirst, selectNewest } from '../../src/remote/select-newest.ts';
import { collect as collectPages } from '../support/collect.ts';
import { failureIn } from '../support/failure.ts';
import { key } from '../support/key.ts';
import { now } from './clock.ts';

/** A key that was created this many minutes ago. */
function aged(minutes: number, fields: Partial<Key> = {}): Key {
  const createdAt = new Date(now.getTime() - minutes * 60_000).toISOString();
  return key({ id: `id-${minutes}`, name: `name-${minutes}`, createdAt, ...fields });
}

/** The keys of all pages. */
async function collect(pages: AsyncIterable<Key[]>): Promise<Key[]> {
  return (await collectPages(pages)).flat();
}

/** An account that counts the pages that are read of it. */
class Account {
  pageCount = 0;
  readonly #pages: readonly (readonly Key[])[];
  readonly #end: Error | undefined;
  readonly #whole: readonly Key[];

  /** `end`: the failure after the last page; `whole`: what a second read returns. */
  constructor(pages: readonly (readonly Key[])[], end?: Error, whole: readonly Key[] = []) {
    this.#pages = pages;
    this.#end = end;
    this.#whole = whole;
  }

  async *pages(ids: TextSet): AsyncGenerator<readonly Key[]> {
    for (const page of this.#pages) {
      this.pageCount += 1;
      for (const { id } of page) ids.add(id);
      yield page;
    }
    if (this.#end) throw this.#end;
  }

  async list(): Promise<readonly Key[]> {
    return this.#whole;
  }

  select(selection: Selection = {}): AsyncGenerator<Key[]> {
    return selectNewest({ pages: (ids) => this.pages(ids), list: () => this.list() }, selection, now);
  }
}

function pagesOf(keys: readonly Key[], size: number): Key[][] {
  return Array.from({ length: Math.ceil(keys.length / size) }, (_, at) =>
    keys.slice(at * size, (at + 1) * size),
  );
}

const incomplete = new KeysError({ code: 'list_incomplete', message: 'the list would be incomplete' });

describe('keys that come newest first', () => {
  const statuses = ['active', 'revoked', 'expiring', 'disabled'] as const;
  const keys = Array.from({ length: 95 }, (_, at) =>
    // Three keys of each moment, in an order of the API's own.
    aged(at - (at % 3), {
      id: `k${(at * 37) % 95}`,
      name: `n${at % 9}`,
      status: statuses[at % 4] ?? 'active',
    }),
  );

  test.each<Selection>([
    {},
    { status: 'all' },
    { status: 'active', limit: 7 },
    { limit: 95, status: 'all' },
    { limit: 0 },
    { search: 'n3' },
    { olderThan: { months: 0, milliseconds: 3_600_000 }, limit: 5 },
  ])('are selected as from the whole list: %j', async (selection) => {
    const selected = await collect(new Account(pagesOf(keys, 10)).select(selection));
    expect(selected).toEqual(selectKeys(withSuperseded(keys), selection, now));
  });

  test.each([
    [1, 1],
    [9, 1],
    [10, 2],
    [25, 3],
    [95, 10],
  ])('a limit of %i reads %i pages of 10', async (limit, pageCount) => {
    const account = new Account(
      pagesOf(
        keys.map((one, at) => ({ ...one, ...aged(at) })),
        10,
      ),
    );
    expect(await collect(account.select({ limit, status: 'all' }))).toHaveLength(limit);
    expect(account.pageCount).toBe(pageCount);
  });

  test('a key is there before the next page is read', async () => {
    const account = new Account(pagesOf([aged(1), aged(2), aged(3), aged(4)], 2));
    await account.select().next();
    expect(account.pageCount).toBe(1);
  });

  test('those without a time come last, as from the whole list', async () => {
    const { createdAt: _, ...undated } = aged(9, { id: 'u', name: 'name-1' });
    const odd = [aged(1), undated, aged(2)];
    expect(await collect(new Account([odd]).select())).toEqual(withSuperseded(odd));
  });
});

test('a list in another order is refused: the first ones may not be the newest', async () => {
  const account = new Account([[aged(5)], [aged(3)]]);
  expect(await failureIn(collect(account.select()))).toMatchObject({
    code: 'unexpected_answer',
    exit: 'network',
  });
});

test('an order by anything else takes the whole list', () => {
  expect(isNewestFirst({ limit: 10 })).toBe(true);
  expect(isNewestFirst({ sort: 'name', limit: 10 })).toBe(false);
  expect(isNewestFirst({ reverse: true })).toBe(false);
});

describe('a list that proves incomplete is read again', () => {
  const pages = [[aged(2), aged(4)], [aged(6)]];

  test('and is complete if only newer keys were missing', async () => {
    const account = new Account(pages, incomplete, [aged(1), ...pages.flat()]);
    expect((await collect(account.select())).map(({ id }) => id)).toEqual(['id-2', 'id-4', 'id-6']);
  });

  test('and fails if an older one was missing', async () => {
    const account = new Account(pages, incomplete, [...pages.flat(), aged(5)]);
    expect(await failureIn(collect(account.select()))).toMatchObject({ code: 'list_incomplete' });
  });
});
