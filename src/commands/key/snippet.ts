import { harmlessCall } from '../../app/harmless-call.ts';
import { lookUpKey } from '../../app/lookup.ts';
import { defineCommand, value } from '../../cli/define.ts';
import { oneOf } from '../../cli/read.ts';
import { isActive } from '../../keys/key.ts';
import { languages, snippetCode, variable } from '../../output/snippet-code.ts';

const fields = ['lang', 'id', 'name', 'url', 'variable', 'code'];

export const snippet = defineCommand({
  operands: '<key>',
  summary: 'print code that calls the API with a key; it reads the secret from an environment variable',
  description: [
    `The code reads the secret from ${variable}. sh, cmd and powershell also prompt for it, which keeps it out of the shell`,
    'history; keys run sets the variable for one program.',
  ].join('\n'),
  examples: [
    'keys snippet ci --lang python',
    'keys snippet ci --lang node > call.mjs && keys run --env API_KEY=file:ci.key -- node call.mjs',
    'keys snippet ci --json url,variable',
  ],
  flags: {
    lang: value('--lang <language>', `${languages.join(', ')} (default curl)`, oneOf(languages)),
  },
  fields,
  async run(context, { operands: [reference = ''], lang = 'curl' }) {
    const key = await lookUpKey(context, reference);
    if (!isActive(key)) await context.warn(`the key ${key.name} is ${key.status}`);
    const { id, name } = key;
    const { base, ...call } = await harmlessCall(context);
    const code = snippetCode(lang, { key: { id, name }, ...call });
    if (context.output.format === undefined || context.output.format === 'table')
      return { kind: 'text', text: code };
    const record = { lang, id, name, url: base, variable, code };
    return { kind: 'one', record, columns: fields, table: () => code };
  },
});
