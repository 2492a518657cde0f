import type { Connection } from '../../app/connection.ts';
import type { Context } from '../../app/context.ts';
import { KeysError, usageError } from '../../base/errors.ts';
import type { Secret } from '../../base/secret.ts';
import { defineCommand } from '../../cli/define.ts';
import { setting } from '../../platform/env.ts';
import type { Operation } from '../../providers/declaration/provider.ts';

const fields = ['profile', 'url', 'removed', 'changed', 'endedAtServer'];

export const logout = defineCommand({
  operands: '',
  summary: 'end a session, and forget its token',
  description: [
    'The profile itself stays. Where the API has a call for it, the session is ended there, and then its token forgotten',
    'here; elsewhere the token is only forgotten, and at the provider it is valid until it expires. Tokens from KEYS_TOKEN,',
    'KEYS_TOKEN_FILE or a tokenCommand are left alone. "endedAtServer" is false where the session may still be valid, and',
    'null where there was none to end, or no call that ends it.',
  ].join('\n'),
  examples: ['keys logout', 'keys logout --profile work'],
  flags: {},
  fields,
  async run(context) {
    const connection = await context.connection();
    if (!connection) throw usageError('the embedded authority needs no login', 'keys profile list');
    const { openStore } = await import('../../accounts/tokens/token-store.ts');
    const { ownerOf } = await import('../../app/open-remote.ts');
    const { profile, provider, url } = connection;
    const store = openStore(profile.store ?? 'keychain', context.tokenContext);
    const owner = ownerOf(connection);
    context.startMutation();
    const token = provider.logout && (await store.read(owner));
    const endedAtServer =
      provider.logout && token ? await endSession(context, connection, provider.logout, token) : null;
    const removed = await store.remove(owner);
    const { tokenOrigin: origin = url.origin } = profile;
    // The URL was changed since the login: the token for the old one was not used, and is not kept.
    const changed = (origin !== url.origin && (await store.remove({ ...owner, origin }))) || removed;
    await context.note(
      changed
        ? `forgot the session token of ${profile.name}${standing(endedAtServer)}`
        : `there was no session token of ${profile.name} to forget`,
    );
    for (const variable of ['KEYS_TOKEN', 'KEYS_TOKEN_FILE'] as const) {
      if (setting(context.io.env, variable)) await context.warn(`${variable} is set, and goes on being used`);
    }
    return {
      kind: 'one',
      record: {
        profile: profile.name,
        url: url.href.replace(/\/$/, ''),
        removed: true,
        changed,
        endedAtServer,
      },
      columns: fields,
      table: () => '',
    };
  },
});

/** Whether the session of this token is over at the API; where nobody knows, the user is told. */
async function endSession(
  context: Context,
  connection: Connection,
  ending: Operation,
  token: Secret,
): Promise<boolean> {
  const { openApi } = await import('../../app/open-remote.ts');
  try {
    await openApi(context, connection, token).send(ending, {});
    return true;
  } catch (error) {
    if (!(error instanceof KeysError)) throw error;
    const { httpStatus, message } = error.failure;
    // The API does not know the session any more.
    if (httpStatus === 401 || httpStatus === 404) return true;
    const { origin } = connection.url;
    await context.warn(`the session may still be valid at ${origin}, until when is not known: ${message}`);
    return false;
  }
}

function standing(endedAtServer: boolean | null): string {
  if (endedAtServer === null) return '; at the provider it is valid until it expires';
  return endedAtServer ? '; its session at the provider is over' : '';
}
