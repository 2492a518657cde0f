import { closeSync, existsSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemCode } from '../../base/errors.ts';
import { makePrivateFolder } from '../../platform/paths.ts';
import type { Connection, Durability } from './connection.ts';
import { connectDatabase, inMemory } from './connection.ts';
import { newerDatabase, withDatabaseErrors } from './database-errors.ts';
import { migrations } from './migrations.ts';

/**
 * Opens the database, creates a missing file (0600 from its first byte, in a 0700 folder) and migrates its tables to this
 * version. Without a path: an empty database in memory. Waits up to `timeoutMs` for other processes.
 */
export function openDatabase(
  path: string | undefined,
  timeoutMs: number,
  durability: Durability = 'synced',
): Connection {
  if (path !== undefined) withDatabaseErrors(path, () => createFile(path));
  const connection = connectDatabase(path ?? inMemory, timeoutMs, durability);
  try {
    migrate(connection);
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** Whether the tables are those of this version. */
export function isCurrent(connection: Connection): boolean {
  return versionOf(connection) === migrations.length;
}

function createFile(path: string): void {
  if (existsSync(path)) return;
  makePrivateFolder(dirname(path));
  try {
    closeSync(openSync(path, 'ax', 0o600));
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
  }
}

function migrate(connection: Connection): void {
  if (versionOf(connection) > migrations.length) throw newerDatabase("the authority's database");
  if (isCurrent(connection)) return;
  connection.transaction(() => {
    // Read again: another process may have migrated while this one waited for the lock.
    for (const migration of migrations.slice(versionOf(connection))) {
      if (typeof migration === 'function') migration(connection);
      else for (const statement of migration) connection.run(statement);
    }
    connection.run(`PRAGMA user_version = ${migrations.length}`);
  });
}

function versionOf(connection: Connection): number {
  return Number(connection.get('PRAGMA user_version')?.user_version ?? 0);
}
