import { usageError } from '../base/errors.ts';
import { checkPrivateFile, removeStaleCopies } from '../platform/files/private-file.ts';
import type { SessionPlace, SinkContext } from '../sinks/open-sinks.ts';
import type { App } from './app.ts';

/** Where `keys login` keeps the token of a profile; what the environment says of tokens does not count there. */
async function sessionOf(app: App, profile: string): Promise<SessionPlace> {
  const connection = await app.elsewhere({ profile }).connection();
  if (!connection?.profile.store) {
    throw usageError(
      `nobody has logged in to the profile ${profile}: there is no session token to replace`,
      'keys profile list',
    );
  }
  const [{ ownerOf }, { openStore }] = await Promise.all([
    import('./open-remote.ts'),
    import('../accounts/tokens/store.ts'),
  ]);
  const owner = ownerOf(connection);
  const store = openStore(connection.profile.store, app.tokenContext);
  return {
    async check() {
      await store.read(owner);
      if (store.name !== 'file') return;
      (await import('../accounts/tokens/file-store.ts')).makeTokenFolder(app.paths);
      await checkPrivateFile(app.paths.tokens);
    },
    read: () => store.read(owner),
    write: (token) => store.write(owner, token),
    tidy: () => tidyTokens(app),
  };
}

/** Removes what a login that was killed has left beside the tokens. Never fails. */
export function tidyTokens({ paths }: Pick<App, 'paths'>): Promise<void> {
  return removeStaleCopies(paths.tokens);
}

/** Whose operation it is, and what its relative paths mean; absent: those of this command. */
interface Setting {
  profile: string;
  cwd: string;
}

/** What sinks need of the world. */
export function sinkContextOf(app: App, allowInGit: boolean, setting?: Setting): SinkContext {
  const { env } = app.io;
  const limited = !app.interactive;
  const open = async (holds: 'secrets' | 'owners') => {
    const { openKeychain, keychainLimit } = await import('../accounts/tokens/keychain.ts');
    return openKeychain({ env, holds, ...(limited && { limit: keychainLimit }) });
  };
  return {
    cwd: setting?.cwd ?? app.io.cwd,
    env,
    timeout: app.timeout,
    allowInGit,
    keychain: () => open('secrets'),
    owners: () => open('owners'),
    owner: async () => setting?.profile ?? (await app.profile()).name,
    session: (profile) => sessionOf(app, profile),
    note: (text) => app.note(text),
    platform: process.platform,
  };
}
