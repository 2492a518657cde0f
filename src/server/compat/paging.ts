import * as v from 'valibot';

const wholeNumber = (max: number) =>
  v.pipe(
    v.string(),
    v.regex(/^[1-9]\d{0,8}$/, 'expected a whole number of at least 1'),
    v.transform(Number),
    v.maxValue(max, `expected at most ${max}`),
  );

/** Pages by number, from 1. */
export const paging = v.object({
  page: v.optional(wholeNumber(1_000_000), '1'),
  limit: v.optional(wholeNumber(200), '20'),
});
