import { parseSetting, settingPath } from '../../accounts/settings.ts';
import { changeSettingOf } from '../../app/change-setting.ts';
import { defineCommand } from '../../cli/define.ts';
import { settingText } from './config-list.ts';

const fields = ['name', 'value', 'changed'];

export const configSet = defineCommand({
  operands: '<setting> <value>',
  summary: 'change one setting, after checking it',
  description: [
    'Settings are currentProfile and, of a profile, provider, url, escrow, tokenCommand (a JSON list) and options.NAME.',
    'Without profiles.NAME. before it, a setting is one of the profile in use.',
  ].join('\n'),
  examples: [
    'keys config set escrow file',
    'keys config set profiles.work.url https://api.example.com',
    `keys config set tokenCommand '["op","read","op://vault/item/token"]'`,
  ],
  flags: {},
  fields,
  async run(context, { operands: [name = '', text = ''] }) {
    const path = settingPath(name, (await context.profile()).name);
    const value = parseSetting(path, text);
    const hasChanged = await changeSettingOf(context, path, value);
    const setting = path.join('.');
    const is = hasChanged ? 'is' : 'was already';
    await context.note(`${setting} ${is} ${settingText(value)}`);
    return {
      kind: 'one',
      record: { name: setting, value, changed: hasChanged },
      columns: fields,
      table: () => '',
    };
  },
});
