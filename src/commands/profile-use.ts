import { setCurrentProfile } from '../config.ts';
import { usageError } from '../errors.ts';
import { localProvider } from '../profile.ts';
import { defineCommand } from './define.ts';

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
