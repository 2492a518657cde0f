import { resolve } from 'node:path';
import { defineCommand } from '../../cli/define.ts';
import { faultFields, faultResult, placed } from '../../output/fault-result.ts';

const fields = ['id', 'name', 'file', 'changed'];

export const providerAdd = defineCommand({
  operands: '<file>',
  summary: 'install the declaration of your own provider, after checking it',
  description: [
    'Copies the file to the folder of your own providers. A declaration with faults is not installed: prints them as',
    'keys provider check does, and exits with 8. Asks before it replaces another declaration with the same id; elsewhere',
    'than on a terminal, pass --yes.',
  ].join('\n'),
  examples: ['keys provider add my-api.json', 'keys provider add my-api.json --yes'],
  flags: {},
  fields: [...fields, ...faultFields],
  async run(context, { operands: [file = ''] }) {
    const { checkFile } = await import('../../providers/check-file.ts');
    const { addProvider, loginCommand } = await import('../../app/add-provider.ts');
    const { text, provider, issues, remarks } = checkFile(
      resolve(context.io.cwd, file),
      context.paths.providers,
    );
    for (const remark of remarks) await context.warn(placed(file, remark));
    if (!provider) return faultResult(file, issues);
    const added = await addProvider(context, provider, { file, text });
    const what = added.changed ? 'installed' : 'already installed';
    await context.note(`${what}: ${provider.name} as ${added.file}; to use it: ${loginCommand(provider)}`);
    return { kind: 'one', record: added, columns: fields, table: () => '' };
  },
});
