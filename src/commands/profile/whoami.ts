import { localProvider } from '../../accounts/profile.ts';
import type { Context } from '../../app/context.ts';
import { defineCommand } from '../../cli/define.ts';
import type { SessionIdentity } from '../../keys/session-identity.ts';

const placeFields = ['profile', 'provider', 'url'];
const identityFields = ['user', 'role', 'expiresAt', 'keyId'] as const;

interface Whoami extends SessionIdentity {
  profile: string;
  provider: string;
  /** Null: the embedded authority. */
  url: string | null;
}

export const whoami = defineCommand({
  operands: '',
  summary: 'show whose the session is: user, role and expiry, where the API tells them',
  description: [
    'Asks the API with the session token, and exits with 4 if it refuses it. An API without such a call leaves the profile,',
    'its provider and its URL. The embedded authority has no session; its user is the one who runs keys. Warns if the',
    'session ends within 14 days.',
  ].join('\n'),
  examples: ['keys whoami', 'keys whoami --profile work --json user,expiresAt'],
  flags: {},
  fields: [...placeFields, ...identityFields],
  async run(context) {
    const record = await identify(context);
    return {
      kind: 'one',
      record,
      columns: [...placeFields, ...identityFields.filter((field) => record[field] !== undefined)],
      table: async (_, terminal) =>
        (await import('../../output/views/status.ts')).whoamiView(record, terminal),
    };
  },
});

async function identify(context: Context): Promise<Whoami> {
  const connection = await context.connection();
  if (!connection) {
    const { name: profile } = await context.profile();
    return { profile, provider: localProvider.id, url: null, user: context.io.user() };
  }
  const { whoAmI } = await import('../../app/who-am-i.ts');
  const identity = await whoAmI(context, connection);
  const { profile, provider, url } = connection;
  if (!identity || Object.keys(identity).length === 0)
    await context.note(
      identity
        ? `the API of ${provider.name} did not tell whose the session is`
        : `the API of ${provider.name} has no call that tells whose the session is`,
    );
  return {
    profile: profile.name,
    provider: provider.id,
    url: url.href.replace(/\/$/, ''),
    ...identity,
  };
}
