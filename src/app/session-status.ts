import { KeysError } from '../base/errors.ts';
import type { Secret } from '../base/secret.ts';
import type { Key } from '../keys/key.ts';
import type { Capabilities } from '../keys/ports.ts';
import type { SessionIdentity } from '../keys/session-identity.ts';
import { secretsIn } from '../providers/declaration/placeholder.ts';
import { capabilitiesOf } from '../remote/capabilities.ts';
import type { Connection } from './connection.ts';
import type { Context } from './context.ts';
import { findKeptSecrets } from './kept-secrets.ts';
import { openApi, openRemote, tokenOf } from './open-remote.ts';

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
  /** Whose session it is, as far as the API tells. */
  user?: string;
  role?: string;
  expiresAt?: string | null;
}

/** Asks the API whether it accepts the session token of this connection. `onKeys` gets the keys that it lists. */
export async function checkSession(
  context: Context,
  connection: Connection,
  onKeys: (keys: readonly Key[]) => void = () => {},
): Promise<SessionStatus> {
  const token = await tokenOf(context, connection);
  const secrets = await findKeptSecrets(context, connection);
  const status = (isAuthenticated: boolean) =>
    sessionStatus(connection, token?.source ?? null, isAuthenticated, secrets);
  const { provider } = connection;
  if (!token || secretsIn(provider, provider.list).some((name) => secrets[name] === null))
    return status(false);
  try {
    onKeys(await openRemote(context, connection, { token: token.token }).list());
    const { user, role, expiresAt } = await toldIdentity(context, connection, token.token);
    const told = {
      ...(user && { user }),
      ...(role && { role }),
      ...(expiresAt !== undefined && { expiresAt }),
    };
    if (expiresAt) await warnOfEnd(context, connection, expiresAt);
    return { ...status(true), ...told };
  } catch (error) {
    if (!(error instanceof KeysError) || error.failure.exit !== 'auth') throw error;
    // The token may be valid: a session can be refused one call and allowed another.
    if (error.failure.code === 'forbidden') await context.warn(`the keys cannot be listed: ${error.message}`);
    return status(false);
  }
}

/** What the API tells of the session; a failure of that call says nothing about the session. */
async function toldIdentity(
  context: Context,
  connection: Connection,
  token: Secret,
): Promise<SessionIdentity> {
  try {
    const { readIdentity } = await import('../remote/read-identity.ts');
    return (await readIdentity(openApi(context, connection, { token }), connection.provider)) ?? {};
  } catch (error) {
    if (!(error instanceof KeysError) || error.failure.exit === 'interrupted') throw error;
    await context.debug(`the API did not tell whose session it is: ${error.message}`);
    return {};
  }
}

const warningMs = 14 * 86_400_000;

/** Warns if the session ends soon. */
export async function warnOfEnd(context: Context, { profile }: Connection, expiresAt: string): Promise<void> {
  const remainingMs = Date.parse(expiresAt) - context.now.getTime();
  if (remainingMs > warningMs) return;
  const { relativeTime } = await import('../output/relative-time.ts');
  await context.warn(
    `the session of the profile ${profile.name} ends ${relativeTime(expiresAt, context.now)}; then: keys login --profile ${profile.name}`,
  );
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
