import { createHash } from 'node:crypto';
import { KeysError } from '../base/errors.ts';
import type { HttpResponse } from '../http/response.ts';
import type { Path } from '../providers/declaration/field.ts';
import type { Paging } from '../providers/declaration/paging.ts';
import type { Part } from './select.ts';
import { elements, number, optional, part, select, text, wrongShape } from './select.ts';

/** One page of a list: query parameters to add, or the URL that an earlier page gave. */
export interface PageRequest {
  query: Readonly<Record<string, string>>;
  url?: string;
}

/** The last page, once there is no other one. */
export interface LastPage {
  answer: Part;
  headers: HttpResponse['headers'];
}

export interface PageReader {
  read: (page: PageRequest) => Promise<HttpResponse>;
  /** Whether an item was not on an earlier page; absent: each is taken for new. */
  isNew?: (item: Part) => boolean;
  onEnd?: (last: LastPage) => void;
  /** Milliseconds for all pages together. */
  timeLimitMs?: number | undefined;
  /** Characters of all pages together, where all items are kept. */
  maxLength?: number;
}

/** A list of more pages than this has no end. */
const maxPages = 10_000;

/** Characters of a list that is kept as a whole: more than a million keys, or a server without an end. */
export const maxListLength = 256 * 1024 * 1024;

/** As many pages in a row without a new item are no progress. */
const maxIdlePages = 10;

/**
 * All items of a list, page by page as they are read. A server that gives a page once more is found out: where it had
 * given everything at once it only ignores paging; otherwise it is an error, for a list with holes must not pass for a
 * whole one. So is a list without an end.
 */
export async function* readPages(
  paging: Paging | undefined,
  itemsAt: Path,
  {
    read,
    isNew = () => true,
    onEnd,
    timeLimitMs: limit = Infinity,
    maxLength: mostText = Infinity,
  }: PageReader,
): AsyncGenerator<Part> {
  const begun = performance.now();
  let request: PageRequest | undefined = { query: firstQuery(paging) };
  let [seen, idle, length] = [0, 0, 0];
  const before = new Set<string>();
  const asked = new Set<string>();
  while (request) {
    const question = JSON.stringify(request);
    if (asked.has(question)) throw repeatedPage();
    asked.add(question);
    if (asked.size > maxPages || performance.now() - begun > limit) throw endless(asked.size - 1);
    const response: HttpResponse = await read(request);
    length += response.text.length;
    if (length > mostText) throw endless(asked.size);
    const answer = part(response.json());
    const items = itemsOf(answer, itemsAt);
    const content = createHash('sha256')
      .update(JSON.stringify(items.map(({ value }) => value)))
      .digest('hex');
    const state: PageState = { answer, response, items, seen: seen + items.length, request };
    if (items.length > 0 && before.has(content)) {
      if (ignoresPaging(paging, items.length, seen) || hasAll(paging, answer, seen)) break;
      throw repeatedPage();
    }
    before.add(content);
    const fresh = items.filter(isNew);
    yield* fresh;
    seen += items.length;
    idle = fresh.length > 0 ? 0 : idle + 1;
    if (idle > maxIdlePages) throw endless(asked.size);
    request = paging && nextPage(paging, state);
    if (!request) onEnd?.({ answer, headers: response.headers });
  }
}

function itemsOf(answer: Part, path: Path): Part[] {
  const list = select(answer, path);
  if (!list) throw wrongShape(answer, `an answer with the list ${[path].flat().join(' or ')}`);
  return elements(list);
}

function firstQuery(paging: Paging | undefined): Record<string, string> {
  if (!paging || paging.by === 'url') return {};
  const limit = paging.limit === undefined ? {} : { [paging.limit]: String(paging.size) };
  return paging.by === 'page' ? { ...limit, [paging.page]: String(paging.first ?? 1) } : limit;
}

interface PageState {
  answer: Part;
  response: HttpResponse;
  items: readonly Part[];
  /** Items so far. */
  seen: number;
  request: PageRequest;
}

