import * as v from 'valibot';
import type { Declared } from './field.ts';
import { amountPath, optional, required, textPath, timePath } from './field.ts';

/* Where the API has the fields of its logs and of its usage totals. Null counts as absent. */

export const entryFields = v.strictObject({
  timestamp: required('When the request was made.', timePath),
  method: required('The HTTP method.', textPath),
  path: required('The path of the request.', textPath),
  statusCode: required('The HTTP status of the response.', amountPath),
  keyId: optional('The id of the key that was used.', textPath),
  ip: optional('The address of the client.', textPath),
  model: optional('The model that was called.', textPath),
  requests: optional('The number of requests that the entry stands for.', amountPath),
  tokens: optional('The number of tokens used.', amountPath),
  costUsd: optional('The cost, in US dollars.', amountPath),
});
export type EntryFields = Declared<typeof entryFields>;

export const usageFields = v.strictObject({
  keyId: required('The id of the key, in a total by key.', textPath),
  name: optional('The name of the key.', textPath),
  date: required('The day (UTC), in a total by day.', timePath),
  requests: required('The number of requests.', amountPath),
  tokens: optional('The number of tokens.', amountPath),
  spentUsd: optional('The cost, in US dollars.', amountPath),
});
export type UsageFields = Declared<typeof usageFields>;
