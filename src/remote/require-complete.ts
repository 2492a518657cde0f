import { KeysError } from '../base/errors.ts';
import type { HttpResponse } from '../http/response.ts';
import type { Paging } from '../providers/declaration/paging.ts';
import { isTrue, nextLink } from './next-page.ts';
import type { LastPage } from './read-pages.ts';
import type { Part } from './select.ts';
import { select } from './select.ts';

/* Field names are compared in lower case, by their letters alone. */

/** How most APIs call the total number of items. */
const totalNames =
  /^(?:total|count|(?:odata)?total(?:count|items|results|records|entries|elements|keys|size)|odatacount)$/;
const totalHeaders = ['x-total', 'x-total-count', 'total-count', 'x-pagination-total-count'];
/** RFC 9110 section 14.4: `items 0-1/5`. */
const rangeHeader = 'content-range';

/** How most APIs call the number of pages. */
const pageCountNames = /^(?:totalpages|pagecount|pagestotal|numpages|pages|lastpage)$/;
const pageCountHeader = 'x-total-pages';

/** How most APIs say that there are more pages. */
const moreNames =
  /^(?:(?:has)?more(?:available|items|results|records|entries|pages|data|keys|toread)?|hasnext(?:page)?|(?:is)?truncated|(?:is)?partial|timedout|incomplete(?:results)?)$/;

/** Where Google's APIs name the places that could not be asked. */
const unreachableName = 'unreachable';

/** How most APIs say that there are none. */
const endNames =
  /^(?:(?:is)?last(?:page)?|(?:is)?(?:complete|final|finished)|eof|end(?:of)?list|endofresults)$/;

/** How most APIs call the next page, its URL or its cursor. */
const nextNames =
  /^(?:odata)?(?:next(?:(?:page|records|results)?(?:token|cursor|key|url|link|uri|path|marker|href|number)?)|continuationtoken)$/;
const nextPageHeader = 'x-next-page';

/** What most APIs put around these fields. */
const containers =
  /^_?(?:meta|metadata|responsemetadata|paging|pagination|paginginfo|paginationinfo|page|pageinfo|pagemeta|resultinfo|links|cursors?)$/;

/**
 * Throws `KeysError` (7, `list_incomplete`) if the last page says that there are more items than the `count` that were
 * read: by the `total` and `more` of the declaration, else by the fields and headers that most APIs use.
 */
export function requireComplete(paging: Paging | undefined, last: LastPage, count: number): void {
  const fields = [...fieldsAbout(last)];
  const total = totalOf(paging, last, fields);
  if (total > count) throw incomplete(`the API reports ${total} keys but returned ${count}`);
  requireLastPage(paging, last, { count, noun: 'keys' }, fields);
}

/**
 * Throws `KeysError` (7, `list_incomplete`) if the last page says that there are more: for lists of anything but keys,
 * where a field called `total` may count something else, unless the declaration names it.
 */
export function requireLastPage(
  paging: Paging | undefined,
  last: LastPage,
  { count, noun }: { count: number; noun: string },
  fields: readonly Field[] = [...fieldsAbout(last)],
): void {
  const total = declaredTotal(paging, last) ?? 0;
  if (total > count) throw incomplete(`the API reports ${total} ${noun} but returned ${count}`);
  const pageCount = pageCountOf(paging, last, fields);
  if (pageCount > last.pageCount)
    throw incomplete(`the API reports ${pageCount} pages but returned ${last.pageCount}`);
  if (hasMore(paging, last, fields))
    throw incomplete(
      `the API returned ${count} ${noun} and says that there are more, but not how to get them`,
    );
}

function totalOf(paging: Paging | undefined, last: LastPage, fields: readonly Field[]): number {
  return (
    declaredTotal(paging, last) ??
    largest([
      ...valuesOf(fields, totalNames),
      ...totalHeaders.map((name) => last.headers[name]),
      /\/(\d+)$/.exec(last.headers[rangeHeader] ?? '')?.[1],
    ])
  );
}

