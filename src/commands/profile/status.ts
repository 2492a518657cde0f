import { localProvider } from '../../accounts/profile.ts';
import type { Context } from '../../app/context.ts';
import type { SessionStatus } from '../../app/session-status.ts';
import { defineCommand, toggle } from '../../cli/define.ts';
import type { Result } from '../../output/present.ts';

const statusFields = ['profile', 'provider', 'url', 'tokenSource', 'authenticated', 'capabilities'];

/** Absent if the provider keeps no secrets, or if the API does not tell whose session it is. */
const optionalFields = ['secrets', 'user', 'role', 'expiresAt'] as const;

/** The fields that can be selected. */
export const allStatusFields = [...statusFields, ...optionalFields];

/** Of each profile, with `--all-profiles`. */
const overviewFields = [
  ...['profile', 'provider', 'url', 'current', 'tokenSource', 'authenticated', 'user', 'role', 'expiresAt'],
  ...['active', 'expiring', 'unfinished', 'error'],
];

export const status = defineCommand({
  operands: '',
  summary: 'show the profile in use, whether it is logged in, and what its provider can do',
  description: [
    'Asks the API whether it accepts the session token. Exits with 4 if it does not, or if there is no token. Where the',
    'API tells them, shows the user and when the session ends; warns if that is within 14 days.',
    'With --all-profiles, asks the APIs of all profiles at once, each for at most 10 s (--timeout, if shorter). One that cannot',
    'be asked is a row with its "error"; only the session of the current profile decides the exit code.',
  ].join('\n'),
  examples: ['keys status', 'keys status --all-profiles', 'keys status --json authenticated,tokenSource'],
  flags: {
    allProfiles: toggle('--all-profiles', 'a table of all profiles: session, keys and unfinished operations'),
  },
  fields: [...new Set([...allStatusFields, ...overviewFields])],
  async run(context, { allProfiles }) {
    if (allProfiles) return overview(context);
    const connection = await context.connection();
    if (connection) {
      const { checkSession } = await import('../../app/session-status.ts');
      return statusResult(await checkSession(context, connection));
    }
    const { name: profile } = await context.profile();
    const { capabilities } = await context.backend();
    // The embedded authority runs as the user and needs no session token.
    return statusResult({
      profile,
      provider: localProvider.id,
      url: null,
      tokenSource: null,
      authenticated: true,
      capabilities,
    });
  },
});

export function statusResult(record: SessionStatus): Result {
  return {
    kind: 'one',
    record,
    columns: [...statusFields, ...optionalFields.filter((field) => record[field] !== undefined)],
    table: async (_, terminal) => (await import('../../output/views/status.ts')).statusView(record, terminal),
    ...(record.authenticated === false && { exit: 'auth' as const }),
  };
}

async function overview(context: Context): Promise<Result> {
  const { surveyProfiles } = await import('../../app/survey-profiles.ts');
  const rows = await surveyProfiles(context);
  const isRefused = rows.some(({ current, authenticated }) => current && authenticated === false);
  return {
    kind: 'rows',
    rows,
    columns: overviewFields,
    table: async (_, terminal) =>
      (await import('../../output/views/profile-overview.ts')).profileOverview(rows, terminal),
    ...(isRefused && { exit: 'auth' as const }),
  };
}
