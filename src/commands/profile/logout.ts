import { forgetNames } from '../../app/completion/name-cache.ts';
import { endStoredSession } from '../../app/log-out.ts';
import { warnOfTokenVariables } from '../../app/stored-token.ts';
import { usageError } from '../../base/errors.ts';
import { defineCommand } from '../../cli/define.ts';

const fields = ['profile', 'url', 'removed', 'changed', 'endedAtServer'];

export const logout = defineCommand({
  operands: '',
  summary: 'end the session and remove its token',
  description: [
    'Ends the session at the provider if its API can, then removes the stored token and the secrets stored beside it;',
    'otherwise the token stays valid at the provider until it expires. The profile is kept. Tokens from KEYS_TOKEN, KEYS_TOKEN_FILE or a tokenCommand are',
    'left alone. "endedAtServer" is false if the session may still be valid, and null if there was no session to end or',
    'the API has no call for it.',
  ].join('\n'),
  examples: ['keys logout', 'keys logout --profile work'],
  flags: {},
  fields,
  async run(context) {
    const connection = await context.connection();
    if (!connection) throw usageError('the embedded authority has no session to end', 'keys profile list');
    const { profile, url } = connection;
    context.startMutation();
    const { removed: hasChanged, endedAtServer } = await endStoredSession(context, connection);
    forgetNames(context.io, profile.name);
    await context.note(
      hasChanged
        ? `removed the session token of the profile ${profile.name}${fateOf(endedAtServer)}`
        : `no session token of the profile ${profile.name} was stored`,
    );
    await warnOfTokenVariables(context, 'is still used');
    const place = url.href.replace(/\/$/, '');
    const record = { profile: profile.name, url: place, removed: true, changed: hasChanged, endedAtServer };
    return { kind: 'one', record, columns: fields, table: () => '' };
  },
});

function fateOf(endedAtServer: boolean | null): string {
  if (endedAtServer === null) return '; it stays valid at the provider until it expires';
  return endedAtServer ? '; its session at the provider has ended' : '';
}
