import { providers } from '../profile.ts';
import { defineCommand } from './define.ts';

const fields = ['id', 'name', 'summary'];

export const providerList = defineCommand({
  operands: '',
  summary: 'list the kinds of key-management API that keys can administer',
  examples: ['keys provider list', 'keys provider list --json id,name'],
  flags: {},
  fields,
  async run() {
    return {
      kind: 'rows',
      rows: providers,
      columns: fields,
      table: async (_, terminal) => {
        const { renderRecord } = await import('../output/views/record.ts');
        return renderRecord(
          providers.map(({ id, name, summary }) => [id, `${name}: ${summary}`] as const),
          terminal,
        );
      },
    };
  },
});
