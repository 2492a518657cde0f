import { existsSync } from 'node:fs';
import Database from 'libsql';
import { KeysError } from '../../base/errors.ts';
import { guarded } from './connection.ts';
import { migrations } from './migrations.ts';
import { connectForReading } from './read-only.ts';

export interface Copied {
  keys: number;
  /** Version of the tables. */
  schema: number;
}

/**
 * Writes all that the database holds at this moment into a file that is there and empty, while other processes use the
 * database; the copy is one file, without a log beside it. Throws `KeysError`.
 */
export function copyDatabase(path: string, into: string, timeout: number): Copied {
  if (!existsSync(path)) throw noDatabase(path);
  const database = connectForReading(path, timeout);
  try {
    database.run('VACUUM INTO ?', into);
  } finally {
    database.close();
  }
  return checkCopy(into, into);
}

/**
 * Checks from end to end that a file is a database of ours, of this version or an earlier one. Leaves nothing beside it.
 * Throws `KeysError`, which calls the file by the given name.
 */
export function checkCopy(file: string, name: string): Copied {
  return guarded(name, () => {
    const database = new Database(file, { timeout: 0 });
    try {
      const one = (sql: string) => Object.values(database.prepare(sql).get([]) ?? {})[0];
      const verdict = one('PRAGMA integrity_check');
      if (verdict !== 'ok') throw damaged(name, String(verdict));
      const schema = Number(one('PRAGMA user_version'));
      // Views and triggers are none of ours: they would do things that nobody sees.
      const tables = Number(
        one("SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name IN ('keys', 'uses')"),
      );
      const others = Number(one("SELECT COUNT(*) FROM sqlite_master WHERE type NOT IN ('table', 'index')"));
      if (schema === 0 || tables !== 2 || others > 0) throw notOurs(name);
      if (schema > migrations.length) throw newer(name);
      if (database.prepare('PRAGMA foreign_key_check').all([]).length > 0) {
        throw damaged(name, 'rows refer to keys or users that are not there');
      }
      return { keys: Number(one('SELECT COUNT(*) FROM keys')), schema };
    } catch (error) {
      if (error instanceof KeysError) throw error;
      throw damaged(name, error instanceof Error ? error.message : String(error));
    } finally {
      database.close();
    }
  });
}

function noDatabase(path: string): KeysError {
  return new KeysError({
    code: 'no_database',
    message: `there is no database at ${path}: the first key makes it`,
    hints: ['keys doctor', 'name another one with --db <path>'],
  });
}

export function notOurs(file: string): KeysError {
  return new KeysError({
    code: 'not_a_backup',
    message: `${file} is not a database of the authority`,
    hints: ['keys backup <file> makes one'],
  });
}

function damaged(file: string, problem: string): KeysError {
  return new KeysError({
    code: 'backup_damaged',
    message: `${file} is damaged: ${problem}`,
    hints: ['restore an earlier backup'],
  });
}

function newer(file: string): KeysError {
  return new KeysError({
    code: 'authority_newer',
    message: `${file} was written by a newer version of keys`,
    hints: ['update keys to that version or a later one'],
  });
}
