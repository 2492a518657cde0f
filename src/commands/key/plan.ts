import { defineCommand } from '../../cli/define.ts';
import { insteadOfFlags, planFields, planFlags, planInputOf, reportOf } from '../flags/plan-flags.ts';

export const plan = defineCommand({
  operands: '[file]',
  summary: 'show what keys apply would do to make every key as keys.yaml says',
  description: [
    'Nothing changes. A line for each key: + create, ~ change, ↻ rotate, ✓ as it should be, ! cannot be as the file says, -',
    'not in the file any more. A field that the file leaves out is left alone. A place (to:) that can be read and does not hold',
    'the value of its key is shown, and --redeliver would replace the key. Exits with 0 if there is nothing to do, and with',
    '8 if there is.',
  ].join('\n'),
  examples: [
    'keys plan',
    'keys plan keys.yaml --json',
    'keys plan --prune --redeliver',
    'keys plan --format markdown',
  ],
  flags: planFlags,
  instead: insteadOfFlags('plan'),
  fields: planFields,
  reports: ['markdown'],
  async run(context, input) {
    const { planFile } = await import('../../app/plan-file.ts');
    const { actions, toDo, others, placeNames } = await planFile(context, planInputOf(input));
    return {
      ...reportOf({ actions, others, placeNames, isApplied: false }, { toDo, now: context.now }),
      exit: toDo > 0 ? 'no' : 'done',
    };
  },
});