function nextPage(paging: Paging, state: PageState): PageRequest | undefined {
  const { answer, response, items, seen, request } = state;
  switch (paging.by) {
    case 'offset':
      // Behind a full page there may be more, whatever the total says: some count only what they have read.
      if (items.length < paging.size ? isComplete(paging, state) : items.length === 0) return undefined;
      return { query: { ...request.query, [paging.offset]: String(seen) } };
    case 'page': {
      if (isComplete(paging, state)) return undefined;
      return { query: { ...request.query, [paging.page]: String(Number(request.query[paging.page]) + 1) } };
    }
    case 'link':
      return follow(/<([^>]+)>\s*;[^,]*\brel="?next"?/.exec(response.headers.link ?? '')?.[1]);
    case 'url': {
      const next = select(answer, paging.next)?.value;
      return follow(typeof next === 'string' ? next : undefined);
    }
    case 'cursor': {
      if (paging.more !== undefined && select(answer, paging.more)?.value !== true) return undefined;
      const last = items.at(-1);
      const next =
        'last' in paging ? last && optional(last, paging.last, text) : optional(answer, paging.next, text);
      if (next) return { query: { ...request.query, [paging.cursor]: next } };
      return undefined;
    }
  }
}

function follow(url: string | undefined): PageRequest | undefined {
  return url ? { query: {}, url } : undefined;
}

function isComplete(paging: { size: number; total?: Path }, { answer, items, seen }: PageState): boolean {
  const all = paging.total === undefined ? undefined : select(answer, paging.total);
  return items.length === 0 || (all ? seen >= number(all) : items.length < paging.size);
}

/** The total says that no item is missing. */
function hasAll(paging: Paging | undefined, answer: Part, seen: number): boolean {
  const total = paging && 'total' in paging && paging.total !== undefined && select(answer, paging.total);
  return total ? seen >= number(total) : false;
}

/** A server that knows no pages answers with more than was asked for, and with the same again. */
function ignoresPaging(paging: Paging | undefined, count: number, seen: number): boolean {
  return paging !== undefined && 'size' in paging && count === seen && count > paging.size;
}

const defaultTotalPaths = [
  ...['total', 'total_count', 'totalCount', 'meta.total', 'meta.total_count', 'pagination.total'],
  ...['page_info.total', 'result_info.total_count'],
];
const defaultMorePaths = [
  ...['has_more', 'hasMore', 'meta.has_more', 'meta.hasMore', 'pagination.has_more', 'pagination.hasMore'],
  ...['pageInfo.hasNextPage', 'page_info.has_next_page'],
];

/**
 * Throws `KeysError` (7, `list_incomplete`) where the last page says that there is more than the `count` items that came:
 * by the total and the `more` of the declaration, else as most APIs say it.
 */
export function requireComplete(
  paging: Paging | undefined,
  { answer, headers }: LastPage,
  count: number,
): void {
  const told = (path: Path) => select(answer, path)?.value;
  const mores = paging?.by === 'cursor' && paging.more !== undefined ? [paging.more] : defaultMorePaths;
  const ownTotal = paging && 'total' in paging ? paging.total : undefined;
  const totals = ownTotal === undefined && !paging ? defaultTotalPaths : [ownTotal ?? []].flat();
  const total = Math.max(
    0,
    ...totals.map((path) => Number(told(path) ?? 0)).filter((one) => Number.isSafeInteger(one)),
    paging?.by === 'link' ? Number(headers['x-total'] ?? 0) || 0 : 0,
  );
  if (total > count) throw incomplete(`the API says that there are ${total} keys, and gave ${count}`);
  if (mores.some((path) => told(path) === true))
    throw incomplete(`the API gave ${count} keys and says that there are more, but not how to get them`);
}

function incomplete(message: string): KeysError {
  return new KeysError({
    code: 'list_incomplete',
    message: `${message}: the list would not be whole`,
    hints: [
      'check the paging in the provider file (docs/provider-reference.md)',
      'look at the traffic: --debug',
    ],
  });
}

function repeatedPage(): KeysError {
  return new KeysError({
    code: 'page_repeated',
    message: 'the server gave the same page twice: the list would not be whole',
    hints: ['look at the traffic: --debug'],
  });
}

function endless(pages: number): KeysError {
  return new KeysError({
    code: 'list_endless',
    message: `the list has not come to an end after ${pages} pages: it was given up`,
    hints: ['look at the traffic: --debug', 'allow more time with --timeout 2min'],
  });
}
