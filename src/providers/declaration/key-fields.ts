import * as v from 'valibot';
import { keyInputs } from '../../keys/key.ts';
import type { Declared } from './field.ts';
import {
  amountPath,
  listPath,
  namesOf,
  optional,
  path,
  required,
  text,
  textPath,
  timePath,
  word,
} from './field.ts';
import { secretPath } from './operation.ts';
import { timeStyles } from './styles.ts';

/* Where the API has the fields of a key. */

const wordRule = v.strictObject({
  at: required('Where the word is: a text, a number, or true or false.', path),
  words: required(
    'What each word means. Compared as strings, so `"2"` is the number 2, `"false"` is false, and `"null"` is null.',
    v.record(v.string(), v.picklist(['active', 'expired', 'revoked', 'disabled'])),
  ),
});

const timeRule = v.strictObject({
  at: required('Where the time, or another value, is.', path),
  when: required(
    'When the rule applies. `present`: there is a value, other than null, false and an empty string; `past`: the value is a time that has passed. If it does not apply, the key is active.',
    v.picklist(['present', 'past']),
  ),
  means: required('The status if the rule applies.', v.picklist(['expired', 'revoked', 'disabled'])),
  as: optional(
    'With `when: "past"`: how the time is written. Default: RFC 3339.',
    v.picklist(namesOf(timeStyles)),
  ),
});

export const statusRule = v.pipe(
  v.union([wordRule, timeRule]),
  v.description('What the status of a key is: by words, or by a value that only some keys have.'),
);
export type StatusRule = Declared<typeof statusRule>;

const usage = v.strictObject({
  requests: required('The number of requests made with the key.', amountPath),
  tokens: optional('The number of tokens used.', amountPath),
});

export const keyFields = v.strictObject({
  id: required('The id by which the API addresses the key.', path),
  name: required(
    'The name. `{ "always": "api-key" }` if keys have no name; each key is then named by its id.',
    v.union([path, v.strictObject({ always: required('The name of every key.', text) })]),
  ),
  description: optional('The description.', textPath),
  status: optional(
    'Rules that read the status. The first rule whose word means anything but active decides; a word that no rule knows makes the status unknown. Default: active.',
    v.array(statusRule),
  ),
  prefix: optional(
    'The recognisable start of the secret. Shortened if the API returns more than that.',
    path,
  ),
  secret: optional(
    'Where the list has the whole secret of a key, if the API never hides it. It is never shown; without `verify`, `keys` verifies a key by looking for it in the list.',
    secretPath,
  ),
  createdAt: optional('When the key was created.', timePath),
  expiresAt: optional('When the key expires.', timePath),
  lastUsedAt: optional('When the key was last used.', timePath),
  lastUsedIp: optional('The address from which the key was last used.', textPath),
  permissions: optional('The permissions: a list of strings, or one string.', listPath),
  rateLimitRpm: optional('The rate limit, in requests per minute.', amountPath),
  budgetUsd: optional('The budget, in US dollars.', amountPath),
  spentUsd: optional('What the key has spent, in US dollars.', amountPath),
  models: optional('The models that the key may call.', listPath),
  labels: optional('The labels: an object whose values are strings.', path),
  usage: optional('Counters of the key.', usage),
  kept: optional(
    'Fields that `keys` does not change: `{kept.NAME}` in the body of `create` copies one from the old key of a rotation, and in the body of `update`, `disable` or `enable` from the key as it is.',
    v.record(word, path),
  ),
  harmless: optional(
    'Fields that look like a restriction but are not, or that cannot be set. Any other field that looks like one and is not declared stops a rotation.',
    v.array(text),
  ),
  restricting: optional(
    'Fields that restrict a key though their names do not say so, and that `create` does not take. A rotation of a key in which one is not null is refused.',
    v.array(text),
  ),
  alike: optional('Fields that have the same value in every key of the API.', v.array(v.picklist(keyInputs))),
});
export type KeyFields = Declared<typeof keyFields>;
