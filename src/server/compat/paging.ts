import * as v from 'valibot';

const wholeNumber = (most: number) =>
  v.pipe(
    v.string(),
    v.regex(/^[1-9]\d{0,8}$/, 'expected a whole number of at least 1'),
    v.transform(Number),
    v.maxValue(most, `expected at most ${most}`),
  );

/** Pages by number, from 1. */
export const paging = v.object({
  page: v.optional(wholeNumber(1_000_000), '1'),
  limit: v.optional(wholeNumber(200), '20'),
});
