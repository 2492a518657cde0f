import { settingsOf } from '../../accounts/settings.ts';
import { defineCommand } from '../../cli/define.ts';

const fields = ['name', 'value'] as const;

export const configList = defineCommand({
  operands: '',
  summary: 'list the settings',
  description:
    'Settings that keys login keeps for itself are left out. Unknown names in the file are warned of.',
  examples: ['keys config list', 'keys config list --json'],
  flags: {},
  fields,
  async run(context) {
    const rows = settingsOf(await context.config());
    await context.note(`settings in ${context.paths.configFile}`);
    return {
      kind: 'rows',
      rows,
      columns: fields,
      table: async (_, terminal) => {
        const { renderFields } = await import('../../output/table.ts');
        return renderFields(
          rows.map(({ name, value }) => ({ name, value: settingText(value) })),
          fields,
          terminal,
        );
      },
    };
  },
});

/** As `keys config set` takes it. */
export function settingText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
