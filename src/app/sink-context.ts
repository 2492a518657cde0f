import { usageError } from '../base/errors.ts';
import { checkPrivateFile, removeStaleCopies } from '../platform/files/private-file.ts';
import type { SessionPlace, SinkContext } from '../sinks/context.ts';
import type { Context } from './context.ts';

/** Where `keys login` keeps the token of a profile; what the environment says of tokens does not count there. */
async function sessionOf(context: Context, profile: string): Promise<SessionPlace> {
  const connection = await context.forProfile({ profile }).connection();
  if (!connection?.profile.store) {
    throw usageError(
      `nobody has logged in to the profile ${profile}: there is no session token to replace`,
      'keys profile list',
    );
  }
  const [{ ownerOf }, { openStore }] = await Promise.all([
    import('./open-remote.ts'),
    import('../accounts/tokens/token-store.ts'),
  ]);
  const owner = ownerOf(connection);
  const store = openStore(connection.profile.store, context.tokenContext);
  return {
    async check() {
      await store.read(owner);
      if (store.name !== 'file') return;
      (await import('../accounts/tokens/file-store.ts')).makeTokenFolder(context.paths);
      await checkPrivateFile(context.paths.tokens);
    },
    read: () => store.read(owner),
    write: (token) => store.write(owner, token),
    removeLeftovers: () => removeTokenLeftovers(context),
  };
}

/** Removes what a login that was killed has left beside the tokens. Never fails. */
export function removeTokenLeftovers({ paths }: Pick<Context, 'paths'>): Promise<void> {
  return removeStaleCopies(paths.tokens);
}

/** Whose operation it is, and what its relative paths mean; absent: those of this command. */
interface Setting {
  profile: string;
  cwd: string;
}

/** What sinks need of the world. */
export function sinkContextOf(context: Context, allowInGit: boolean, setting?: Setting): SinkContext {
  const { env } = context.io;
  const { interactive } = context;
  const open = async (service: 'secrets' | 'owners') => {
    const { openKeychain } = await import('../platform/keychain/open-keychain.ts');
    return openKeychain({ service, env, interactive });
  };
  return {
    cwd: setting?.cwd ?? context.io.cwd,
    env,
    timeout: context.timeout,
    allowInGit,
    keychain: () => open('secrets'),
    owners: () => open('owners'),
    owner: async () => setting?.profile ?? (await context.profile()).name,
    session: (profile) => sessionOf(context, profile),
    note: (text) => context.note(text),
    platform: process.platform,
  };
}
