import { defineCommand } from '../../cli/define.ts';
import { dbFlag } from '../flags/session-flags.ts';

const fields = ['database', 'keys', 'schema', 'ended', 'previous'];

export const restore = defineCommand({
  operands: '<file>',
  summary: 'replace the embedded authority with a backup',
  description: [
    'Keys and sessions that were revoked, disabled or given another expiry since the backup keep that',
    'status, and spending stays counted. keys reads this from the replaced database or, if that is lost,',
    'from the list beside it (authority.db.ends). Other changes since the backup are undone; keys created',
    'since then are unknown. The replaced database is kept beside the new one. Stop keys serve first. Off a',
    'terminal, pass --yes.',
  ].join('\n'),
  examples: ['keys restore authority-2026-11-21.db', 'keys restore /srv/backup/authority.db --yes --json'],
  flags: { db: dbFlag },
  fields,
  async run(context, { operands: [from = ''], db }) {
    const { restoreAuthority } = await import('../../app/restore-authority.ts');
    const { database, keys, schema, ended = null, previous } = await restoreAuthority(context, from, db);
    return {
      kind: 'one',
      record: { database, keys, schema, ended, previous },
      columns: fields,
      table: () => '',
    };
  },
});
