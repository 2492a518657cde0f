import { defineCommand, toggle } from '../../cli/define.ts';
import { dbFlag } from '../flags/session-flags.ts';

const fields = ['file', 'keys', 'bytes', 'schema'];

export const backup = defineCommand({
  operands: '<file>',
  summary: 'back up the embedded authority to one file, even while keys serve runs',
  description: [
    'The file is a consistent snapshot of the database: keys, users, sessions, counters and the log. It',
    'contains hashes of keys and session tokens, no secrets. Only you can read it. keys checks it before',
    'moving it into place, and replaces an existing file only with --yes.',
  ].join('\n'),
  examples: ['keys backup authority-2026-11-21.db', 'keys backup /srv/backup/authority.db --yes --json'],
  flags: {
    allowInGit: toggle('--allow-in-git', 'write to a git work tree that does not ignore the file'),
    db: dbFlag,
  },
  fields,
  async run(context, { operands: [to = ''], allowInGit, db }) {
    const { backUpAuthority } = await import('../../app/back-up-authority.ts');
    const record = await backUpAuthority(context, { to, db, allowInGit, replace: context.globals.yes });
    return { kind: 'one', record, columns: fields, table: () => '' };
  },
});
