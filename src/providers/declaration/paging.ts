import * as v from 'valibot';
import type { Declared } from './field.ts';
import { count, optional, path, required, text, word } from './field.ts';

/* How a list is read page by page. */

/** No API returns more at once; a larger number is a slip. */
const maxPageSize = 10_000;

const pageSize = v.pipe(
  count,
  v.minValue(1, 'is not at least 1; write a number such as 100'),
  v.maxValue(maxPageSize, `is more than ${maxPageSize}`),
);
const size = required('Items per page.', pageSize);
const limit = 'The parameter for the number of items per page.';
const place = optional(
  'Send the parameters as fields of the body, with dots between the names of nested ones. Default: in the query.',
  v.literal('body'),
);
const total = optional('Where the response has the total number of items.', path);

const cursorFields = {
  by: v.literal('cursor'),
  in: place,
  cursor: required('The parameter for the cursor.', text),
  limit: optional(limit, text),
  size,
  total,
};

export const paging = v.pipe(
  v.variant('by', [
    v.strictObject({
      by: v.literal('offset'),
      in: place,
      offset: required('The parameter for the number of items to skip.', text),
      limit: optional(limit, text),
      size,
      total,
    }),
    v.strictObject({
      by: v.literal('page'),
      in: place,
      page: required('The parameter for the page number.', text),
      limit: optional(limit, text),
      size,
      total,
      first: optional(
        'The number of the first page. Default: 1.',
        v.pipe(count, v.minValue(0, 'is not at least 0')),
      ),
    }),
    v.strictObject({
      by: v.literal('link'),
      limit: optional(limit, text),
      size: optional('Items per page. Required with `limit`.', pageSize),
      more: optional(
        'The parameter of the link that says whether there are more pages, such as `results`. Anything but true ends the list; a link without the parameter is followed. Default: a link to the next page says so.',
        word,
      ),
    }),
    v.strictObject({
      by: v.literal('url'),
      next: required('Where the response has the URL of the next page. An empty one ends the list.', path),
    }),
    v.strictObject({
      ...cursorFields,
      next: required('Where the response has the next cursor. An empty one ends the list.', path),
      more: optional(
        'Where the response says whether there are more pages. Anything but true ends the list; without the field, the cursor decides.',
        path,
      ),
    }),
    v.strictObject({
      ...cursorFields,
      last: required('The field of the last item that is the next cursor.', path),
      more: required(
        'Where the response says whether there are more pages. Anything but true ends the list; without the field, the cursor decides.',
        path,
      ),
    }),
  ]),
  v.description(
    'How to get from one page to the next: by `offset`, by `page` number, by the `link` header (RFC 8288), by the `url` of the next page, or by a `cursor`.',
  ),
);
export type Paging = Declared<typeof paging>;
