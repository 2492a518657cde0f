import * as v from 'valibot';
import type { Declared } from './field.ts';
import { optional, path, required, text, word } from './field.ts';

/* What is read before other calls, because they need it. */

export const step = v.strictObject({
  get: required(
    'Send a GET to this path below the base URL. It must change nothing, since it may be repeated.',
    v.pipe(v.string(), v.startsWith('/', 'does not start with /')),
  ),
  query: optional('Query parameters. May contain placeholders.', v.record(text, text)),
  items: optional(
    'Where the response has a list, of which exactly one item is used. Default: the whole response is used.',
    path,
  ),
  where: optional(
    'With `items`: paths in the item, and what must be there. May contain placeholders.',
    v.record(text, text),
  ),
  take: required(
    'Names for values of the response or of the item, and where they are. `{step.NAME}` can then be used in any call. A value that is missing is an error.',
    v.record(word, path),
  ),
});
/** A read whose answer has what other calls need. */
export type Step = Declared<typeof step>;
