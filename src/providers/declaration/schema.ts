import * as v from 'valibot';
import { keyInputs } from '../../keys/key.ts';
import type { Template } from './provider.ts';
import { timeStyles, verdictReasons } from './styles.ts';

/* The fields that a provider has: `docs/provider.schema.json` is made from this. */

/** A field with a line on what it is for, which editors show. */
const about = <T extends v.GenericSchema>(purpose: string, schema: T) =>
  v.pipe(schema, v.description(purpose));

const text = v.pipe(v.string(), v.nonEmpty());
/** A name that a template and an environment variable can carry. */
const word = v.pipe(v.string(), v.regex(/^[A-Za-z]+$/, 'use letters only'));
/** RFC 9110 section 5.6.2, `token`. */
const header = v.pipe(v.string(), v.regex(/^[!#$%&'*+.^`|~\w-]+$/, 'is not the name of a header'));
const address = v.pipe(v.string(), v.startsWith('/'));
const words = v.record(text, text);
const path = about(
  'field names with dots between them, "" for the whole; of several the first that is there',
  v.union([v.string(), v.array(v.string())]),
);
const timePath = v.union([path, v.strictObject({ at: path, as: v.picklist(Object.keys(timeStyles)) })]);

/** A text with placeholders, a literal, or a list or object of these. */
export const template: v.GenericSchema<Template> = v.lazy(() =>
  v.union([v.string(), v.number(), v.boolean(), v.null(), v.array(template), v.record(v.string(), template)]),
);

const scalar = v.union([v.string(), v.number(), v.boolean(), v.null()]);
const condition = about(
  'what stands at a path: one of the values, or anything but nothing',
  v.strictObject({ at: path, is: v.optional(v.union([scalar, v.array(scalar)])) }),
);

const call = {
  get: v.optional(address),
  post: v.optional(address),
  put: v.optional(address),
  patch: v.optional(address),
  delete: v.optional(address),
  query: v.optional(words),
  body: v.optional(
    about('JSON with placeholders; a field that is one alone is left out where nothing was said', template),
  ),
  ok: v.optional(condition),
  error: v.optional(condition),
};

const issuing = {
  ...call,
  key: v.optional(about('where the answer has the new key; without it the key is looked for', path)),
  secret: about('where the answer has the secret', path),
  idempotency: v.optional(
    about('the header for a key by which the API answers a repeated call as the first one', header),
  ),
};

/** Of a page; more than any API gives at once would be a slip. */
const size = v.pipe(
  v.number(),
  v.integer(),
  v.minValue(1, 'is not at least 1'),
  v.maxValue(10_000, 'is more than 10000'),
);

const cursor = { by: v.literal('cursor'), cursor: text, limit: v.optional(text), size };

const paging = v.union([
  v.strictObject({
    by: v.literal('offset'),
    offset: text,
    limit: v.optional(text),
    size,
    total: v.optional(path),
  }),
  v.strictObject({
    by: v.literal('page'),
    page: text,
    limit: text,
    size,
    total: v.optional(path),
    first: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0, 'is not at least 0'))),
  }),
  v.strictObject({ by: v.literal('link'), limit: text, size }),
  v.strictObject({ by: v.literal('url'), next: path }),
  v.strictObject({ ...cursor, next: path, more: v.optional(path) }),
  v.strictObject({ ...cursor, last: path, more: path }),
]);

const auth = v.strictObject({ header, scheme: v.optional(text), otpHeader: v.optional(header) });

