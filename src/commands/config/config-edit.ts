import { defineCommand } from '../../cli/define.ts';

const fields = ['path', 'changed'];

export const configEdit = defineCommand({
  operands: '',
  summary: 'open the settings in your editor (VISUAL or EDITOR)',
  description:
    'The file is replaced once what you wrote is valid. Elsewhere than on a terminal, use keys config set.',
  examples: ['keys config edit', 'EDITOR=nano keys config edit'],
  flags: {},
  fields,
  async run(context) {
    const { configFile: path } = context.paths;
    const { editConfig } = await import('../../app/edit-config.ts');
    const hasChanged = await editConfig(context);
    await context.note(hasChanged ? `changed ${path}` : `${path} is as it was`);
    return { kind: 'one', record: { path, changed: hasChanged }, columns: fields, table: () => '' };
  },
});
