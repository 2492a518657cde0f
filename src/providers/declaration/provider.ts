import * as v from 'valibot';
import { capabilities } from './capabilities.ts';
import { exchange } from './exchange.ts';
import type { Declared } from './field.ts';
import { headerName, headerValue, optional, path, required, text, word } from './field.ts';
import { keyFields } from './key-fields.ts';
import { condition, issuing, operation, operationFields, secretPath } from './operation.ts';
import { pages, urlEnding } from './pages.ts';
import { paging } from './paging.ts';
import { signing } from './signing.ts';
import { step } from './step.ts';
import { logCall, usageCall } from './use-fields.ts';
import { valueFormats } from './value-formats.ts';
import { auth, verification } from './verification.ts';
import { whoamiCalls } from './whoami.ts';

/*
 * The shape of a provider: how one key-management API is declared. The TypeScript types, the JSON Schema, the reference
 * page and the check of a user's own file all come from it. Built-in declarations are checked by the compiler alone, so
 * modules that use them import types from here, never values: valibot is then not loaded.
 */

const list = v.strictObject({
  ...operationFields,
  items: required('Where the response has the keys.', path),
  whole: optional(
    'Each item is the whole key, as `show` returns it but for its usage, by the documentation of the API. A change of a key that was just listed then does not read it again, nor does a rotation of many keys that the API lists in one response.',
    v.literal(true),
  ),
  omitted: optional(
    'The API leaves `items` out if there are none, as Protocol Buffers do. A response that is an empty object is then an empty list.',
    v.literal(true),
  ),
  single: optional('There is one key at `items`, or null, in place of a list.', v.literal(true)),
  paging: optional('How to read further pages. Default: the first response is complete.', paging),
  order: optional(
    'The API returns the newest key first, by the time of its creation, and says so in its documentation or is told so by this call. `keys list` then prints keys as their pages arrive, and reads no more pages than `--limit` needs. Default: the order is not known, and the whole list is read.',
    v.literal('newest'),
  ),
});

const show = v.strictObject({
  ...operationFields,
  key: optional(
    'Where the response has the key. In a list of keys, it is the one with the id. Default: the whole response.',
    path,
  ),
  secret: optional(
    'With `makes`: where the response has the secret of the key. After a lost reply, `keys` compares it with the secret that was sent.',
    secretPath,
  ),
});

const rotation = v.strictObject({
  ...issuing.entries,
  expiry: optional(
    'The API gives the new secret a default expiry unless one is sent, so `keys` sends the span of the old one. Default: the API keeps the expiry.',
    v.literal('reset'),
  ),
});

export type Rotation = Declared<typeof rotation>;

const partial = optional(
  'With `put`: the API keeps the fields that are not sent. Default: it drops them.',
  v.literal(true),
);

export const update = v.strictObject({
  ...operationFields,
  key: optional('Where the response has the key. Default: the whole response.', path),
  partial,
  labels: optional(
    'The API changes only the labels that are sent, and removes those that are null. Default: it replaces all labels.',
    v.literal('merge'),
  ),
});

export type Update = Declared<typeof update>;

export const toggle = v.strictObject({
  ...operationFields,
  key: optional('Where the response has the key. Default: as in `update`, else as in `show`.', path),
  partial,
  ok: optional(
    'What a 2xx response must contain to count as a success. Replaces the general `ok`. A response with it, and without the key, confirms that the key is disabled; without `ok`, the key is read again.',
    condition,
  ),
  confirms: optional(
    'By the documentation of the API, the status of the response alone says that the key is disabled, or enabled, because reads may lag behind. Default: the key is read again, unless the response has it or `ok` is declared.',
    v.literal('status'),
  ),
});

export type Toggle = Declared<typeof toggle>;

const revoke = v.strictObject({
  ...operationFields,
  leaves: optional(
    'Revoking only disables the key, for good. A disabled key then counts as revoked.',
    v.literal('disabled'),
  ),
  // biome-ignore lint/suspicious/noThenProperty: a list, which nothing awaits
  then: optional(
    'Calls that must follow for the revocation to be complete, in this order, such as a DELETE of the revoked key.',
    v.array(operation),
  ),
});

export const idPattern: RegExp = /^[a-z][a-z0-9-]*$/;

