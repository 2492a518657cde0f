import { setCurrentProfile } from '../../accounts/config.ts';
import { localProvider } from '../../accounts/profile.ts';
import { usageError } from '../../base/errors.ts';
import { didYouMean } from '../../base/nearest.ts';
import { defineCommand } from '../../cli/define.ts';

const fields = ['name', 'changed'];

export const profileUse = defineCommand({
  operands: '<profile>',
  summary: 'make a profile the current one',
  examples: ['keys profile use work', 'keys profile use local'],
  flags: {},
  fields,
  async run(context, { operands: [name = ''] }) {
    const { configFile } = context.paths;
    const { profiles, currentProfile } = await context.config();
    if (name !== localProvider.id && !Object.hasOwn(profiles, name)) {
      throw usageError(
        `there is no profile '${name}'${didYouMean(name, [localProvider.id, ...Object.keys(profiles)])}`,
        'keys profile list',
      );
    }
    const hasChanged = (currentProfile ?? localProvider.id) !== name;
    context.startMutation();
    if (hasChanged) await setCurrentProfile(configFile, name);
    await context.note(`the current profile is ${name}`);
    return { kind: 'one', record: { name, changed: hasChanged }, columns: fields, table: () => '' };
  },
});
