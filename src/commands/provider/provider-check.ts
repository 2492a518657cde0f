import { resolve } from 'node:path';
import { visible } from '../../base/sanitise.ts';
import { defineCommand } from '../../cli/define.ts';
import { readJson } from '../../providers/catalog.ts';

const fields = ['path', 'message'];

export const providerCheck = defineCommand({
  operands: '<file>',
  summary: 'check the declaration of your own provider',
  description: 'Prints each fault with its path. Exits with 8 if there are any.',
  examples: ['keys provider check my-api.json'],
  flags: {},
  fields,
  async run(context, { operands: [file = ''] }) {
    const { checkProvider } = await import('../../providers/declaration/check.ts');
    const { provider, issues } = checkProvider(readJson(resolve(context.io.cwd, file)));
    if (provider)
      await context.note(
        `${file} is valid; to use it, save it as ${context.paths.providers}/${provider.id}.json`,
      );
    return {
      kind: 'rows',
      rows: issues,
      columns: fields,
      table: () => issues.map(({ path, message }) => `${visible(path)}: ${visible(message)}\n`).join(''),
      ...(issues.length > 0 && { exit: 'no' as const }),
    };
  },
});