function declaredTotal(paging: Paging | undefined, { answer }: LastPage): number | undefined {
  const path = paging && 'total' in paging ? paging.total : undefined;
  const { value } = (path !== undefined && select(answer, path)) || {};
  return value === undefined || value === null ? undefined : largest([value]);
}

/** Where pages are not read by number, each of them is as long as the server likes. */
function pageCountOf(paging: Paging | undefined, { headers }: LastPage, fields: readonly Field[]): number {
  if (paging && paging.by !== 'page') return 0;
  return largest([...valuesOf(fields, pageCountNames), headers[pageCountHeader]]);
}

function hasMore(
  paging: Paging | undefined,
  { answer, headers }: LastPage,
  fields: readonly Field[],
): boolean {
  const declaredMore =
    paging?.by === 'cursor' && paging.more ? select(answer, paging.more)?.value : undefined;
  if (declaredMore !== undefined) return isTrue(declaredMore);
  if (valuesOf(fields, moreNames).some(isTrue) || valuesOf(fields, endNames).includes(false)) return true;
  if (fields.some(([name, places]) => name === unreachableName && Array.isArray(places) && places.length > 0))
    return true;
  // These lists end where the declaration says that they do, if the response has what it says.
  if (paging && saysNext(paging, answer, headers)) return false;
  const isThere = (value: unknown) => ![undefined, null, false, '', 0].includes(value as null);
  const nextFields = valuesOf(fields, nextNames).map(addressIn);
  return [...nextFields, nextLink(headers), headers[nextPageHeader]].some(isThere);
}

/** Whether the response has the field or the header, empty or not, that leads to the next page. */
function saysNext(paging: Paging, answer: Part, headers: HttpResponse['headers']): boolean {
  if (paging.by === 'link') return headers.link !== undefined;
  if (paging.by !== 'cursor' && paging.by !== 'url') return false;
  return 'last' in paging || select(answer, paging.next) !== undefined;
}

type Field = readonly [name: string, value: unknown];

/** The fields that may describe the list: at the top of the body, and beside the items. */
function* fieldsAbout({ answer, itemsAt }: LastPage): Generator<Field> {
  yield* fieldsIn(answer.value);
  for (const path of [itemsAt].flat()) {
    const parent = path.split('.').slice(0, -1).join('.');
    if (parent !== '') yield* fieldsIn(select(answer, parent)?.value);
  }
}

/** The fields of a body that may describe the list: those beside it, and in the containers that most APIs use. */
function* fieldsIn(body: unknown, depth = 2): Generator<Field> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return;
  for (const [name, value] of Object.entries(body)) {
    const plainName = name.toLowerCase().replace(/[^a-z]/g, '');
    // Of these fields, only the unreachable places are an array. To prepare the patterns for the items would be in vain.
    if (!Array.isArray(value) || plainName === unreachableName) yield [plainName, value];
    if (depth > 0 && containers.test(plainName)) yield* fieldsIn(value, depth - 1);
  }
}

function valuesOf(fields: readonly Field[], names: RegExp): unknown[] {
  return fields.filter(([name]) => names.test(name)).map(([, value]) => value);
}

/** `{"href": "/keys?page=2"}` is a link; any other object is not one. */
function addressIn(next: unknown): Part['value'] {
  if (typeof next !== 'object' || next === null) return next;
  return 'href' in next ? next.href : undefined;
}

/** The largest whole number among values that may be anything, or numbers in texts. */
function largest(values: readonly unknown[]): number {
  const numbers = values
    .filter((value) => typeof value === 'number' || typeof value === 'string')
    .map(Number)
    .filter(Number.isSafeInteger);
  return Math.max(0, ...numbers);
}

function incomplete(message: string): KeysError {
  return new KeysError({
    code: 'list_incomplete',
    message: `${message}, so the list would be incomplete`,
    hints: [
      'check the paging in the provider file (docs/reference/providers.md)',
      'look at the traffic: --debug',
    ],
  });
}
