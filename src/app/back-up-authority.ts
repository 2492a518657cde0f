import { closeSync, existsSync, lstatSync, openSync, renameSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import type { BackupContent } from '../authority/sqlite/backup.ts';
import { copyDatabase } from '../authority/sqlite/backup.ts';
import { KeysError, usageError } from '../base/errors.ts';
import { shellWord } from '../base/shell-word.ts';
import { isSameFile, syncToDisk } from '../platform/files/plain-file.ts';
import { withPrivateFolder } from '../platform/files/private-folder.ts';
import { requireIgnored } from '../sinks/git-ignored.ts';
import type { Context } from './context.ts';
import { databaseFileOf } from './open-authority.ts';

export interface BackupRequest {
  to: string;
  /** The database file; undefined: that of the profile `local`. */
  db: string | undefined;
  /** Whether to replace an existing file. */
  replace: boolean;
  allowInGit: boolean;
}

export interface Backup extends BackupContent {
  file: string;
  bytes: number;
}

/** Writes a backup, all or nothing, readable only by its owner. Throws `KeysError`. */
export async function backUpAuthority(context: Context, request: BackupRequest): Promise<Backup> {
  const { to, db, replace, allowInGit } = request;
  const file = resolve(context.io.cwd, to);
  const database = databaseFileOf(context, db, `pg_dump --format=custom --file=${shellWord(to)} <url>`);
  requireFree(file, replace);
  requireOutsideDatabase(file, database);
  await requireIgnored(file, { env: context.io.env, allowInGit }, 'the names and users in it');
  context.startMutation();
  const backup = await withPrivateFolder(dirname(file), async (folder) => {
    const copy = join(folder, basename(file));
    closeSync(openSync(copy, 'wx', 0o600));
    const content = copyDatabase(database, copy, context.timeout);
    syncToDisk(copy);
    requireFree(file, replace);
    renameSync(copy, file);
    syncToDisk(dirname(file));
    return { ...content, file, bytes: statSync(file).size };
  });
  if (context.isHumanOutput) {
    const name = relative(context.io.cwd, file) || file;
    await context.note(`${name}: ${backup.keys} keys, ${backup.bytes} bytes`);
  }
  return backup;
}

/** Never follows a link or fills a folder. Throws `KeysError`. */
function requireFree(file: string, replace: boolean): void {
  const stats = lstatSync(file, { throwIfNoEntry: false });
  if (stats && !stats.isFile()) {
    throw new KeysError({
      code: 'not_a_plain_file',
      message: `${file} is not a regular file, so it cannot hold a backup`,
      hints: [`ls -ld ${shellWord(file)}`],
    });
  }
  if (stats && !replace) {
    throw usageError(`${file} already exists`, `to replace it: keys backup ${shellWord(file)} --yes`);
  }
  if (existsSync(dirname(file))) return;
  throw new KeysError({
    code: 'folder_missing',
    message: `the folder of ${file} does not exist`,
    hints: [`mkdir -p -m 700 ${shellWord(dirname(file))}`],
  });
}

/** Protects the database and the files beside it. Throws `KeysError` (usage). */
function requireOutsideDatabase(file: string, database: string): void {
  const databaseFiles = ['', '-wal', '-shm', '.ends'].map((suffix) => `${database}${suffix}`);
  if (!databaseFiles.some((path) => path === file || isSameFile(path, file))) return;
  throw usageError(`${file} belongs to the database that you are backing up`, 'name another file');
}
