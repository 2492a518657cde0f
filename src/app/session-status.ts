import { KeysError } from '../base/errors.ts';
import type { Capabilities } from '../keys/ports.ts';
import { capabilitiesOf } from '../remote/capabilities.ts';
import type { Connection } from './connection.ts';
import type { Context } from './context.ts';
import { openRemote, tokenOf } from './open-remote.ts';

/** What `status` and `login` print. Never any part of the token. */
export interface SessionStatus {
  profile: string;
  provider: string;
  /** Null: the embedded authority. */
  url: string | null;
  /** Null: no token. */
  tokenSource: string | null;
  /** Null: the API was not asked. */
  authenticated: boolean | null;
  capabilities: Capabilities;
}

/** Asks the API whether it accepts the session token of this connection. */
export async function checkSession(context: Context, connection: Connection): Promise<SessionStatus> {
  const token = await tokenOf(context, connection);
  if (!token) return sessionStatus(connection, null, false);
  try {
    await openRemote(context, connection, token.token).list();
    return sessionStatus(connection, token.source, true);
  } catch (error) {
    if (!(error instanceof KeysError) || error.failure.exit !== 'auth') throw error;
    return sessionStatus(connection, token.source, false);
  }
}

export function sessionStatus(
  { profile, provider, url }: Connection,
  tokenSource: string | null,
  authenticated: boolean | null,
): SessionStatus {
  return {
    profile: profile.name,
    provider: provider.id,
    url: url.href.replace(/\/$/, ''),
    tokenSource,
    authenticated,
    capabilities: capabilitiesOf(provider),
  };
}
