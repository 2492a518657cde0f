import { KeysError } from '../errors.ts';
import type { HttpResponse } from '../http/client.ts';
import type { Paging, Path } from './provider.ts';
import type { Part } from './select.ts';
import { elements, number, optional, part, select, text, wrongShape } from './select.ts';

/** One page of a list: query parameters to add, or the URL that an earlier page gave. */
export interface PageRequest {
  query: Readonly<Record<string, string>>;
  url?: string;
}

/**
 * All items of a list, page by page as they are read. A server that gives the page before once more is found out:
 * where it had given everything at once it only ignores paging; otherwise it is an error, for a list with holes must
 * not pass for a whole one.
 */
export async function* readPages(
  paging: Paging | undefined,
  itemsAt: Path,
  read: (page: PageRequest) => Promise<HttpResponse>,
): AsyncGenerator<Part> {
  let request: PageRequest | undefined = { query: firstQuery(paging) };
  let seen = 0;
  let before = '';
  const asked = new Set<string>();
  while (request) {
    const question = JSON.stringify(request);
    if (asked.has(question)) throw repeatedPage();
    asked.add(question);
    const response: HttpResponse = await read(request);
    const answer = part(response.json());
    const items = itemsOf(answer, itemsAt);
    const content = JSON.stringify(items.map(({ value }) => value));
    if (items.length > 0 && content === before) {
      if (ignoresPaging(paging, items.length, seen)) return;
      throw repeatedPage();
    }
    before = content;
    yield* items;
    seen += items.length;
    request = paging && nextPage(paging, { answer, response, count: items.length, seen, request });
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
  return paging.by === 'page' ? { ...limit, [paging.page]: '1' } : limit;
}

interface PageState {
  answer: Part;
  response: HttpResponse;
  /** Items on this page, and so far in all. */
  count: number;
  seen: number;
  request: PageRequest;
}

function nextPage(
  paging: Paging,
  { answer, response, count, seen, request }: PageState,
): PageRequest | undefined {
  switch (paging.by) {
    case 'offset':
      if (isComplete(paging, answer, count, seen)) return undefined;
      return { query: { ...request.query, [paging.offset]: String(seen) } };
    case 'page': {
      if (isComplete(paging, answer, count, seen)) return undefined;
      return { query: { ...request.query, [paging.page]: String(Number(request.query[paging.page]) + 1) } };
    }
    case 'link':
      return follow(/<([^>]+)>\s*;[^,]*\brel="?next"?/.exec(response.headers.link ?? '')?.[1]);
    case 'url': {
      const next = select(answer, paging.next)?.value;
      return follow(typeof next === 'string' ? next : undefined);
    }
    case 'cursor': {
      const next = optional(answer, paging.next, text);
      return next ? { query: { ...request.query, [paging.cursor]: next } } : undefined;
    }
  }
}

function follow(url: string | undefined): PageRequest | undefined {
  return url ? { query: {}, url } : undefined;
}

function isComplete(
  { size, total }: { size: number; total?: Path },
  answer: Part,
  count: number,
  seen: number,
): boolean {
  const all = total === undefined ? undefined : select(answer, total);
  return count === 0 || (all ? seen >= number(all) : count < size);
}

/** A server that knows no pages answers with more than was asked for, and with the same again. */
function ignoresPaging(paging: Paging | undefined, count: number, seen: number): boolean {
  return paging !== undefined && 'size' in paging && count === seen && count > paging.size;
}

function repeatedPage(): KeysError {
  return new KeysError({
    exit: 'network',
    code: 'page_repeated',
    message: 'the server gave the same page twice: the list would not be whole',
    hints: ['look at the traffic: --debug'],
  });
}
