import { shellWord } from '../../base/shell-word.ts';
import { defineCommand, toggle } from '../../cli/define.ts';
import { faultFields, faultResult, placed } from '../../output/fault-result.ts';

const requestFields = ['call', 'method', 'url', 'headers', 'body'];

export const providerCheck = defineCommand({
  operands: '<file>',
  summary: 'check the declaration of your own provider',
  description: [
    'Prints every fault with its line and column, its path in the file, and what to write instead. Exits with 8 if there are',
    'any. What is valid but may not be meant is a warning. With --show-requests, prints each request that the declaration would',
    'send, filled with examples; nothing is sent. In place of a file, the id of a provider can be given.',
  ].join('\n'),
  examples: ['keys provider check my-api.json', 'keys provider check my-api.json --show-requests'],
  flags: {
    showRequests: toggle('--show-requests', 'print the requests that the declaration would send'),
  },
  fields: [...faultFields, ...requestFields],
  async run(context, { operands: [file = ''], showRequests }) {
    const { checkDeclaration, requestsOf } = await import('../../app/check-declaration.ts');
    const { place, provider, issues, remarks, isInstalled } = await checkDeclaration(context, file);
    for (const remark of remarks) await context.warn(placed(place, remark));
    if (!provider) return faultResult(place, issues);
    if (showRequests) {
      const { requestsView } = await import('../../output/views/requests.ts');
      const requests = requestsOf(provider, context.now);
      return {
        kind: 'rows',
        rows: requests,
        columns: requestFields,
        table: (_, terminal) => requestsView(requests, terminal),
      };
    }
    const next = isInstalled ? `login --provider ${provider.id}` : `provider add ${shellWord(file)}`;
    await context.note(`${file} is valid; to use it: keys ${next}`);
    return faultResult(place, []);
  },
});
