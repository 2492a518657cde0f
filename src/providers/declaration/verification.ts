import * as v from 'valibot';
import { reasons } from '../../keys/verdict.ts';
import type { Declared } from './field.ts';
import { count, headerName, headerValue, optional, path, required } from './field.ts';
import { condition, operationFields } from './operation.ts';

/* How a key is tried out: a harmless call, made with the key in place of the session token, or with the key in its body. */

export const auth = v.strictObject({
  header: required('The header that carries the token.', headerName),
  scheme: optional('The word before the token, such as `Bearer`.', headerValue),
});

const ruleStatus = optional(
  'The HTTP status of the responses that the rule is for. Default: any success.',
  v.pipe(count, v.minValue(100, 'is not an HTTP status'), v.maxValue(599, 'is not an HTTP status')),
);

export const verdictRule = v.pipe(
  v.union([
    v.strictObject({
      status: ruleStatus,
      when: optional('The rule is only for responses with this.', condition),
      at: required('Where the word is.', path),
      words: required(
        'What each word means. A word that is missing or not listed means invalid.',
        v.record(v.string(), v.picklist(reasons)),
      ),
    }),
    v.strictObject({
      status: ruleStatus,
      when: required('What the response contains.', condition),
      means: required('What such a response says about the key.', v.picklist(reasons)),
    }),
  ]),
  v.description('What a response says about the key: by a word in it, or by a test of it.'),
);
export type VerdictRule = Declared<typeof verdictRule>;

export const verification = v.strictObject({
  ...operationFields,
  url: optional(
    'The base URL of the call, if keys are tried out at another host. The session token and the headers of every request are never sent there.',
    v.pipe(
      v.string(),
      v.url('is not a URL'),
      v.startsWith('https://', 'does not start with https://, so the key could be read on its way'),
    ),
  ),
  credential: optional(
    'What authenticates the call in place of the key, which is then `{key}` in the body: the `session` token, or `none`. A refusal of the session token says nothing about the key.',
    v.picklist(['session', 'none']),
  ),
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
  verdict: optional(
    'What responses say about the key: a rule, or several of which the first that applies decides. If none applies to a success, `requires`, `id` and `models` decide; without them, the key is invalid.',
    v.union([verdictRule, v.array(verdictRule)]),
  ),
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
