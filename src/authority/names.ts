import { existsSync } from 'node:fs';
import type { Connection } from './database/connection.ts';
import { isCurrent } from './database/open-database.ts';
import { connectForReading } from './database/read-only.ts';
import { KeyTable } from './key-table.ts';

/** A key or a session, by the words that may name it. */
export interface Named {
  id: string;
  name: string;
}

/** Somebody waits for these names at every key that is pressed. */
const lockTimeoutMs = 50;
const maxNames = 1000;

/** Keys that are not revoked, newest first: all of them, or of very many those with the text in the name or the id. */
export function readKeyNames(path: string, text: string): Named[] {
  return read(path, (database) =>
    new KeyTable(database)
      .all({ revoked: false, limit: maxNames, ...(text !== '' && { search: text }) })
      .map(toNamed),
  );
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
