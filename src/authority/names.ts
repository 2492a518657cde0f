import { existsSync } from 'node:fs';
import type { Connection } from './sqlite/connection.ts';
import { isCurrent } from './sqlite/open-database.ts';
import { connectForReading } from './sqlite/read-only.ts';
import { storable } from './store/stored-text.ts';

/** A key or a session, by the words that may name it. */
export interface Named {
  id: string;
  name: string;
}

/** Somebody waits for these names at every Tab. */
const lockTimeoutMs = 50;
const maxNames = 500;

/** Keys that are not revoked and whose name or id starts with the text in either case, newest first, and not all of very many. */
export function readKeyNames(path: string, start: string): Named[] {
  const sql = `SELECT id, name FROM keys
    WHERE revoked_at IS NULL AND (name LIKE ?1 ESCAPE '\\' OR id LIKE ?1 ESCAPE '\\')
    ORDER BY created_at DESC, id DESC LIMIT ?2`;
  const pattern = `${storable(start).replace(/[\\%_]/g, '\\$&')}%`;
  return read(path, (database) => database.all(sql, pattern, maxNames).map(toNamed));
}

/** Active sessions, each by the name of its user. */
export function readSessionNames(path: string, now: number): Named[] {
  const sql = `SELECT id, user AS name FROM sessions
    WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?) ORDER BY created_at DESC LIMIT ?`;
  return read(path, (database) => database.all(sql, now, maxNames).map(toNamed));
}

function toNamed({ id, name }: Record<string, unknown>): Named {
  return { id: String(id), name: String(name) };
}

/** Neither creates the database nor updates its tables: empty if that would be necessary. Throws if it cannot be read. */
function read<T>(path: string, query: (database: Connection) => T[]): T[] {
  if (!existsSync(path)) return [];
  const database = connectForReading(path, lockTimeoutMs);
  try {
    return isCurrent(database) ? query(database) : [];
  } finally {
    database.close();
  }
}
