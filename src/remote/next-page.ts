import type { HttpResponse } from '../http/response.ts';
import type { Path } from '../providers/declaration/field.ts';
import type { Paging } from '../providers/declaration/paging.ts';
import type { Part } from './select.ts';
import { number, optional, select, text } from './select.ts';

/** One page of a list: parameters to add to the query or to the body, or the URL that an earlier page gave. */
export interface PageRequest {
  parameters: Readonly<Record<string, string | number>>;
  /** Default: in the query. */
  in?: 'body';
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
  if (!paging || paging.by === 'url') return { parameters: {} };
  const limit = paging.limit === undefined ? {} : { [paging.limit]: paging.size };
  const place = 'in' in paging ? { in: paging.in } : {};
  return {
    ...place,
    parameters: paging.by === 'page' ? { ...limit, [paging.page]: paging.first ?? 1 } : limit,
  };
}

/** The request for the page after this one; undefined at the end of the list. */
export function nextPage(paging: Paging, page: ReadPage): PageRequest | undefined {
  const pageWith = (name: string, value: string | number): PageRequest => ({
    ...page.request,
    parameters: { ...page.request.parameters, [name]: value },
  });
  switch (paging.by) {
    case 'offset':
      return isPastLastOffset(paging, page) ? undefined : pageWith(paging.offset, page.itemCount);
    case 'page':
      return isLast(paging, page)
        ? undefined
        : pageWith(paging.page, Number(page.request.parameters[paging.page]) + 1);
    case 'link':
      return pageAt(/<([^>]+)>\s*;[^,]*\brel="?next"?/.exec(page.response.headers.link ?? '')?.[1]);
    case 'url':
      return pageAt(select(page.answer, paging.next)?.value);
    case 'cursor': {
      const cursor = nextCursor(paging, page);
      return cursor ? pageWith(paging.cursor, cursor) : undefined;
    }
  }
}

function pageAt(url: unknown): PageRequest | undefined {
  return typeof url === 'string' && url !== '' ? { parameters: {}, url } : undefined;
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
