import { relative } from 'node:path';
import { defineCommand, toggle } from '../../cli/define.ts';
import { dbFlag } from '../flags/session-flags.ts';

const fields = ['file', 'keys', 'bytes', 'schema'];

export const backup = defineCommand({
  operands: '<file>',
  summary: 'back up the embedded authority into one file, also while keys serve runs',
  description: [
    'The file holds all that the database held at one moment: keys, users, sessions, counters and the log.',
    'It has hashes of keys and session tokens, no secrets. Only you can read it, and it is checked before it',
    'is put in its place. A file that is there is replaced only with --yes.',
  ].join('\n'),
  examples: ['keys backup authority-2026-11-21.db', 'keys backup /srv/backup/authority.db --yes --json'],
  flags: {
    allowInGit: toggle('--allow-in-git', 'write it into a git work tree that does not ignore it'),
    db: dbFlag,
  },
  fields,
  async run(context, { operands: [to = ''], allowInGit, db }) {
    const { writeBackup } = await import('../../app/authority-files.ts');
    const record = await writeBackup(context, { to, db, allowInGit, replace: context.globals.yes });
    if (context.isHumanOutput) {
      await context.note(
        `${relative(context.io.cwd, record.file) || record.file}: ${record.keys} keys, ${record.bytes} bytes`,
      );
    }
    return { kind: 'one', record, columns: fields, table: () => '' };
  },
});
