import { KeysError } from '../base/errors.ts';
import type { Capabilities } from '../keys/ports.ts';
import { secretsIn } from '../providers/declaration/placeholder.ts';
import { capabilitiesOf } from '../remote/capabilities.ts';
import type { Connection } from './connection.ts';
import type { Context } from './context.ts';
import { findKeptSecrets } from './kept-secrets.ts';
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
  /** Where each secret that is kept beside the token is, null if nowhere; absent: the provider has none. */
  secrets?: Readonly<Record<string, string | null>>;
}

/** Asks the API whether it accepts the session token of this connection. */
export async function checkSession(context: Context, connection: Connection): Promise<SessionStatus> {
  const token = await tokenOf(context, connection);
  const secrets = await findKeptSecrets(context, connection);
  const status = (isAuthenticated: boolean) =>
    sessionStatus(connection, token?.source ?? null, isAuthenticated, secrets);
  const { provider } = connection;
  if (!token || secretsIn(provider, provider.list).some((name) => secrets[name] === null))
    return status(false);
  try {
    await openRemote(context, connection, { token: token.token }).list();
    return status(true);
  } catch (error) {
    if (!(error instanceof KeysError) || error.failure.exit !== 'auth') throw error;
    return status(false);
  }
}

export function sessionStatus(
  { profile, provider, url }: Connection,
  tokenSource: string | null,
  authenticated: boolean | null,
  secrets: Readonly<Record<string, string | null>> = {},
): SessionStatus {
  return {
    profile: profile.name,
    provider: provider.id,
    url: url.href.replace(/\/$/, ''),
    tokenSource,
    authenticated,
    capabilities: capabilitiesOf(provider),
    ...(Object.keys(secrets).length > 0 && { secrets }),
  };
}