export const providerSchema = v.strictObject({
  $schema: optional('The JSON Schema, for editors.', v.string()),
  id: required(
    'The id, which is also the name of the file.',
    v.pipe(v.string(), v.regex(idPattern, 'use lower-case letters, digits and dashes')),
  ),
  name: required('The name to show.', text),
  docs: optional('Where the API is documented: a title, a URL, or both.', text),
  asOf: optional(
    'When that documentation was written or read, such as `2026-11` or `2026-11-20`.',
    v.pipe(v.string(), v.regex(/^\d{4}-\d{2}(-\d{2})?$/, 'is not a month or a day such as 2026-11')),
  ),
  note: optional('What users should know about this declaration.', text),
  url: optional(
    'The base URL. Leave it out if every installation has its own; users then pass `--url`.',
    v.pipe(v.string(), v.url('is not a URL; write one such as https://api.example.com')),
  ),
  usualPath: optional(
    'Without `url`: what the URL of an installation usually ends in, such as `/admin`. `keys login` says so, and offers it if the API answers there alone.',
    urlEnding,
  ),
  page: optional(
    'Pages of the API at `url` for people. `keys login` names the first one, and offers to open it; `keys open` opens the second one.',
    pages,
  ),
  console: optional(
    'Where a person creates or revokes keys if the API has no call for that: a URL, or a name such as `the Claude Console`.',
    text,
  ),
  auth: required(
    'How the session token is sent.',
    v.strictObject({
      ...auth.entries,
      otpHeader: optional(
        'The header for a one-time password, if the API responds with 401 and asks for one.',
        headerName,
      ),
      exchange: optional(
        'The call that exchanges the session token, such as an OAuth client secret, for the access token that every call sends. The access token is never stored.',
        exchange,
      ),
      sign: optional(
        'How requests are signed with the session token, which is then not sent itself.',
        signing,
      ),
    }),
  ),
  headers: optional(
    'Headers of every request, such as an API version. `{option.NAME}` and `{secret.NAME}` are filled in; a header without a value is not sent.',
    v.record(headerName, headerValue),
  ),
  options: optional(
    'Settings of a profile (`login --option NAME=VALUE`), for use as `{option.NAME}`.',
    v.record(
      word,
      v.strictObject({
        help: required('What the setting is for.', text),
        required: optional('Whether every profile must set it.', v.boolean()),
      }),
    ),
  ),
  secrets: optional(
    'Secrets that calls need besides the token, for use as `{secret.NAME}` in a header or a body. `keys` reads `KEYS_<NAME>`, then the kept one, or prompts.',
    v.record(
      word,
      v.strictObject({
        help: required('What the secret is.', text),
        keep: optional(
          '`keys login` asks for the secret and stores it beside the session token, such as a second key that every call needs. Default: it is asked for in each command that needs it.',
          v.literal(true),
        ),
      }),
    ),
  ),
  capabilities: required('What the API can do.', capabilities),
  permissions: optional(
    'The permissions that a key can have, the weakest first; `keys create` without `--permission` sends the first.',
    v.array(text),
  ),
  before: optional(
    'Reads that other calls need, such as the id of an account that users know by its name. Each is made once, when a call first uses its `{step.NAME}`.',
    v.array(step),
  ),
  list: required('Lists the keys.', list),
  show: optional('Shows one key.', show),
  create: optional(
    'Creates a key. Leave it out if the API has no call for that; `console` then says where keys are created.',
    issuing,
  ),
  rotate: optional('Replaces the secret of a key by the API itself.', rotation),
  update: optional(
    'Changes a key. Of several calls, each field is changed by the first one that sends it; a call that changes nothing is not made. With `put`, fields that do not change are read and sent again.',
    v.union([update, v.array(update)]),
  ),
  disable: optional(
    'Disables a key. With `{name}`, `{kept.NAME}` and the like, the key is read first.',
    toggle,
  ),
  enable: optional('Enables a disabled key.', toggle),
  revoke: optional(
    'Revokes a key. Leave it out if the API has no call for that: a rotation then disables the old key.',
    revoke,
  ),
  logs: optional('Lists the requests made with keys.', logCall),
  usage: optional('Totals usage by key and by day. Default: the counters of the keys.', usageCall),
  verify: optional('Checks whether a key works, with the key in place of the session token.', verification),
  whoami: optional('Tells whose the session token is, and when it expires.', whoamiCalls),
  logout: optional('Ends the session of the token.', operation),
  key: required('Where a key has its fields. A field that is not named is not reported.', keyFields),
  values: valueFormats,
  errors: optional(
    'Where failures say why, if not in the usual places.',
    v.strictObject({
      message: optional('Where the message is.', path),
      code: optional('Where the error code is.', path),
    }),
  ),
  xml: optional(
    'Responses are XML. It is read as the same data in JSON, so paths are names of elements: an element is an object of its children, and one without children is its text. Attributes are left out.',
    v.strictObject({
      lists: required(
        'The names of the elements whose children are the items of a list, such as `AccessKeyMetadata`.',
        v.array(text),
      ),
    }),
  ),
  ok: optional('What every 2xx response must contain to count as a success.', condition),
  error: optional('What turns any 2xx response into a failure.', condition),
  notFound: optional(
    'What a 2xx response to a call about one key contains if there is no such key. Counts as a 404.',
    condition,
  ),
});

export type Provider = Declared<typeof providerSchema>;

/** A provider whose API can create and revoke keys. */
export type LifecycleProvider = Provider & Required<Pick<Provider, 'create' | 'revoke'>>;
