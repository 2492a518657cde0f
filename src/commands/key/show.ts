import { remindOfUnfinished } from '../../app/remind-of-unfinished.ts';
import { defineCommand } from '../../cli/define.ts';
import { keyFields } from '../../keys/key.ts';

export const show = defineCommand({
  operands: '<key>',
  summary: 'show everything about one key except its secret',
  description: [
    'Name the key by its id, its exact name, or the first 4 or more characters of its id. A name means the newest key of',
    'that name that is not revoked.',
  ].join('\n'),
  examples: ['keys show ci', 'keys show ci --json expiresAt,usage'],
  flags: {},
  offers: () => true,
  fields: keyFields,
  async run(context, { operands: [reference = ''] }) {
    const key = await context.key(reference);
    await remindOfUnfinished(context);
    return {
      kind: 'one',
      record: key,
      columns: keyFields,
      table: async (_, terminal) => {
        const { recentUseOf } = await import('../../app/recent-use.ts');
        const { keyDetailView } = await import('../../output/views/key-detail.ts');
        return keyDetailView(key, terminal, { recentUse: await recentUseOf(context, key) });
      },
    };
  },
});
