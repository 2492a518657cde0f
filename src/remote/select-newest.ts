import { TextSet } from '../base/text-set.ts';
import type { Key } from '../keys/key.ts';
import { byCreation, isActive } from '../keys/key.ts';
import type { Selection } from '../keys/select.ts';
import { matcherOf } from '../keys/select.ts';
import { isIncomplete } from './list-keys.ts';
import { WrongShape } from './select.ts';

/* Lists of an API that returns the newest keys first: keys are selected as their pages arrive. */

/** How the keys are read: page by page, or all at once. They are new objects, which the reader may change. */
export interface KeySource {
  /** Adds the id of each key to `ids`. */
  pages(ids: TextSet): AsyncIterable<readonly Key[]>;
  list(): Promise<readonly Key[]>;
}

/** Whether the first pages of such a list tell which keys are selected. */
export function isNewestFirst({ sort, reverse }: Selection): boolean {
  return sort === undefined && !reverse;
}

/**
 * The selected keys, newest first, each with `superseded`. With a limit, no page is read beyond those that have them. Throws
 * `KeysError` (7), after the keys before, if the list is not in this order, or incomplete.
 */
export async function* selectNewest(
  source: KeySource,
  selection: Selection,
  now: Date,
): AsyncGenerator<Key[]> {
  const { limit = Number.POSITIVE_INFINITY } = selection;
  const isSelected = matcherOf(selection, now);
  let left = limit;
  if (left === 0) return;
  for await (const keys of inOrder(allPages(source))) {
    const selectedKeys = keys.filter(isSelected);
    if (selectedKeys.length > 0) yield selectedKeys.slice(0, left);
    left -= selectedKeys.length;
    if (left <= 0) return;
  }
}

/**
 * Every page. A key that is created or revoked meanwhile shifts the others, so a list that proves incomplete is read again:
 * it is complete if nothing was missing but keys that are newer than the first one.
 */
async function* allPages({ pages, list }: KeySource): AsyncGenerator<readonly Key[]> {
  const ids = new TextSet();
  let newest: string | undefined;
  try {
    for await (const page of pages(ids)) {
      newest ??= page[0]?.createdAt;
      yield page;
    }
  } catch (error) {
    if (!isIncomplete(error)) throw error;
    const isLater = ({ createdAt = '' }: Key) => newest !== undefined && createdAt > newest;
    if (!(await list()).every((key) => ids.has(key.id) || isLater(key))) throw error;
  }
}

/**
 * The keys of pages as `withSuperseded` returns them, each once an older one has come: keys of one moment have an order of
 * their own. Those without a time come last.
 */
async function* inOrder(pages: AsyncIterable<readonly Key[]>): AsyncGenerator<Key[]> {
  const activeNames = new TextSet();
  const undated: Key[] = [];
  let sameMoment: Key[] = [];
  for await (const page of pages) {
    const settledKeys: Key[] = [];
    for (const key of page) {
      const moment = sameMoment[0]?.createdAt ?? key.createdAt;
      if (key.createdAt === undefined || moment === undefined) {
        undated.push(key);
        continue;
      }
      if (key.createdAt > moment) throw notInOrder(key);
      if (key.createdAt < moment) {
        settle(sameMoment, activeNames, settledKeys);
        sameMoment = [key];
      } else sameMoment.push(key);
    }
    yield settledKeys;
  }
  const lastKeys: Key[] = [];
  settle(sameMoment, activeNames, lastKeys);
  settle(undated, activeNames, lastKeys);
  yield lastKeys;
}

/** Puts keys of one moment, or without one, in their order, and says of each whether an active one before has its name. */
function settle(keys: Key[], activeNames: TextSet, settledKeys: Key[]): void {
  if (keys.length > 1) keys.sort(byCreation).reverse();
  for (const key of keys) {
    // Each was made for this list; copies of 100,000 keys take as long as comparing them.
    const hasName = isActive(key) ? !activeNames.add(key.name) : activeNames.has(key.name);
    key.superseded = hasName && key.createdAt !== undefined;
    settledKeys.push(key);
  }
}

function notInOrder({ id }: Key): WrongShape {
  return new WrongShape(`the key ${id} is newer than one before it, in a list that is declared newest first`);
}
