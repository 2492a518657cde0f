import * as v from 'valibot';
import { count, optional, required, text } from './field.ts';

/* What an API can do, which no call of it tells. */

export const capabilities = v.strictObject({
  overlap: required(
    'Whether the old and the new secret work side by side. `client`: a second key is created; `server`: the API rotates and keeps the old secret for a grace period; `none`: the old secret stops at once, by `rotate` or, without it, because the only key is revoked before a new one is created.',
    v.picklist(['none', 'client', 'server']),
  ),
  expiry: required(
    'When a key can expire. `any`: at any time; `steps`: after one of `expirySteps`; `none`: never.',
    v.picklist(['any', 'steps', 'none']),
  ),
  uniqueNames: required(
    'Whether each name can be used once. A new key then gets a date after its name, which is not shown.',
    v.boolean(),
  ),
  maxKeys: required(
    'How many active keys an account can have. Null: no limit.',
    v.nullable(v.pipe(count, v.minValue(1, 'is not at least 1; write a number, or null for no limit'))),
  ),
  expirySteps: optional('With `expiry: "steps"`: the spans on offer, such as `90d`.', v.array(text)),
  expiryRequired: optional('Whether every key must expire.', v.boolean()),
});
