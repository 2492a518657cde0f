import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  lstatSync,
  openSync,
  renameSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { BackupContent } from '../authority/database/backup.ts';
import { copyDatabase, notABackup } from '../authority/database/backup.ts';
import type { RestoreResult } from '../authority/database/restore.ts';
import { restoreDatabase } from '../authority/database/restore.ts';
import { KeysError, systemCode, usageError } from '../base/errors.ts';
import { shellWord } from '../base/shell-word.ts';
import { withPrivateFolder } from '../platform/files/private-folder.ts';
import { makePrivateFolder } from '../platform/paths.ts';
import { requireIgnored } from '../sinks/git-ignored.ts';
import type { Context } from './context.ts';
import { databaseOf } from './open-authority.ts';

/* Backups of the embedded authority: whole files, for their owner alone. */

export interface Backup extends BackupContent {
  file: string;
  bytes: number;
}

/** Writes a backup: as a whole or not at all, over a file that is there only where that was agreed to. */
export async function writeBackup(
  context: Context,
  {
    to,
    db,
    replace,
    allowInGit,
  }: { to: string; db: string | undefined; replace: boolean; allowInGit: boolean },
): Promise<Backup> {
  const file = resolve(context.io.cwd, to);
  const database = databaseOf(context, db);
  requireFree(file, replace);
  requireApart(file, database);
  await requireIgnored(file, { env: context.io.env, allowInGit }, 'the names and users in it');
  context.startMutation();
  return withPrivateFolder(dirname(file), async (folder) => {
    const copy = join(folder, basename(file));
    closeSync(openSync(copy, 'wx', 0o600));
    const copied = copyDatabase(database, copy, context.timeout);
    sync(copy);
    requireFree(file, replace);
    renameSync(copy, file);
    sync(dirname(file));
    return { ...copied, file, bytes: statSync(file).size };
  });
}

/** A link is not followed, and a folder not filled. Throws `KeysError`. */
function requireFree(file: string, replace: boolean): void {
  const found = lstatSync(file, { throwIfNoEntry: false });
  if (found && !found.isFile()) {
    throw new KeysError({
      code: 'not_a_plain_file',
      message: `${file} is not a plain file: a backup is written to no other`,
      hints: [`ls -ld ${shellWord(file)}`],
    });
  }
  if (found && !replace) {
    throw usageError(`${file} is there already`, `keys backup ${shellWord(file)} --yes replaces it`);
  }
  if (existsSync(dirname(file))) return;
  throw new KeysError({
    code: 'folder_missing',
    message: `the folder of ${file} does not exist`,
    hints: [`mkdir -p -m 700 ${shellWord(dirname(file))}`],
  });
}

/** Neither over the database nor over what is kept beside it. Throws `KeysError` (usage). */
function requireApart(file: string, database: string): void {
  const taken = ['', '-wal', '-shm', '.ends'].map((end) => `${database}${end}`);
  if (!taken.some((path) => path === file || isSameFile(path, file))) return;
  throw usageError(`${file} is what is to be backed up`, 'name another file');
}

function isSameFile(path: string, other: string): boolean {
  const [one, two] = [path, other].map((name) => statSync(name, { throwIfNoEntry: false }));
  return one !== undefined && two !== undefined && one.dev === two.dev && one.ino === two.ino;
}

/** Where a restored backup went, and what became of the database before it. */
export interface Restoring extends RestoreResult {
  database: string;
  /** null: there was none. */
  previous: string | null;
}

export async function restoreBackup(
  context: Context,
  from: string,
  db: string | undefined,
): Promise<Restoring> {
  const file = resolve(context.io.cwd, from);
  const database = databaseOf(context, db);
  requireBackup(file, database);
  context.startMutation();
  makePrivateFolder(dirname(database));
  return withPrivateFolder(dirname(database), async (folder) => {
    const copy = join(folder, 'restored.db');
    copyFileSync(file, copy);
    chmodSync(copy, 0o600);
    const previous = `${database}.before-${stamp(context.now)}`;
    const restored = restoreDatabase({ copy, name: file, database, previous, timeoutMs: context.timeout });
    sync(database);
    sync(dirname(database));
    return { ...restored, database, previous: restored.replaced ? previous : null };
  });
}

function requireBackup(file: string, database: string): void {
  const found = statSync(file, { throwIfNoEntry: false });
  if (!found) {
    throw new KeysError({ code: 'no_backup', message: `there is no file ${file}` });
  }
  if (!found.isFile()) throw notABackup(file);
  if (isSameFile(file, database)) {
    throw usageError(`${file} is the database itself`, 'keys backup <file> makes a backup of it');
  }
  const log = statSync(`${file}-wal`, { throwIfNoEntry: false });
  if (!log || log.size === 0) return;
  throw new KeysError({
    code: 'not_a_backup',
    message: `${file} is a database with a log of its own (${basename(file)}-wal), and only half of it without that`,
    hints: [`keys backup <file> --db ${shellWord(file)} makes one file of it`],
  });
}

/** `20261121T173000123Z`: sorts by time, and is a file name everywhere. */
function stamp(now: Date): string {
  return now.toISOString().replace(/[-:.]/g, '');
}

/** A folder cannot be opened everywhere; its names are then durable by themselves. */
function sync(path: string): void {
  try {
    const opened = openSync(path, 'r');
    fsyncSync(opened);
    closeSync(opened);
  } catch (error) {
    if (!['EISDIR', 'EPERM', 'EACCES', 'EINVAL'].includes(systemCode(error) ?? '')) throw error;
  }
}
