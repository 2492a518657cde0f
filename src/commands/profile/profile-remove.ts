import type { Profile } from '../../accounts/config.ts';
import { removeProfile } from '../../accounts/config.ts';
import type { App } from '../../app/app.ts';
import { KeysError, usageError } from '../../base/errors.ts';
import { defineCommand } from '../../cli/define.ts';

const fields = ['name', 'removed', 'tokenRemoved'];

export const profileRemove = defineCommand({
  operands: '<name>',
  summary: 'remove a profile and its session token; keys at the provider stay as they are',
  examples: ['keys profile remove work'],
  flags: {},
  fields,
  async run(app, { operands: [name = ''] }) {
    const { configFile } = app.paths;
    const { profiles } = await app.config();
    const profile = Object.hasOwn(profiles, name) ? profiles[name] : undefined;
    if (!profile) throw usageError(`there is no profile '${name}' to remove`, 'keys profile list');
    app.begin();
    const tokenRemoved = await forgetToken(app, { ...profile, name });
    await removeProfile(configFile, name);
    await app.note(`removed the profile ${name}${tokenRemoved ? ' and its session token' : ''}`);
    return { kind: 'one', record: { name, removed: true, tokenRemoved }, columns: fields, table: () => '' };
  },
});

/** A store that cannot be reached keeps its token; the profile goes all the same, and the user is told. */
async function forgetToken(app: App, profile: Profile): Promise<boolean> {
  const { name, tokenOrigin } = profile;
  const { openStore } = await import('../../accounts/tokens/store.ts');
  const store = openStore(profile.store ?? 'keychain', app.tokenContext);
  try {
    let removed = false;
    for (const origin of new Set([await originOf(app, profile), tokenOrigin]))
      if (origin !== undefined) removed = (await store.remove({ profile: name, origin })) || removed;
    return removed;
  } catch (error) {
    if (!(error instanceof KeysError)) throw error;
    await app.warn(`its session token may still be stored: ${error.message}`);
    return false;
  }
}

/** Where the profile leads now. What keeps it from being used does not keep a token that was stored elsewhere. */
async function originOf(app: App, profile: Profile): Promise<string | undefined> {
  try {
    const { openConnection } = await import('../../app/connection.ts');
    return (await openConnection(profile, app.paths.providers, app.io.env)).url.origin;
  } catch (error) {
    if (profile.tokenOrigin === undefined || !(error instanceof KeysError)) throw error;
    return undefined;
  }
}
