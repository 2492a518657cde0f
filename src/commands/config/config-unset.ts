import { settingPath } from '../../accounts/settings.ts';
import { changeSettingOf } from '../../app/change-setting.ts';
import { defineCommand } from '../../cli/define.ts';

const fields = ['name', 'changed'];

export const configUnset = defineCommand({
  operands: '<setting>',
  summary: 'remove one setting: its default applies',
  examples: ['keys config unset escrow', 'keys config unset currentProfile'],
  flags: {},
  fields,
  async run(context, { operands: [name = ''] }) {
    const path = settingPath(name, (await context.profile()).name);
    const hasChanged = await changeSettingOf(context, path, undefined);
    const setting = path.join('.');
    await context.note(hasChanged ? `${setting} is no longer set` : `${setting} was not set`);
    return { kind: 'one', record: { name: setting, changed: hasChanged }, columns: fields, table: () => '' };
  },
});
