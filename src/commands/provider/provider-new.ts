import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Context } from '../../app/context.ts';
import { KeysError, usageError } from '../../base/errors.ts';
import { shellWord } from '../../base/shell-word.ts';
import { defineCommand } from '../../cli/define.ts';
import { faultFields, faultResult, placed } from '../../output/fault-result.ts';

const fields = ['id', 'file'];

/** Sections of docs/providers.md. */
const unasked =
  'not asked: token exchange, signing, XML, verifying at another host; see docs/providers.md, from "Calls" on';

export const providerNew = defineCommand({
  operands: '[file]',
  summary: 'write the declaration of your own provider, from answers to questions',
  description: [
    'Asks where the API has its keys, and how they are created, changed, revoked, rotated and used. Enter takes the proposal,',
    '- leaves a part out, and < goes back to the question before. Writes <id>.json in the current folder, or the file given,',
    'and checks it. What else a declaration can have is in docs/reference/providers.md.',
  ].join('\n'),
  examples: ['keys provider new', 'keys provider new my-api.json'],
  flags: {},
  fields: [...fields, ...faultFields],
  async run(context, { operands: [operand] }) {
    if (!context.interactive)
      throw usageError(
        `keys provider new asks questions, and cannot here: ${context.promptObstacle}; write the file yourself (docs/providers.md)`,
        'keys provider check FILE',
        'keys provider add FILE',
      );
    const { draftProvider } = await import('../../app/draft/draft-provider.ts');
    const { checkText } = await import('../../providers/check-file.ts');
    const { writePrivateFile } = await import('../../platform/files/private-file.ts');
    await context.note('Enter takes the proposal, - leaves a part out, < goes back to the question before');
    const fileFor = (id: string) => operand ?? `${id}.json`;
    const draft = await draftProvider(context, (id) => confirmReplacement(context, fileFor(id)));
    const file = fileFor(draft.id);
    const path = resolve(context.io.cwd, file);
    const text = `${JSON.stringify(draft, undefined, 2)}\n`;
    context.startMutation();
    await writePrivateFile(path, text);
    const { provider, issues, remarks } = checkText(text);
    for (const remark of remarks) await context.warn(placed(file, remark));
    await context.note(`wrote ${file}${provider ? '; next:' : ', which has faults; correct them, then:'}`);
    const word = shellWord(file);
    await context.note(`  keys provider check ${word}${provider ? ' --show-requests' : ''}`);
    await context.note(`  keys provider add ${word}`);
    await context.note(unasked);
    if (!provider) return faultResult(file, issues);
    return { kind: 'one', record: { id: draft.id, file: path }, columns: fields, table: () => '' };
  },
});

async function confirmReplacement(context: Context, file: string): Promise<void> {
  if (context.globals.yes || !existsSync(resolve(context.io.cwd, file))) return;
  const replaces = await context.confirm(`Replace ${file}?`, ['no, leave it as it is', 'yes, replace it']);
  if (!replaces) throw new KeysError({ code: 'declined', message: `declined: ${file} is as it was` });
}
