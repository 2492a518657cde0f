import { defineCommand, toggle } from '../../cli/define.ts';
import { dbFlag, sessionFields } from '../flags/session-flags.ts';

export const sessionList = defineCommand({
  operands: '',
  summary: 'list the sessions of users who manage keys over HTTP',
  description: 'Lists active sessions; with --ended also those that have expired or were revoked.',
  examples: ['keys session list', 'keys session list --ended --json id,user,status'],
  flags: { ended: toggle('--ended', 'include expired and revoked sessions'), db: dbFlag },
  fields: sessionFields,
  async run(context, { ended, db }) {
    const { openAuthority } = await import('../../app/open-authority.ts');
    const authority = await openAuthority(context, db);
    const sessions = await authority.sessions.list();
    const rows = sessions.filter(({ status }) => ended || status === 'active');
    return {
      kind: 'rows',
      isPaged: true,
      rows,
      columns: sessionFields,
      table: async (_, terminal) =>
        (await import('../../output/views/session.ts')).sessionListView(rows, terminal),
    };
  },
});
