import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { localProvider } from '../../accounts/profile.ts';
import type { Context } from '../../app/context.ts';
import { describeProvider } from '../../app/describe-provider.ts';
import { unknownProvider } from '../../app/unknown-provider.ts';
import { defineCommand } from '../../cli/define.ts';

const fields = ['id', 'name', 'url', 'docs', 'note', 'options', 'permissions', 'capabilities', 'secrets'];

export const providerShow = defineCommand({
  operands: '<provider>',
  summary: 'show what a provider can do',
  examples: ['keys provider show unreal', 'keys provider show privatemind --json capabilities'],
  flags: {},
  fields,
  async run(context, { operands: [id = ''] }) {
    const record = await describeProvider(id, context.paths.providers);
    if (!record) throw await unknownProvider(id, context.paths.providers);
    if (id === localProvider.id) await warnOfOwnFile(context);
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

/** The embedded authority cannot be declared. */
async function warnOfOwnFile(context: Context): Promise<void> {
  const file = join(context.paths.providers, `${localProvider.id}.json`);
  if (existsSync(file))
    await context.warn(
      `${file} is not used: ${localProvider.id} is the embedded authority; choose another id`,
    );
}
