import { localProvider } from '../../accounts/profile.ts';
import { describeProvider } from '../../app/describe-provider.ts';
import { usageError } from '../../base/errors.ts';
import { defineCommand } from '../../cli/define.ts';

const fields = ['id', 'name', 'url', 'docs', 'note', 'options', 'permissions', 'capabilities'];

export const providerShow = defineCommand({
  operands: '<id>',
  summary: 'show what a provider can do',
  examples: ['keys provider show unreal', 'keys provider show privatemind --json capabilities'],
  flags: {},
  fields,
  async run(context, { operands: [id = ''] }) {
    const record = await describeProvider(id, context.paths.providers);
    if (!record) throw usageError(`there is no provider '${id}'`, 'keys provider list');
    const noUrl = id === localProvider.id ? 'none (runs in this process)' : 'none; pass --url';
    return {
      kind: 'one',
      record,
      columns: fields,
      table: async (_, terminal) =>
        (await import('../../output/views/provider.ts')).providerView(record, noUrl, terminal),
    };
  },
});
