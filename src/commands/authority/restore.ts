import type { Restoring } from '../../app/authority-files.ts';
import type { Context } from '../../app/context.ts';
import { KeysError, usageError } from '../../base/errors.ts';
import { shellWord } from '../../base/shell-word.ts';
import { defineCommand } from '../../cli/define.ts';
import { dbFlag } from '../flags/session-flags.ts';

const fields = ['database', 'keys', 'schema', 'ended', 'previous'];

export const restore = defineCommand({
  operands: '<file>',
  summary: 'put a backup in the place of the embedded authority',
  description: [
    'Keys and sessions that were revoked, disabled or given another expiry since the backup was made stay',
    'so, and what was spent stays spent. The database that is replaced tells it; where that is lost, a list',
    'beside it does (authority.db.ends). Other changes since are undone, and keys made since are unknown.',
    'The database that was there is kept beside the new one. End keys serve first. Off a terminal it needs',
    '--yes.',
  ].join('\n'),
  examples: ['keys restore authority-2026-11-21.db', 'keys restore /srv/backup/authority.db --yes --json'],
  flags: { db: dbFlag },
  fields,
  async run(context, { operands: [from = ''], db }) {
    await makeSure(context, from);
    const { restoreBackup } = await import('../../app/authority-files.ts');
    const { ended = null, ...restored } = await restoreBackup(context, from, db);
    await tell(context, { ...restored, ended: ended ?? undefined });
    const { database, keys, schema, previous } = restored;
    return {
      kind: 'one',
      record: { database, keys, schema, ended, previous },
      columns: fields,
      table: () => '',
    };
  },
});

/** Throws `KeysError`: 2 where nobody can be asked, 1 where the answer is no. */
async function makeSure(context: Context, from: string): Promise<void> {
  if (context.globals.yes) return;
  if (!context.interactive) {
    throw usageError(
      'restoring replaces the database and nobody can be asked here: it needs --yes',
      `keys restore ${shellWord(from)} --yes`,
    );
  }
  const answer = await context.ask('This replaces the database of the authority. Type restore to do it:');
  if (answer.trim() === 'restore') return;
  throw new KeysError({ code: 'declined', message: 'not confirmed: nothing was restored' });
}

async function tell(context: Context, { database, keys, ended, previous }: Restoring): Promise<void> {
  if (context.isHumanOutput) await context.note(`${database}: ${keys} keys`);
  if (previous !== null) await context.note(`the database that was there is kept as ${previous}`);
  if (ended === undefined) {
    await context.warn(
      'nothing here tells what was revoked since the backup was made: it may work again; look at keys list',
    );
  } else if (ended > 0) {
    const what = ended === 1 ? '1 key or session' : `${ended} keys and sessions`;
    await context.note(`ended since the backup was made, and not brought back: ${what}`);
  }
}
