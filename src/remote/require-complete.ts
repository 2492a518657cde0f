import { KeysError } from '../base/errors.ts';
import type { Paging } from '../providers/declaration/paging.ts';
import type { LastPage } from './read-pages.ts';
import { select } from './select.ts';

/** Where most APIs give the total number of items. */
const defaultTotalPaths = [
  'total',
  'total_count',
  'totalCount',
  'meta.total',
  'meta.total_count',
  'pagination.total',
  'page_info.total',
  'result_info.total_count',
];

/** Where most APIs say whether there are more pages. */
const defaultMorePaths = [
  'has_more',
  'hasMore',
  'meta.has_more',
  'meta.hasMore',
  'pagination.has_more',
  'pagination.hasMore',
  'pageInfo.hasNextPage',
  'page_info.has_next_page',
];

/**
 * Throws `KeysError` (7, `list_incomplete`) if the last page says that there are more items than the `count` that were
 * read: by the `total` and `more` of the declaration, else by the fields that most APIs use.
 */
export function requireComplete(paging: Paging | undefined, last: LastPage, count: number): void {
  const total = totalOf(paging, last);
  if (total > count) throw incomplete(`the API reports ${total} keys but returned ${count}`);
  const declaredMore = paging?.by === 'cursor' ? paging.more : undefined;
  const morePaths = declaredMore === undefined ? defaultMorePaths : [declaredMore];
  if (morePaths.some((path) => select(last.answer, path)?.value === true))
    throw incomplete(`the API returned ${count} keys and says that there are more, but not how to get them`);
}

function totalOf(paging: Paging | undefined, { answer, headers }: LastPage): number {
  const declaredPath = paging && 'total' in paging ? paging.total : undefined;
  const paths = declaredPath === undefined && !paging ? defaultTotalPaths : [declaredPath ?? []].flat();
  const totals = paths
    .map((path) => Number(select(answer, path)?.value ?? 0))
    .filter((total) => Number.isSafeInteger(total));
  const inHeader = paging?.by === 'link' ? Number(headers['x-total'] ?? 0) || 0 : 0;
  return Math.max(0, ...totals, inHeader);
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
