import type { SessionIdentity } from '../keys/session-identity.ts';
import { readIdentity } from '../remote/read-identity.ts';
import type { Connection } from './connection.ts';
import type { Context } from './context.ts';
import { notLoggedIn, openApi, tokenOf } from './open-remote.ts';
import { warnOfEnd } from './session-status.ts';

/**
 * Whose the session of a connection is. Undefined: the API has no call that tells. Throws `KeysError` (4) without a token, and
 * for one that the API refuses.
 */
export async function whoAmI(context: Context, connection: Connection): Promise<SessionIdentity | undefined> {
  const token = await tokenOf(context, connection);
  if (!token) throw notLoggedIn(connection, context.io.env);
  const api = openApi(context, connection, { token: token.token });
  const identity = await readIdentity(api, connection.provider);
  if (identity?.expiresAt) await warnOfEnd(context, connection, identity.expiresAt);
  return identity;
}
