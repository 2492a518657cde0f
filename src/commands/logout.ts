import { setting } from '../env.ts';
import { usageError } from '../errors.ts';
import { defineCommand } from './define.ts';

const fields = ['profile', 'url', 'removed', 'changed'];

export const logout = defineCommand({
  operands: '',
  summary: 'forget the session token of a profile',
  description:
    'The profile itself stays. The token is forgotten here; at the provider it is valid until it expires.',
  examples: ['keys logout', 'keys logout --profile work'],
  flags: {},
  fields,
  async run(app) {
    const connection = await app.connection();
    if (!connection) throw usageError('the embedded authority needs no login', 'keys profile list');
    const { openStore } = await import('../tokens/store.ts');
    const { ownerOf } = await import('../remote.ts');
    const { profile, url } = connection;
    app.begin();
    const changed = await openStore(profile.store ?? 'keychain', app.tokenContext).remove(
      ownerOf(connection),
    );
    await app.note(
      changed
        ? `forgot the session token of ${profile.name}; at the provider it is valid until it expires`
        : `there was no session token of ${profile.name} to forget`,
    );
    for (const variable of ['KEYS_TOKEN', 'KEYS_TOKEN_FILE'] as const) {
      if (setting(app.io.env, variable)) await app.warn(`${variable} is set, and goes on being used`);
    }
    const record = { profile: profile.name, url: url.href.replace(/\/$/, ''), removed: true, changed };
    return {
      kind: 'one',
      record,
      columns: fields,
      table: () => '',
    };
  },
});
