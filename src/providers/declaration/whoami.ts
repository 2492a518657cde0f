import * as v from 'valibot';
import type { Declared } from './field.ts';
import { optional, path, textPath, timePath } from './field.ts';
import { operationFields } from './operation.ts';

/* How an API tells whose the session token is. */

const whoamiCall = v.strictObject({
  ...operationFields,
  requires: optional(
    'What only the response to an accepted token contains. Without it, the token counts as refused. For APIs that answer a stranger with a success.',
    path,
  ),
  user: optional('The name of the user, or of the account.', textPath),
  role: optional('What the user may do, in the words of the API, such as `admin`.', textPath),
  expiresAt: optional('When the session token expires; null: never.', timePath),
  keyId: optional('The id of the session token, if it is one of the listed keys.', textPath),
});
export type WhoamiCall = Declared<typeof whoamiCall>;

export const whoamiCalls = v.pipe(
  v.union([whoamiCall, v.array(whoamiCall)]),
  v.description('A call, or several of which each tells what it declares.'),
);

/** What a call can tell. */
export const identityFields = ['user', 'role', 'expiresAt', 'keyId'] as const;
