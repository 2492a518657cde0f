import { resolve } from 'node:path';
import { visible } from '../../base/sanitise.ts';
import { defineCommand } from '../../cli/define.ts';
import { readJson } from '../../providers/catalog.ts';

const fields = ['path', 'message'];

export const providerCheck = defineCommand({
  operands: '<file>',
  summary: 'check a provider of your own, before it is used',
  description: 'Prints every fault with its path, and exits with 8 if there is one.',
  examples: ['keys provider check my-api.json'],
  flags: {},
  fields,
  async run(context, { operands: [file = ''] }) {
    const { checkProvider } = await import('../../providers/declaration/check.ts');
    const { provider, issues } = checkProvider(readJson(resolve(context.io.cwd, file)));
    if (provider)
      await context.note(`${file} is sound: put it at ${context.paths.providers}/${provider.id}.json`);
    return {
      kind: 'rows',
      rows: issues,
      columns: fields,
      table: () => issues.map(({ path, message }) => `${visible(path)}: ${visible(message)}\n`).join(''),
      ...(issues.length > 0 && { exit: 'no' as const }),
    };
  },
});
