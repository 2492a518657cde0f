import type { HttpResponse } from '../http/response.ts';
import type { Path } from '../providers/declaration/field.ts';
import type { Paging } from '../providers/declaration/paging.ts';
import { linksIn } from './links-in.ts';
import type { Part } from './select.ts';
import { number, optional, select, text, wrongShape } from './select.ts';

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
  const limit =
    paging.limit === undefined || paging.size === undefined ? {} : { [paging.limit]: paging.size };
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
      return pageAt(nextLink(page.response.headers, paging.more));
    case 'url':
      return pageAt(urlIn(page.answer, paging.next));
    case 'cursor': {
      const cursor = nextCursor(paging, page);
      return cursor ? pageWith(paging.cursor, cursor) : undefined;
    }
  }
}

/**
 * The next page by a `Link` header (RFC 8288); a link may have several relations. Some APIs always link to it, and say in
 * the parameter `more` of the link whether it has items: a link without that parameter is followed.
 */
export function nextLink({ link = '' }: HttpResponse['headers'], more?: string): string | undefined {
  const next = linksIn(link).find(({ relations }) => relations.includes('next'));
  const isMore = more === undefined ? undefined : next?.parameters.get(more.toLowerCase());
  return isMore === undefined || isTrue(isMore) ? next?.url : undefined;
}

/** A value that is neither a URL nor empty leaves open whether the list has ended. */
function urlIn(answer: Part, path: Path): string | undefined {
  const next = select(answer, path);
  if (!next || next.value === null || next.value === false) return undefined;
  if (typeof next.value !== 'string') throw wrongShape(next, 'a URL');
  return next.value;
}

function pageAt(url: string | undefined): PageRequest | undefined {
  return url ? { parameters: {}, url } : undefined;
}

/** Some APIs write `"true"` or 1. */
export function isTrue(value: unknown): boolean {
  return value === true || value === 1 || (typeof value === 'string' && /^(?:true|yes|1)$/i.test(value));
}

/** After a full page there may be more, whatever the total says: some APIs count only what they have read. */
function isPastLastOffset(paging: Paging & { by: 'offset' }, page: ReadPage): boolean {
  return page.items.length < paging.size ? isLast(paging, page) : page.items.length === 0;
}

function isLast(paging: { size: number; total?: Path }, { answer, items, itemCount }: ReadPage): boolean {
  const total = paging.total === undefined ? undefined : select(answer, paging.total);
  const isTold = total !== undefined && total.value !== null;
  return items.length === 0 || (isTold ? itemCount >= number(total) : items.length < paging.size);
}

function nextCursor(
  paging: Paging & { by: 'cursor' },
  { answer, items }: ReadPage,
): string | null | undefined {
  const more = paging.more === undefined ? undefined : select(answer, paging.more)?.value;
  // Without it, the list continues as long as there is a cursor.
  if (more !== undefined && !isTrue(more)) return undefined;
  if (!('last' in paging)) {
    return select(answer, paging.next)?.value === false ? undefined : optional(answer, paging.next, text);
  }
  const lastItem = items.at(-1);
  return lastItem && optional(lastItem, paging.last, text);
}
