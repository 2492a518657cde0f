import { revocationServices } from '../../app/revocation-services.ts';
import { defineCommand, toggle, value } from '../../cli/define.ts';
import { readText } from '../../cli/read.ts';
import { revokeKeys } from '../../keys/operations/revoke.ts';
import type { Terminal } from '../../output/style.ts';

const fields = ['id', 'name', 'revoked', 'changed', 'dryRun'];

export const revoke = defineCommand({
  operands: '<key...>',
  summary: 'revoke keys; they stop working at once, for good',
  description: [
    'On a terminal, keys asks you to type the name; elsewhere pass --yes or --confirm. All keys are looked up before the',
    'first one is revoked. Revoking a revoked key again is not an error.',
  ].join('\n'),
  examples: [
    'keys revoke ci',
    'keys revoke ci --confirm ci',
    'keys revoke 9fK2 Zp41 --yes',
    'keys revoke ci --dry-run',
  ],
  flags: {
    confirm: value('--confirm <name>', 'the name of the key; replaces the prompt', readText),
    dryRun: toggle('--dry-run', 'show what would be revoked'),
  },
  fields,
  async run(context, { operands: references, confirm, dryRun }) {
    const { yes: assumeYes } = context.globals;
    const services = await revocationServices(context);
    const records = await revokeKeys(services, { references, confirm, assumeYes, dryRun });
    const table = async (_: unknown, terminal: Terminal) =>
      (await import('../../output/views/revoked.ts')).revokedView(records, terminal);
    const [only] = records;
    if (references.length === 1 && only) return { kind: 'one', record: only, columns: fields, table };
    return { kind: 'rows', rows: records, columns: fields, table };
  },
});
