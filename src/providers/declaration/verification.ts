import * as v from 'valibot';
import { reasons } from '../../keys/ports.ts';
import type { Declared } from './field.ts';
import { headerName, optional, path, required, text } from './field.ts';
import { operationFields } from './operation.ts';

/* How a key is tried out: a harmless call, made with the key in place of the session token. */

export const auth = v.strictObject({
  header: required('The header that carries the token.', headerName),
  scheme: optional('The word before the token, such as `Bearer`.', text),
});

const verdict = v.strictObject({
  at: required('Where the word is.', path),
  words: required(
    'What each word means. An unknown word means invalid.',
    v.record(v.string(), v.picklist(reasons)),
  ),
});

export const verification = v.strictObject({
  ...operationFields,
  models: optional(
    'Where the response lists the models that the key may call; null there means all. A success must contain it.',
    path,
  ),
  id: optional(
    'Where the response has the id of the key. A success must contain it. `keys` then recognises its own session token among the keys, and does not revoke it.',
    path,
  ),
  requires: optional(
    'What only the response to a working key contains, such as a user name. Without `requires`, `id` and `models`, any response with content counts as a success.',
    path,
  ),
  verdict: optional('A word in a 2xx response that says what the key is.', verdict),
  auth: optional('How the key is sent, if differently from the session token.', auth),
  reading: optional(
    'What an HTTP status means. Default: 401 invalid, 402 budget, 403 forbidden, 429 rate-limited.',
    v.record(
      v.pipe(v.string(), v.regex(/^[1-5]\d\d$/, 'is not an HTTP status; write one such as 403')),
      v.picklist(reasons),
    ),
  ),
});
export type Verification = Declared<typeof verification>;
