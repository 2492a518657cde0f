import { openStore } from '../accounts/tokens/token-store.ts';
import { KeysError } from '../base/errors.ts';
import type { Secret } from '../base/secret.ts';
import type { Operation } from '../providers/declaration/operation.ts';
import type { Connection } from './connection.ts';
import type { Context } from './context.ts';
import { keptSecretNames } from './kept-secrets.ts';
import { openApi, ownerOf } from './open-remote.ts';

export interface Logout {
  /** Whether a stored token, or a secret kept beside it, was removed. */
  removed: boolean;
  /** Whether the session is over at the provider; null where there was no session, or the API has no call to end one. */
  endedAtServer: boolean | null;
}

/** Ends the session at the provider where its API can, then removes the token from the store. */
export async function endStoredSession(context: Context, connection: Connection): Promise<Logout> {
  const { profile, provider, url } = connection;
  const store = openStore(profile.store ?? 'keychain', context.tokenContext);
  const owner = ownerOf(connection);
  const token = provider.logout && (await store.read(owner));
  const endedAtServer =
    provider.logout && token ? await endSession(context, connection, provider.logout, token) : null;
  const { tokenOrigin = url.origin, keptSecrets = [] } = profile;
  const secrets = new Set([undefined, ...keptSecrets, ...keptSecretNames(provider)]);
  let isRemoved = false;
  // If the URL has changed since the login, the token for the old one is unused, and removed as well.
  for (const origin of new Set([url.origin, tokenOrigin]))
    for (const secret of secrets)
      isRemoved =
        (await store.remove({ ...owner, origin, ...(secret !== undefined && { secret }) })) || isRemoved;
  return { removed: isRemoved, endedAtServer };
}

async function endSession(
  context: Context,
  connection: Connection,
  operation: Operation,
  token: Secret,
): Promise<boolean> {
  try {
    await openApi(context, connection, { token }).send(operation, {});
    return true;
  } catch (error) {
    if (!(error instanceof KeysError)) throw error;
    const { httpStatus, message } = error.failure;
    // The API does not know this session any more.
    if (httpStatus === 401 || httpStatus === 404) return true;
    await context.warn(`the session may still be valid at ${connection.url.origin}: ${message}`);
    return false;
  }
}