export const providerSchema = v.strictObject({
  $schema: v.optional(v.string()),
  id: v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]*$/, 'use lower-case letters, digits and dashes')),
  name: text,
  docs: v.optional(text),
  note: v.optional(text),
  url: v.optional(v.pipe(v.string(), v.url())),
  auth,
  headers: v.optional(about('the same on every request; nothing is filled in', v.record(header, text))),
  options: v.optional(
    about(
      'settings of a profile: {option.NAME}',
      v.record(word, v.strictObject({ help: text, required: v.optional(v.boolean()) })),
    ),
  ),
  secrets: v.optional(
    about(
      'what single calls want beside the token: {secret.NAME} in a body',
      v.record(word, v.strictObject({ help: text })),
    ),
  ),
  capabilities: v.strictObject({
    overlap: about(
      'none: the old secret dies at once; client: a second key is made; server: rotate keeps the old one for a grace',
      v.picklist(['none', 'client', 'server']),
    ),
    expiry: about(
      'any: at any time; steps: after one of expirySteps; none: never',
      v.picklist(['any', 'steps', 'none']),
    ),
    uniqueNames: about(
      'each name once: a new key takes a name with a date behind it, which is not shown',
      v.boolean(),
    ),
    maxKeys: about(
      'how many keys may live at a time; null: no limit',
      v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1, 'is not at least 1'))),
    ),
    expirySteps: v.optional(v.array(text)),
    expiryRequired: v.optional(v.boolean()),
  }),
  permissions: v.optional(about('those that there are, the least first: it is sent unasked', v.array(text))),
  list: v.strictObject({
    ...call,
    items: path,
    single: v.optional(about('there is one key at items, or none', v.literal(true))),
    paging: v.optional(paging),
  }),
  show: v.optional(v.strictObject({ ...call, key: v.optional(path) })),
  create: v.strictObject(issuing),
  rotate: v.optional(v.strictObject(issuing)),
  update: v.optional(
    v.strictObject({
      ...call,
      key: v.optional(path),
      labels: v.optional(about('the API changes only the labels that are sent', v.literal('merge'))),
    }),
  ),
  disable: v.optional(v.strictObject(call)),
  enable: v.optional(v.strictObject(call)),
  revoke: v.strictObject({
    ...call,
    leaves: v.optional(about('revoking only disables, for good', v.literal('disabled'))),
  }),
  logs: v.optional(
    v.strictObject({
      ...call,
      items: path,
      paging: v.optional(paging),
      entry: v.strictObject({
        timestamp: timePath,
        method: path,
        path,
        statusCode: path,
        keyId: v.optional(path),
        ip: v.optional(path),
        model: v.optional(path),
        requests: v.optional(path),
        tokens: v.optional(path),
        costUsd: v.optional(path),
      }),
    }),
  ),
  usage: v.optional(
    v.strictObject({
      ...call,
      items: path,
      row: v.strictObject({
        keyId: path,
        name: v.optional(path),
        date: timePath,
        requests: path,
        tokens: v.optional(path),
        spentUsd: v.optional(path),
      }),
    }),
  ),
  verify: v.optional(
    v.strictObject({
      ...call,
      models: v.optional(path),
      id: v.optional(about('where the answer has the id of the key', path)),
      requires: v.optional(about('what only the answer to a key that works has', path)),
      verdict: v.optional(
        v.strictObject({ at: path, words: v.record(v.string(), v.picklist(verdictReasons)) }),
      ),
      auth: v.optional(auth),
      reading: v.optional(
        v.record(
          v.pipe(v.string(), v.regex(/^[1-5]\d\d$/, 'is not an HTTP status')),
          v.picklist(verdictReasons),
        ),
      ),
    }),
  ),
  logout: v.optional(v.strictObject(call)),
  key: v.strictObject({
    id: path,
    name: v.union([path, v.strictObject({ always: text })]),
    description: v.optional(path),
    status: v.optional(
      v.array(
        v.strictObject({
          at: path,
          words: v.record(v.string(), v.picklist(['active', 'expired', 'revoked', 'disabled'])),
        }),
      ),
    ),
    prefix: v.optional(path),
    createdAt: v.optional(timePath),
    expiresAt: v.optional(timePath),
    lastUsedAt: v.optional(timePath),
    lastUsedIp: v.optional(path),
    permissions: v.optional(path),
    rateLimitRpm: v.optional(path),
    budgetUsd: v.optional(path),
    spentUsd: v.optional(path),
    models: v.optional(path),
    labels: v.optional(path),
    usage: v.optional(v.strictObject({ requests: path, tokens: v.optional(path) })),
    kept: v.optional(
      about('what a rotation copies as it is, by {kept.NAME} in create', v.record(word, path)),
    ),
    harmless: v.optional(about('fields that a rotation need not carry over', v.array(text))),
    alike: v.optional(about('what the API gives every key alike', v.array(v.picklist(keyInputs)))),
  }),
  errors: v.optional(v.strictObject({ message: v.optional(path), code: v.optional(path) })),
  ok: v.optional(condition),
  error: v.optional(condition),
});
