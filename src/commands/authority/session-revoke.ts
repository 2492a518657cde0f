import { defineCommand } from '../../cli/define.ts';
import { dbFlag } from '../flags/session-flags.ts';

const fields = ['id', 'revoked', 'changed'];

export const sessionRevoke = defineCommand({
  operands: '<id>',
  summary: 'end a session at once; its token is refused from then on',
  examples: ['keys session revoke 9fK2aB71Qw0xYz3c'],
  flags: { db: dbFlag },
  fields,
  async run(context, { operands: [id = ''], db }) {
    const { openAuthority } = await import('../../app/open-authority.ts');
    const { sessions } = openAuthority(context, db);
    context.startMutation();
    const changed = sessions.revoke(id);
    await context.note(changed ? `the session ${id} has ended` : `the session ${id} had ended before`);
    return { kind: 'one', record: { id, revoked: true, changed }, columns: fields, table: () => '' };
  },
});
