import { readKeyValue } from '../../app/key-input.ts';
import { defineCommand, value } from '../../cli/define.ts';
import { readText } from '../../cli/read.ts';
import { requireAbility } from '../../keys/capability-check.ts';
import type { Verdict } from '../../keys/verdict.ts';
import { fromFlag } from '../flags/from-flag.ts';

const fields = ['valid', 'reason', 'httpStatus', 'models'];

export const verify = defineCommand({
  operands: '',
  summary: 'check whether a key works, without using up its budget',
  description: [
    'Reads the secret from --from, from stdin, or from a masked prompt on a terminal, and sends it to the API. Exits with 8',
    'if the key does not work. A key that has only reached a limit (budget, rate-limited, no-models) is valid.',
  ].join('\n'),
  examples: ['keys verify --from env:.env#API_KEY', 'keys verify < key.txt'],
  flags: {
    from: fromFlag,
    model: value('--model <id>', 'also check that the key may call this model', readText),
  },
  fields,
  async run(context, { from, model }) {
    const backend = await context.backend();
    const { provider } = await context.profile();
    requireAbility(provider, 'verify', backend.capabilities);
    const secret = await readKeyValue(context, 'verify', from);
    const verdict = withModel(await backend.verify(secret), model);
    return {
      kind: 'one',
      record: verdict,
      columns: fields,
      table: async (_, terminal) =>
        (await import('../../output/views/verdict.ts')).verdictView(verdict, terminal),
      ...(!verdict.valid && { exit: 'no' as const }),
    };
  },
});

/** A key that works but may not call this model is forbidden to. */
function withModel(verdict: Verdict, model: string | undefined): Verdict {
  if (model === undefined || !verdict.models || verdict.models.includes(model)) return verdict;
  return { ...verdict, valid: false, reason: 'forbidden' };
}
