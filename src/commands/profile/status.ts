import { localProvider } from '../../accounts/profile.ts';
import type { Connection } from '../../app/connection.ts';
import type { Context } from '../../app/context.ts';
import { KeysError } from '../../base/errors.ts';
import { defineCommand } from '../../cli/define.ts';
import type { Result } from '../../output/present.ts';
import type { Status } from '../../output/views/status.ts';
import { capabilitiesOf } from '../../remote/capabilities.ts';

export const statusFields = ['profile', 'provider', 'url', 'tokenSource', 'authenticated', 'capabilities'];

export const status = defineCommand({
  operands: '',
  summary: 'show which profile is in use, whether it is logged in, and what its provider can do',
  description:
    'Asks the API whether it accepts the session token; exit 4 if there is none, or if it does not.',
  examples: ['keys status', 'keys status --json authenticated,tokenSource'],
  flags: {},
  fields: statusFields,
  async run(context) {
    const connection = await context.connection();
    if (connection) return statusResult(connection, await session(context, connection));
    const { name: profile } = await context.profile();
    const { capabilities } = await context.backend();
    // The embedded authority runs as the user and needs no session token.
    return result({
      profile,
      provider: localProvider.id,
      url: null,
      tokenSource: null,
      authenticated: true,
      capabilities,
    });
  },
});

interface Session {
  /** Where the token comes from; null where there is none. */
  source: string | null;
  /** Null: nobody asked the API. */
  authenticated: boolean | null;
}

async function session(context: Context, connection: Connection): Promise<Session> {
  const { openRemote, tokenOf } = await import('../../app/open-remote.ts');
  const found = await tokenOf(context, connection);
  if (!found) return { source: null, authenticated: false };
  try {
    await openRemote(context, connection, found.token).list();
    return { source: found.source, authenticated: true };
  } catch (error) {
    if (!(error instanceof KeysError) || error.failure.exit !== 'auth') throw error;
    return { source: found.source, authenticated: false };
  }
}

/** What `status` and `login` print. Never a part of the token. */
export function statusResult(
  { profile, provider, url }: Connection,
  { source, authenticated }: Session,
): Result {
  return result({
    profile: profile.name,
    provider: provider.id,
    url: url.href.replace(/\/$/, ''),
    tokenSource: source,
    authenticated,
    capabilities: capabilitiesOf(provider),
  });
}

function result(record: Status): Result {
  return {
    kind: 'one',
    record,
    columns: statusFields,
    table: async (_, terminal) => (await import('../../output/views/status.ts')).statusView(record, terminal),
    ...(record.authenticated === false && { exit: 'auth' as const }),
  };
}
