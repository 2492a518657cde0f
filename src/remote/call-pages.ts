import { usageError } from '../base/errors.ts';
import type { HttpResponse } from '../http/response.ts';
import type { Path } from '../providers/declaration/field.ts';
import type { Operation } from '../providers/declaration/operation.ts';
import type { Paging } from '../providers/declaration/paging.ts';
import { placeholder } from '../providers/declaration/placeholder.ts';
import type { Provider } from '../providers/declaration/provider.ts';
import type { Api } from './api.ts';
import { pageUrl, urlBelow } from './api-url.ts';
import type { PageRequest } from './next-page.ts';
import { firstPage, nextLink } from './next-page.ts';
import type { LastPage } from './read-pages.ts';
import { defaultMaxListLength, readPages } from './read-pages.ts';
import { withXmlRead } from './read-xml.ts';
import { requireLastPage } from './require-complete.ts';
import { part, select } from './select.ts';

/** A list at a path that a user names. */
export interface CalledList {
  api: Api;
  provider: Provider;
  /** The base URL, which the path is below. */
  base: URL;
  path: string;
  timeLimitMs: number;
  /** Nothing says how the pages of this list are read, so it may have more than the first. */
  onUnknownEnd: () => Promise<void>;
}

/** Where a response has its items, and how the next page is read. */
interface Layout {
  itemsAt: Path;
  paging?: Paging | undefined;
}

/**
 * The items of a GET, page by page: as the declaration reads this path, else by the `Link` header or by what the response
 * has of the declared next page. A response without a list is one item. Throws `KeysError`: 2 for a query that sets what
 * paging sets, 7 for pages that repeat, that are elsewhere, or of which the last one says that there are more.
 */
export async function* callPages(call: CalledList): AsyncGenerator<unknown[]> {
  const { api, provider, base, path, timeLimitMs, onUnknownEnd } = call;
  const url = urlBelow(base, path);
  const declared = declaredList(provider, base, url);
  if (declared) requireFree(declared.paging, url);
  const read = async (page: PageRequest): Promise<HttpResponse> => {
    const response = await api.call('GET', pageAt(url, page));
    const failure = api.failureOf(response);
    if (failure) throw failure;
    return withXmlRead(response, provider.xml);
  };
  let first: HttpResponse | undefined = await read(firstPage(declared?.paging));
  const layout = declared ?? layoutOf(provider, first);
  let last: LastPage | undefined;
  let count = 0;
  const pages = readPages(layout.paging, layout.itemsAt, {
    async readPage(page) {
      const response = first ?? (await read(page));
      first = undefined;
      return layout.itemsAt === whole ? { ...response, json: () => asOneItem(response.json()) } : response;
    },
    onEnd(page) {
      last = page;
    },
    timeLimitMs,
    maxLength: defaultMaxListLength,
  });
  for await (const items of pages) {
    count += items.length;
    yield items.map(({ value }) => value);
  }
  if (last) requireLastPage(layout.paging, last, { count, noun: 'items' });
  if (!declared && !layout.paging) await onUnknownEnd();
}

/** The name under which a response without a list is the only item of one, beside what it says of further pages. */
const whole = ' whole response';

function asOneItem(body: unknown): object {
  const fields = typeof body === 'object' && !Array.isArray(body) ? body : {};
  return { ...fields, [whole]: [body] };
}

/** The paged list of the declaration at this path, if there is one. */
function declaredList({ list, logs, usage }: Provider, base: URL, url: URL): Layout | undefined {
  const place = url.pathname.slice(base.pathname.replace(/\/$/, '').length);
  const operation = [list, logs, usage].find((one) => one && isAt(one, place));
  return operation && { itemsAt: operation.items, paging: operation.paging };
}

function isAt({ get }: Operation, place: string): boolean {
  if (get === undefined) return false;
  const literals = `/${get.replace(/^\//, '')}`.replace(placeholder, '\n').split('\n');
  const pattern = literals.map((text) => text.replaceAll(/[^\w/-]/g, '\\$&')).join('[^/]+');
  return new RegExp(`^${pattern}$`).test(place);
}

/** The parameters that lead from page to page are ours. The number of items is too, where it tells the last page. */
function requireFree(paging: Paging | undefined, url: URL): void {
  if (!paging || paging.by === 'link' || paging.by === 'url') return;
  const names = {
    offset: () => ('offset' in paging ? [paging.offset, paging.limit] : []),
    page: () => ('page' in paging ? [paging.page, paging.limit] : []),
    cursor: () => ('cursor' in paging ? [paging.cursor] : []),
  }[paging.by]();
  const taken = names.filter((name) => name !== undefined && url.searchParams.has(name));
  if (taken.length > 0)
    throw usageError(`--paginate sets the parameter ${taken.join(' and ')} itself; leave it out of the path`);
}

/** How a list that is not declared is read: by nothing but what the server says of the next page. */
function layoutOf({ list }: Provider, response: HttpResponse): Layout {
  const answer = part(response.json());
  const isListAt = (path: Path) => Array.isArray(select(answer, path)?.value);
  const itemsAt = isListAt('') ? '' : isListAt(list.items) ? list.items : whole;
  if (nextLink(response.headers) !== undefined) return { itemsAt, paging: { by: 'link' } };
  const { paging } = list;
  const isTold = paging?.by === 'url' || (paging?.by === 'cursor' && paging.in === undefined);
  if (itemsAt === whole || !paging || !isTold) return { itemsAt };
  const isThere = 'next' in paging && select(answer, paging.next) !== undefined;
  const { limit: _, ...others } = { limit: undefined, ...paging };
  return isThere || 'last' in paging ? { itemsAt, paging: others as Paging } : { itemsAt };
}

/** A parameter that the user has set stays as it is. */
function pageAt(url: URL, { url: address, parameters }: PageRequest): URL {
  const page = address === undefined ? new URL(url) : pageUrl(url, address);
  for (const [name, value] of Object.entries(parameters))
    if (!url.searchParams.has(name)) page.searchParams.set(name, String(value));
  return page;
}
