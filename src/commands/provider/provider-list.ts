import { localProvider } from '../../accounts/profile.ts';
import { defineCommand } from '../../cli/define.ts';
import { allProviders } from '../../providers/catalog.ts';

const fields = ['id', 'name', 'url', 'note'] as const;

/** Notes are sentences, which a column would cut: `provider show` has them. */
const columns = ['id', 'name', 'url'] as const;

export const providerList = defineCommand({
  operands: '',
  summary: 'list the supported providers',
  description:
    'What a provider can do, and what to know about it: keys provider show ID. Your own providers are JSON files in the folder config/providers. To write one: keys provider new. To install one: keys provider add FILE.',
  examples: ['keys provider list', 'keys provider list --json id,name'],
  flags: {},
  fields,
  async run(context) {
    const remote = await allProviders(context.paths.providers, ({ message, failure: { hints = [] } }) =>
      context.warn([message, ...hints].join('; ')),
    );
    const rows = [
      { ...localProvider, url: null },
      ...remote.map(({ id, name, url = null, note = '' }) => ({ id, name, url, note })),
    ];
    return {
      kind: 'rows',
      isPaged: true,
      rows,
      columns: fields,
      table: async (_, terminal) =>
        (await import('../../output/table.ts')).renderFields(rows, columns, terminal),
    };
  },
});
