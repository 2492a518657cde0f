import { join } from 'node:path';
import Database from 'libsql';
import { Authority } from '../../src/authority/authority.ts';
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
  const authority = new Authority({ path: databaseOf(box), now: () => new Date(), timeoutMs });
  try {
    return await work(authority);
  } finally {
    authority.close();
  }
}

/** The secrets that the authority rejects. */
export function refusedKeys(box: Sandbox, secrets: readonly string[]): Promise<string[]> {
  return withAuthority(box, (authority) =>
    secrets.filter((secret) => !authority.authorize({ key: secret }).allowed),
  );
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
