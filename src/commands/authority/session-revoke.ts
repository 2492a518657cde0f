import { defineCommand } from '../../cli/define.ts';
import { dbFlag } from '../flags/session-flags.ts';

const fields = ['id', 'revoked', 'changed'];

export const sessionRevoke = defineCommand({
  operands: '<session>',
  summary: 'end a session at once; its token stops working',
  examples: ['keys session revoke 9fK2aB71Qw0xYz3c'],
  flags: { db: dbFlag },
  fields,
  async run(context, { operands: [id = ''], db }) {
    const { openAuthority } = await import('../../app/open-authority.ts');
    const { sessions } = await openAuthority(context, db);
    context.startMutation();
    const hasChanged = await sessions.revoke(id);
    await context.note(hasChanged ? `ended the session ${id}` : `the session ${id} had already ended`);
    return {
      kind: 'one',
      record: { id, revoked: true, changed: hasChanged },
      columns: fields,
      table: () => '',
    };
  },
});
