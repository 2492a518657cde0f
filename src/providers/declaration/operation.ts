import * as v from 'valibot';
import type { Declared } from './field.ts';
import { count, headerName, headerValue, namesOf, optional, path, required, text } from './field.ts';
import { encodingStyles } from './styles.ts';
import { template } from './template.ts';

/* The shape of one call: its method, its templates, and what makes its answer a success. */

const scalar = v.union([v.string(), v.number(), v.boolean(), v.null()]);

export const condition = v.pipe(
  v.strictObject({
    at: required('Where the value is.', path),
    is: optional(
      'The value, or several of which one matches. Compared as strings, so `true` and `"true"` are the same. Default: anything but null, false, 0, and an empty string, list or object.',
      v.union([scalar, v.array(scalar)]),
    ),
  }),
  v.description('A test of one value in a response.'),
);
export type Condition = Declared<typeof condition>;

const apiPath = v.pipe(
  v.string(),
  v.regex(/^\/\S*$/, ({ input }) =>
    input.startsWith('/')
      ? 'has a space or a line break in it; remove it, or write a space as %20'
      : 'does not start with /; write a path below the base URL, such as /keys',
  ),
);

/** The name of the field that holds the path is the method of the call. */
const methodFields = {
  get: optional('Send a GET to this path below the base URL. May contain placeholders.', apiPath),
  post: optional('Send a POST to this path.', apiPath),
  put: optional('Send a PUT to this path.', apiPath),
  patch: optional('Send a PATCH to this path.', apiPath),
  delete: optional('Send a DELETE to this path.', apiPath),
};

export const operationFields = {
  ...methodFields,
  query: optional(
    'Query parameters. May contain placeholders; a parameter without a value is not sent.',
    v.record(text, text),
  ),
  headers: optional(
    'Headers of this call alone, besides those of every request. May contain placeholders; a header without a value is not sent.',
    v.record(headerName, headerValue),
  ),
  form: optional(
    'A body of the type `application/x-www-form-urlencoded`, in place of `body`. A field without a value is not sent; a list is a field for each item.',
    v.record(text, template),
  ),
  body: optional(
    'The JSON body. A string that is one placeholder takes the type of its value; a field without a value is not sent.',
    template,
  ),
  ok: optional(
    'What a 2xx response must contain to count as a success. Replaces the general `ok`.',
    condition,
  ),
  error: optional('What turns a 2xx response into a failure. Replaces the general `error`.', condition),
};

export const operation = v.strictObject(operationFields);
export type Operation = Declared<typeof operation>;

export const secretPath = v.pipe(
  v.union([
    path,
    v.strictObject({
      join: required(
        'Where the parts are, in order. If one of them is missing, there is no secret.',
        v.pipe(v.array(path), v.minLength(2, 'has fewer than two parts')),
      ),
      with: required('What stands between the parts, such as `:`.', v.string()),
    }),
  ]),
  v.description('Where a secret is: a path, or the paths of the parts that make it up.'),
);
export type SecretPath = Declared<typeof secretPath>;

const makes = v.strictObject({
  bytes: required(
    'How many random bytes.',
    v.pipe(count, v.minValue(16, 'is not at least 16'), v.maxValue(1024, 'is more than 1024')),
  ),
  as: required('How they are written.', v.picklist(namesOf(encodingStyles))),
});
export type Makes = Declared<typeof makes>;

export const issuing = v.strictObject({
  ...operationFields,
  key: optional(
    'Where the response has the new key. Leave it out if the response has no id; the key is then found by other means.',
    path,
  ),
  secret: optional(
    'Where the response has the secret. Leave it out only with `makes`, if the response does not repeat the secret.',
    secretPath,
  ),
  makes: optional(
    'The API takes a secret that the client makes: random bytes, which the body sends as `{newSecret}`.',
    makes,
  ),
  keepsId: optional(
    'With `rotate`: the key stays the same one and gets a new secret, so there is no old key to revoke. The response is not searched for a key.',
    v.literal(true),
  ),
  idempotency: optional(
    'The header that takes an idempotency key, such as `Idempotency-Key`. Declare it only if the API responds to a repeated call as to the first, secret included: a call whose reply was lost is then repeated.',
    headerName,
  ),
});
/** A call that returns a new secret. */
export type Issuing = Declared<typeof issuing>;
