import { chmodSync, copyFileSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { notABackup } from '../authority/sqlite/backup.ts';
import type { RestoreResult } from '../authority/sqlite/restore.ts';
import { restoreDatabase } from '../authority/sqlite/restore.ts';
import { KeysError, usageError } from '../base/errors.ts';
import { shellWord } from '../base/shell-word.ts';
import { isSameFile, syncToDisk } from '../platform/files/plain-file.ts';
import { withPrivateFolder } from '../platform/files/private-folder.ts';
import { makePrivateFolder } from '../platform/paths.ts';
import type { Context } from './context.ts';
import { databaseFileOf } from './open-authority.ts';

export interface RestoredAuthority extends RestoreResult {
  database: string;
  /** The file that holds the replaced database; null if there was none. */
  previous: string | null;
}

/** Asks, then replaces the database with a backup, all or nothing. Throws `KeysError`. */
export async function restoreAuthority(
  context: Context,
  from: string,
  db: string | undefined,
): Promise<RestoredAuthority> {
  const database = databaseFileOf(
    context,
    db,
    `pg_restore --clean --if-exists --dbname=<url> ${shellWord(from)}`,
  );
  await requireConfirmation(context, from);
  const file = resolve(context.io.cwd, from);
  requireBackup(file, database);
  context.startMutation();
  makePrivateFolder(dirname(database));
  const restoration = await withPrivateFolder(dirname(database), async (folder) => {
    const copy = join(folder, 'restored.db');
    copyFileSync(file, copy);
    chmodSync(copy, 0o600);
    const previous = `${database}.before-${timestamp(context.now)}`;
    const result = restoreDatabase({ copy, name: file, database, previous, timeoutMs: context.timeout });
    syncToDisk(database);
    syncToDisk(dirname(database));
    return { ...result, database, previous: result.replaced ? previous : null };
  });
  await report(context, restoration);
  return restoration;
}

/** Throws `KeysError`: 2 if it cannot prompt, 1 if the answer is no. */
async function requireConfirmation(context: Context, from: string): Promise<void> {
  if (context.globals.yes) return;
  if (!context.interactive) {
    throw usageError(
      `restoring replaces the database; cannot prompt: ${context.promptObstacle}`,
      `keys restore ${shellWord(from)} --yes`,
    );
  }
  const answer = await context.ask("This replaces the authority's database. Type restore to continue:");
  if (answer.trim() === 'restore') return;
  throw new KeysError({ code: 'declined', message: 'not confirmed; nothing was restored' });
}

function requireBackup(file: string, database: string): void {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (!stats) throw new KeysError({ code: 'no_backup', message: `${file} does not exist` });
  if (!stats.isFile()) throw notABackup(file);
  if (isSameFile(file, database)) {
    throw usageError(`${file} is the database itself`, 'to back it up: keys backup <file>');
  }
  const log = statSync(`${file}-wal`, { throwIfNoEntry: false });
  if (!log || log.size === 0) return;
  throw new KeysError({
    code: 'not_a_backup',
    message: `${file} is incomplete without its log ${basename(file)}-wal`,
    hints: [`to make one file of both: keys backup <file> --db ${shellWord(file)}`],
  });
}

async function report(
  context: Context,
  { database, keys, ended, previous }: RestoredAuthority,
): Promise<void> {
  if (context.isHumanOutput) await context.note(`${database}: ${keys} keys`);
  if (previous !== null) await context.note(`the replaced database is kept as ${previous}`);
  if (ended === undefined) {
    await context.warn(
      'keys cannot tell what was revoked since the backup, so it may work again; check with keys list',
    );
  } else if (ended > 0) {
    const count = ended === 1 ? '1 key or session' : `${ended} keys and sessions`;
    await context.note(`revoked or disabled since the backup, and kept that way: ${count}`);
  }
}

/** `20261121T173000123Z`: sorts by time, and is a valid file name everywhere. */
function timestamp(now: Date): string {
  return now.toISOString().replace(/[-:.]/g, '');
}
