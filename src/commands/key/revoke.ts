import { revocationServices } from '../../app/revocation-services.ts';
import { defineCommand, toggle, value } from '../../cli/define.ts';
import { readText } from '../../cli/read.ts';
import { revokeKeys } from '../../keys/operations/revoke.ts';
import type { Terminal } from '../../output/style.ts';
import {
  filterIn,
  labelFilter,
  requireSelection,
  selectionFlags,
  selectionProblems,
} from '../flags/selection-flags.ts';

const fields = ['id', 'name', 'revoked', 'changed', 'dryRun'];

export const revoke = defineCommand({
  operands: '<key...>',
  summary: 'revoke keys; they stop working at once, for good',
  description: [
    'On a terminal, keys asks you to type the name; elsewhere pass --yes or --confirm. All keys are looked up before the',
    'first one is revoked. Revoking a revoked key again is not an error. Without a key, the filters of keys list select',
    'which ones: you type how many they are, or pass --yes, or --confirm with their number.',
  ].join('\n'),
  examples: [
    'keys revoke ci',
    'keys revoke ci --confirm ci',
    'keys revoke 9fK2 Zp41 --yes',
    'keys revoke ci --dry-run',
    'keys revoke --label team=search --unused 90d --dry-run',
  ],
  flags: {
    ...selectionFlags,
    label: labelFilter,
    confirm: value(
      '--confirm <name>',
      'the name of the key, or the number of selected keys; replaces the prompt',
      readText,
    ),
    dryRun: toggle('--dry-run', 'show what would be revoked'),
  },
  fields,
  selects: (input) => filterIn(input) !== undefined,
  problems: selectionProblems,
  async run(context, input) {
    const { operands: references, confirm, dryRun } = input;
    const { yes: assumeYes } = context.globals;
    const services = await revocationServices(context);
    const which = references.length > 0 ? references : await requireSelection(context, input);
    const records = await revokeKeys(services, { which, confirm, assumeYes, dryRun });
    const table = async (_: unknown, terminal: Terminal) =>
      (await import('../../output/views/revoked.ts')).revokedView(records, terminal);
    const [only] = records;
    if (references.length === 1 && only) return { kind: 'one', record: only, columns: fields, table };
    return { kind: 'rows', rows: records, columns: fields, table };
  },
});
