import { setCurrentProfile } from '../../accounts/config.ts';
import { localProvider } from '../../accounts/profile.ts';
import { usageError } from '../../base/errors.ts';
import { defineCommand } from '../../cli/define.ts';

const fields = ['name', 'changed'];

export const profileUse = defineCommand({
  operands: '<name>',
  summary: 'make a profile the current one',
  examples: ['keys profile use work', 'keys profile use local'],
  flags: {},
  fields,
  async run(app, { operands: [name = ''] }) {
    const { configFile } = app.paths;
    const { profiles, currentProfile } = await app.config();
    if (name !== localProvider.id && !Object.hasOwn(profiles, name)) {
      throw usageError(`there is no profile '${name}'`, 'keys profile list');
    }
    const changed = (currentProfile ?? localProvider.id) !== name;
    app.begin();
    if (changed) await setCurrentProfile(configFile, name);
    await app.note(`the current profile is ${name}`);
    return { kind: 'one', record: { name, changed }, columns: fields, table: () => '' };
  },
});
