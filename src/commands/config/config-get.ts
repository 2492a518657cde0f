import { settingPath, valueAt } from '../../accounts/settings.ts';
import { KeysError } from '../../base/errors.ts';
import { visible } from '../../base/sanitise.ts';
import { defineCommand } from '../../cli/define.ts';
import { settingText } from './config-list.ts';

const fields = ['name', 'value'];

export const configGet = defineCommand({
  operands: '<setting>',
  summary: 'print one setting',
  description:
    'A setting without profiles.NAME. before it is one of the profile in use. Exits with 3 if it is not set.',
  examples: ['keys config get currentProfile', 'keys config get url', 'keys config get profiles.work.escrow'],
  flags: {},
  fields,
  async run(context, { operands: [name = ''] }) {
    const path = settingPath(name, (await context.profile()).name);
    const value = valueAt(await context.config(), path);
    if (value === undefined)
      throw new KeysError({ code: 'setting_missing', message: `${path.join('.')} is not set` });
    const { format } = context.output;
    if (format === undefined || format === 'table')
      return { kind: 'text', text: `${visible(settingText(value))}\n` };
    return { kind: 'one', record: { name: path.join('.'), value }, columns: fields, table: () => '' };
  },
});
