import type { HttpResponse } from '../http/response.ts';
import type { Path } from '../providers/declaration/field.ts';
import type { Paging } from '../providers/declaration/paging.ts';
import type { Part } from './select.ts';
import { number, optional, select, text } from './select.ts';

/** One page of a list: query parameters to add, or the URL that an earlier page gave. */
export interface PageRequest {
  query: Readonly<Record<string, string>>;
  url?: string;
}

/** A page that was read. */
export interface ReadPage {
  request: PageRequest;
  response: HttpResponse;
  /** The body. */
  answer: Part;
  items: readonly Part[];
  /** Items so far, these included. */
  itemCount: number;
}

export function firstPage(paging: Paging | undefined): PageRequest {
  if (!paging || paging.by === 'url') return { query: {} };
  const limit = paging.limit === undefined ? {} : { [paging.limit]: String(paging.size) };
  return { query: paging.by === 'page' ? { ...limit, [paging.page]: String(paging.first ?? 1) } : limit };
}

/** The request for the page after this one; undefined at the end of the list. */
export function nextPage(paging: Paging, page: ReadPage): PageRequest | undefined {
  const { query } = page.request;
  switch (paging.by) {
    case 'offset':
      return isPastLastOffset(paging, page)
        ? undefined
        : { query: { ...query, [paging.offset]: String(page.itemCount) } };
    case 'page':
      return isLast(paging, page)
        ? undefined
        : { query: { ...query, [paging.page]: String(Number(query[paging.page]) + 1) } };
    case 'link':
      return pageAt(/<([^>]+)>\s*;[^,]*\brel="?next"?/.exec(page.response.headers.link ?? '')?.[1]);
    case 'url':
      return pageAt(select(page.answer, paging.next)?.value);
    case 'cursor': {
      const cursor = nextCursor(paging, page);
      return cursor ? { query: { ...query, [paging.cursor]: cursor } } : undefined;
    }
  }
}

function pageAt(url: unknown): PageRequest | undefined {
  return typeof url === 'string' && url !== '' ? { query: {}, url } : undefined;
}

/** After a full page there may be more, whatever the total says: some APIs count only what they have read. */
function isPastLastOffset(paging: Paging & { by: 'offset' }, page: ReadPage): boolean {
  return page.items.length < paging.size ? isLast(paging, page) : page.items.length === 0;
}

function isLast(paging: { size: number; total?: Path }, { answer, items, itemCount }: ReadPage): boolean {
  const total = paging.total === undefined ? undefined : select(answer, paging.total);
  return items.length === 0 || (total ? itemCount >= number(total) : items.length < paging.size);
}

function nextCursor(
  paging: Paging & { by: 'cursor' },
  { answer, items }: ReadPage,
): string | null | undefined {
  if (paging.more !== undefined && select(answer, paging.more)?.value !== true) return undefined;
  if (!('last' in paging)) return optional(answer, paging.next, text);
  const lastItem = items.at(-1);
  return lastItem && optional(lastItem, paging.last, text);
}
