import { localProvider } from '../../accounts/profile.ts';
import { defineCommand } from '../../cli/define.ts';

const fields = ['name', 'provider', 'url', 'current'] as const;

export const profileList = defineCommand({
  operands: '',
  summary: 'list the profiles and show which one is in use',
  examples: ['keys profile list', 'keys profile list --json name,provider'],
  flags: {},
  fields,
  async run(context) {
    const { profiles } = await context.config();
    const { name: current } = await context.profile();
    const all = { [localProvider.id]: { provider: localProvider.id, url: null }, ...profiles };
    const rows = Object.entries(all).map(([name, { provider, url }]) => ({
      name,
      provider,
      url,
      current: name === current,
    }));
    return {
      kind: 'rows',
      rows,
      columns: fields,
      table: async (_, terminal) =>
        (await import('../../output/table.ts')).renderFields(rows, fields, terminal),
    };
  },
});
