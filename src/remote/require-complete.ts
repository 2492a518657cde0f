import { KeysError } from '../base/errors.ts';
import type { Paging } from '../providers/declaration/paging.ts';
import { isTrue, nextLink } from './next-page.ts';
import type { LastPage } from './read-pages.ts';
import type { Part } from './select.ts';
import { select } from './select.ts';

/* Field names are compared in lower case, without `_` and `-`. */

/** How most APIs call the total number of items. */
const totalNames = /^(?:total|count|total(?:count|items|results|records|entries|elements|keys|size))$/;
const totalHeaders = ['x-total', 'x-total-count', 'total-count'];

/** How most APIs call the number of pages. */
const pageCountNames = /^(?:totalpages|pagecount|pagestotal|numpages|pages|lastpage)$/;
const pageCountHeader = 'x-total-pages';

/** How most APIs say that there are more pages. */
const moreNames = /^(?:more|hasmore|hasnext|hasnextpage|truncated|istruncated|partial|incompleteresults)$/;

/** How most APIs call the next page, its URL or its cursor. */
const nextNames = /^(?:next|next(?:page|pagetoken|cursor|token|url|link|uri|marker|href)|continuationtoken)$/;
const nextPageHeader = 'x-next-page';

/** What most APIs put around these fields. */
const containers =
  /^_?(?:meta|metadata|responsemetadata|paging|pagination|paginginfo|paginationinfo|page|pageinfo|pagemeta|resultinfo|links|cursors?)$/;

/**
 * Throws `KeysError` (7, `list_incomplete`) if the last page says that there are more items than the `count` that were
 * read: by the `total` and `more` of the declaration, else by the fields and headers that most APIs use.
 */
export function requireComplete(paging: Paging | undefined, last: LastPage, count: number): void {
  const fields = [...fieldsIn(last.answer.value)];
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
  fields: readonly Field[] = [...fieldsIn(last.answer.value)],
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
    largest([...valuesOf(fields, totalNames), ...totalHeaders.map((name) => last.headers[name])])
  );
}

function declaredTotal(paging: Paging | undefined, { answer }: LastPage): number | undefined {
  const path = paging && 'total' in paging ? paging.total : undefined;
  return path === undefined ? undefined : largest([select(answer, path)?.value]);
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
  const declaredMore = paging?.by === 'cursor' ? paging.more : undefined;
  if (declaredMore !== undefined) return isTrue(select(answer, declaredMore)?.value);
  if (valuesOf(fields, moreNames).some(isTrue)) return true;
  // These lists end where the declaration says that they do.
  if (paging && ['cursor', 'url', 'link'].includes(paging.by)) return false;
  const isThere = (value: unknown) => ![undefined, null, false, '', 0].includes(value as null);
  const nextFields = valuesOf(fields, nextNames).map(addressIn);
  return [...nextFields, nextLink(headers), headers[nextPageHeader]].some(isThere);
}

type Field = readonly [name: string, value: unknown];

/** The fields of a body that may describe the list: those beside it, and in the containers that most APIs use. */
function* fieldsIn(body: unknown, depth = 2): Generator<Field> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return;
  for (const [name, value] of Object.entries(body)) {
    const plainName = name.toLowerCase().replace(/[_-]/g, '');
    yield [plainName, value];
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
