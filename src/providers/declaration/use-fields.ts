import * as v from 'valibot';
import type { Declared } from './field.ts';
import { amountPath, count, optional, path, required, text, textPath, timePath } from './field.ts';
import { operationFields } from './operation.ts';
import { paging } from './paging.ts';

/* Where the API has the fields of its logs and of its usage totals. */

export const entryFields = v.strictObject({
  timestamp: required('When the request was made.', timePath),
  method: required('The HTTP method.', textPath),
  path: required('The path of the request.', textPath),
  statusCode: optional('The HTTP status of the response.', amountPath),
  keyId: optional('The id of the key that was used.', textPath),
  ip: optional('The address of the client.', textPath),
  model: optional('The model that was called.', textPath),
  requests: optional('The number of requests that the entry stands for.', amountPath),
  tokens: optional('The number of tokens used.', amountPath),
  costUsd: optional('The cost, in US dollars.', amountPath),
});
export type EntryFields = Declared<typeof entryFields>;

const usageFields = v.strictObject({
  keyId: optional(
    'The id of the key; null: the use of no key. Default: that of `{keyId}`; totals by key then need a call for each key.',
    textPath,
  ),
  name: optional('The name of the key. Default: as in the list of keys.', textPath),
  date: required('The day (UTC), or a time in it.', timePath),
  requests: optional('The number of requests.', amountPath),
  tokens: optional('The number of tokens.', amountPath),
  spentUsd: optional('The cost, in US dollars.', amountPath),
});

const days = v.pipe(count, v.minValue(1, 'is not at least 1'));

/** Without `{by}`, the response is as detailed as the API makes it, and `keys` adds the totals up. */
export const usageCall = v.strictObject({
  ...operationFields,
  items: required('Where the response has the totals, or buckets of them.', path),
  rows: optional(
    'Where a bucket has its totals. The key and the date of a total may also be in its bucket.',
    path,
  ),
  paging: optional('How to read further pages. Default: the first response is complete.', paging),
  row: required('Where a total has its fields.', usageFields),
  defaultDays: optional(
    'How many days, today included, are requested without `--since`. For APIs that demand a start or have a short one of their own.',
    days,
  ),
  retentionDays: optional(
    'How many days, today included, the API reports. An earlier `--since` is refused.',
    days,
  ),
  covers: optional(
    'What the totals cover, if that is not all usage, such as `completions`. `keys usage` warns of it.',
    text,
  ),
});
export type UsageCall = Declared<typeof usageCall>;

export const logCall = v.strictObject({
  ...operationFields,
  items: required('Where the response has the entries.', path),
  paging: optional('How to read further pages. Default: the first response is complete.', paging),
  entry: required('Where an entry has its fields.', entryFields),
});
