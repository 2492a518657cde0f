import { defineCommand } from '../../cli/define.ts';
import { keyFields } from '../../keys/key.ts';

export const show = defineCommand({
  operands: '<key>',
  summary: 'show everything about one key, but for its secret',
  description:
    'A key is named by its id, its exact name, or the first 4 or more characters of its id. A name means the\nnewest key of that name that is not revoked.',
  examples: ['keys show ci', 'keys show ci --json expiresAt,usage'],
  flags: {},
  fields: keyFields,
  async run(context, { operands: [reference = ''] }) {
    const key = await context.key(reference);
    return {
      kind: 'one',
      record: key,
      columns: keyFields,
      table: async (_, terminal) =>
        (await import('../../output/views/key-detail.ts')).keyDetailView(key, terminal),
    };
  },
});
