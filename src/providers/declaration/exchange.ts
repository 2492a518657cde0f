import * as v from 'valibot';
import type { Declared } from './field.ts';
import { headerName, headerValue, optional, path, required, text } from './field.ts';
import { operationFields } from './operation.ts';

/* How an API exchanges the session token for an access token: OAuth client credentials, RFC 6749 section 4.4. */

const { form, body } = operationFields;

export const exchange = v.strictObject({
  post: required(
    'The token endpoint: a path below the base URL, or an https URL. The headers of every request are not sent there.',
    v.pipe(
      v.string(),
      v.regex(
        /^(?:\/|https:\/\/[^/{}?#@]+(?:\/[^{}?#]*)?$)/,
        'is neither a path nor an https URL without placeholders',
      ),
    ),
  ),
  headers: optional(
    'Headers of this call. May contain placeholders; a header without a value is not sent.',
    v.record(headerName, headerValue),
  ),
  form,
  body,
  basic: optional(
    'The user name of HTTP Basic authentication, such as `{option.clientId}`. The session token is the password.',
    text,
  ),
  token: required('Where the response has the access token.', path),
  expiresIn: optional(
    'Where the response has the lifetime of the access token, in seconds. Default: it is used until the API refuses it.',
    path,
  ),
});
export type Exchange = Declared<typeof exchange>;
