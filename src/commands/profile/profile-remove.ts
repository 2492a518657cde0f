import { removeProfile } from '../../accounts/config.ts';
import type { Profile } from '../../accounts/profile.ts';
import type { Context } from '../../app/context.ts';
import { KeysError, usageError } from '../../base/errors.ts';
import { defineCommand } from '../../cli/define.ts';

const fields = ['name', 'removed', 'tokenRemoved'];

export const profileRemove = defineCommand({
  operands: '<name>',
  summary: 'remove a profile and its session token; keys at the provider stay as they are',
  examples: ['keys profile remove work'],
  flags: {},
  fields,
  async run(context, { operands: [name = ''] }) {
    const { configFile } = context.paths;
    const { profiles } = await context.config();
    const profile = Object.hasOwn(profiles, name) ? profiles[name] : undefined;
    if (!profile) throw usageError(`there is no profile '${name}' to remove`, 'keys profile list');
    context.startMutation();
    const tokenRemoved = await forgetToken(context, { ...profile, name });
    await removeProfile(configFile, name);
    await context.note(`removed the profile ${name}${tokenRemoved ? ' and its session token' : ''}`);
    return { kind: 'one', record: { name, removed: true, tokenRemoved }, columns: fields, table: () => '' };
  },
});

/** A store that cannot be reached keeps its token; the profile goes all the same, and the user is told. */
async function forgetToken(context: Context, profile: Profile): Promise<boolean> {
  const { name, tokenOrigin } = profile;
  const { openStore } = await import('../../accounts/tokens/token-store.ts');
  const store = openStore(profile.store ?? 'keychain', context.tokenContext);
  try {
    let removed = false;
    for (const origin of new Set([await originOf(context, profile), tokenOrigin]))
      if (origin !== undefined) removed = (await store.remove({ profile: name, origin })) || removed;
    return removed;
  } catch (error) {
    if (!(error instanceof KeysError)) throw error;
    await context.warn(`its session token may still be stored: ${error.message}`);
    return false;
  }
}

/** Where the profile leads now. What keeps it from being used does not keep a token that was stored elsewhere. */
async function originOf(context: Context, profile: Profile): Promise<string | undefined> {
  try {
    const { openConnection } = await import('../../app/connection.ts');
    return (await openConnection(profile, context.paths.providers, context.io.env)).url.origin;
  } catch (error) {
    if (profile.tokenOrigin === undefined || !(error instanceof KeysError)) throw error;
    return undefined;
  }
}
