import { join } from 'node:path';
import Database from 'libsql';
import type { Authority } from '../../src/authority/authority.ts';
import { openSqliteAuthority } from '../../src/authority/sqlite/sqlite-authority.ts';
import { openSqliteService } from '../../src/authority/sqlite/sqlite-service.ts';
import type { Sandbox } from './sandbox.ts';

const timeoutMs = 60_000;

export function databaseOf(box: Sandbox): string {
  return join(box.home, 'data', 'authority.db');
}

/** Opens the sandbox's authority in this process for the duration of `work`. */
export async function withAuthority<T>(
  box: Sandbox,
  work: (authority: Authority) => T | Promise<T>,
): Promise<T> {
  const authority = openSqliteAuthority({ path: databaseOf(box), timeoutMs }, () => new Date());
  try {
    return await work(authority);
  } finally {
    await authority.close();
  }
}

/** The secrets that the authority rejects at a time. */
export async function refusedKeys(
  box: Sandbox,
  secrets: readonly string[],
  now: Date = new Date(),
): Promise<string[]> {
  // There may be no database, and no room for one.
  if (secrets.length === 0) return [];
  const service = openSqliteService({ path: databaseOf(box), timeoutMs }, () => now);
  const decisions = await service.gate.authorize(secrets.map((key) => ({ key })));
  await service.close();
  return secrets.filter((_, index) => !decisions[index]?.allowed);
}

/** The result of SQLite's integrity check: `['ok']` if the file is sound. */
export function integrityOf(box: Sandbox): string[] {
  const database = new Database(databaseOf(box), { timeout: timeoutMs });
  try {
    const rows = database.prepare('PRAGMA integrity_check').all() as { integrity_check: string }[];
    return rows.map((row) => row.integrity_check);
  } finally {
    database.close();
  }
}
