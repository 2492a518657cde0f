import * as v from 'valibot';
import { parseValueFormat } from '../../keys/value-format.ts';
import { optional, text } from './field.ts';
import type { SchemaIssue } from './schema-issue.ts';

/** What the values of keys look like. */
export const valueFormats = optional(
  'What the values of keys look like, for `keys leaks`: text, and in braces how many characters of which alphabet follow, such as `sk-or-v1-{hex:64}` or `npm_{base62:36-40}`. The alphabets are `digits`, `hex`, `lower` (a-z, 0-9), `upper` (A-Z, 0-9), `base62` (letters and digits) and `base64url` (those, `-` and `_`). Default: not known; values are recognised by what the API shows of them.',
  v.array(text),
);

/** Formats that cannot be read, and those that would match ordinary text. */
export function valueFormatIssues({ values = [] }: { values?: readonly string[] }): SchemaIssue[] {
  return values.flatMap((format, index) => {
    try {
      parseValueFormat(format);
      return [];
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return [{ path: `values.${index}`, message: `'${format}' ${message}` }];
    }
  });
}
