import { resolve } from 'node:path';
import { defineCommand } from '../../cli/define.ts';

const fields = ['line', 'column', 'path', 'message'];

export const providerCheck = defineCommand({
  operands: '<file>',
  summary: 'check the declaration of your own provider',
  description:
    'Prints every fault with its line and column, its path in the file, and what to write instead. Exits with 8 if there are any.',
  examples: ['keys provider check my-api.json'],
  flags: {},
  fields,
  async run(context, { operands: [file = ''] }) {
    const { checkFile } = await import('../../providers/check-file.ts');
    const { faultView, placed } = await import('../../output/views/faults.ts');
    const { provider, issues, remarks } = checkFile(resolve(context.io.cwd, file), context.paths.providers);
    for (const remark of remarks) await context.warn(placed(file, remark));
    if (provider)
      await context.note(
        `${file} is valid; to use it, save it as ${context.paths.providers}/${provider.id}.json`,
      );
    return {
      kind: 'rows',
      rows: issues,
      columns: fields,
      table: () => faultView(file, issues),
      ...(issues.length > 0 && { exit: 'no' as const }),
    };
  },
});
