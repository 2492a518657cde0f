import * as v from 'valibot';
import type { Declared } from './field.ts';
import { optional, path, required, timePath } from './field.ts';

/* Where the API has the fields of its logs and of its usage totals. Null counts as absent. */

export const entryFields = v.strictObject({
  timestamp: required('When the request was made.', timePath),
  method: required('The HTTP method.', path),
  path: required('The path of the request.', path),
  statusCode: required('The HTTP status of the response.', path),
  keyId: optional('The id of the key that was used.', path),
  ip: optional('The address of the client.', path),
  model: optional('The model that was called.', path),
  requests: optional('The number of requests that the entry stands for.', path),
  tokens: optional('The number of tokens used.', path),
  costUsd: optional('The cost, in US dollars.', path),
});
export type EntryFields = Declared<typeof entryFields>;

export const usageFields = v.strictObject({
  keyId: required('The id of the key, in a total by key.', path),
  name: optional('The name of the key.', path),
  date: required('The day (UTC), in a total by day.', timePath),
  requests: required('The number of requests.', path),
  tokens: optional('The number of tokens.', path),
  spentUsd: optional('The cost, in US dollars.', path),
});
export type UsageFields = Declared<typeof usageFields>;
