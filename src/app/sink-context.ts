import { usageError } from '../base/errors.ts';
import { checkPrivateFile, removeStaleCopies } from '../platform/files/private-file.ts';
import type { SessionPlace, SinkContext } from '../sinks/context.ts';
import type { Context } from './context.ts';

/** The stored session token of a profile. Tokens in the environment do not count. */
async function sessionOf(context: Context, profile: string): Promise<SessionPlace> {
  const connection = await context.forProfile({ profile }).connection();
  if (!connection?.profile.store) {
    throw usageError(`the profile ${profile} has no stored session token to replace`, 'keys profile list');
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

/** Removes the files that a killed login left next to the tokens. Never fails. */
export function removeTokenLeftovers({ paths }: Pick<Context, 'paths'>): Promise<void> {
  return removeStaleCopies(paths.tokens);
}

/** The profile of an operation, and the folder that its relative paths start from. */
interface Setting {
  profile: string;
  cwd: string;
}

/** Without a setting: that of this command. */
export function sinkContextOf(context: Context, allowInGit: boolean, setting?: Setting): SinkContext {
  const { env } = context.io;
  const open = async (service: 'secrets' | 'owners') => {
    const { openKeychain } = await import('../platform/keychain/open-keychain.ts');
    return openKeychain({ service, env, interactive: context.interactive });
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
    waitFor: (what, work) => context.waitFor(what, work),
    platform: process.platform,
  };
}
