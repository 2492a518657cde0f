import { existsSync } from 'node:fs';
import Database from 'libsql';
import { KeysError } from '../../base/errors.ts';
import { newerDatabase, withDatabaseErrors } from './database-errors.ts';
import { migrations } from './migrations.ts';
import { connectForReading } from './read-only.ts';

/** What a backup holds. */
export interface BackupContent {
  keys: number;
  /** Version of the tables. */
  schema: number;
}

/**
 * Copies a consistent snapshot of the database into an existing empty file while other processes use the database. The
 * copy is a single file without a log beside it. Throws `KeysError`.
 */
export function copyDatabase(path: string, target: string, timeoutMs: number): BackupContent {
  if (!existsSync(path)) throw noDatabase(path);
  const database = connectForReading(path, timeoutMs);
  try {
    database.run('VACUUM INTO ?', target);
  } finally {
    database.close();
  }
  return checkBackup(target, target);
}

/**
 * Checks from end to end that a file is an authority's database of this version or an earlier one. Leaves nothing beside
 * it. Throws `KeysError`, which refers to the file by `name`.
 */
export function checkBackup(file: string, name: string): BackupContent {
  return withDatabaseErrors(name, () => {
    const database = new Database(file, { timeout: 0 });
    try {
      return contentOf(database, name);
    } catch (error) {
      if (error instanceof KeysError) throw error;
      throw damaged(name, error instanceof Error ? error.message : String(error));
    } finally {
      database.close();
    }
  });
}

function contentOf(database: Database.Database, name: string): BackupContent {
  const first = (sql: string) => Object.values(database.prepare(sql).get([]) ?? {})[0];
  const verdict = first('PRAGMA integrity_check');
  if (verdict !== 'ok') throw damaged(name, String(verdict));
  const schema = Number(first('PRAGMA user_version'));
  const tables = Number(
    first("SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name IN ('keys', 'uses')"),
  );
  // The authority has no views or triggers: planted ones could run unseen.
  const foreignObjects = Number(
    first("SELECT COUNT(*) FROM sqlite_master WHERE type NOT IN ('table', 'index')"),
  );
  if (schema === 0 || tables !== 2 || foreignObjects > 0) throw notABackup(name);
  if (schema > migrations.length) throw newerDatabase(name);
  if (database.prepare('PRAGMA foreign_key_check').all([]).length > 0) {
    throw damaged(name, 'some rows refer to missing keys or users');
  }
  return { keys: Number(first('SELECT COUNT(*) FROM keys')), schema };
}

function noDatabase(path: string): KeysError {
  return new KeysError({
    code: 'no_database',
    message: `there is no database at ${path}; creating the first key creates it`,
    hints: ['keys doctor', 'name another database with --db <path>'],
  });
}

export function notABackup(file: string): KeysError {
  return new KeysError({
    code: 'not_a_backup',
    message: `${file} is not a backup of the authority`,
    hints: ['to make one: keys backup <file>'],
  });
}

function damaged(file: string, problem: string): KeysError {
  return new KeysError({
    code: 'backup_damaged',
    message: `${file} is damaged: ${problem}`,
    hints: ['restore an earlier backup'],
  });
}
