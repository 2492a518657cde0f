import type Database from 'libsql';
import type { Connection, Row } from './connection.ts';
import type { End } from './status-changes.ts';

/*
 * A backup must not bring back what was ended after it was made. What is known of that comes from the list beside the
 * database, and from the database that is to be replaced, where it can be read.
 */

/** What the database that is replaced says of its keys and sessions. */
export interface Standing {
  keys: Row[];
  days: Row[];
  sessions: Row[];
}

/** In plain columns, without texts that could be broken. */
export function standingIn(database: Database.Database): Standing {
  const all = (sql: string) => database.prepare(sql).all([]) as Row[];
  return {
    keys: all(
      'SELECT id, revoked_at, disabled, expires_at, requests, tokens, spent_micros, last_used_at FROM keys',
    ),
    days: all('SELECT key_id, day, requests, tokens, spent_micros FROM usage_days'),
    // The first version of the tables had none.
    sessions: all("SELECT name FROM sqlite_master WHERE name = 'sessions'").length
      ? all('SELECT id, revoked_at FROM sessions WHERE revoked_at IS NOT NULL')
      : [],
  };
}

/** Carries over what was ended and what was spent since; how many keys and sessions lost their life by that. */
export function reconcile(backup: Connection, ends: readonly End[], standing: Standing | undefined): number {
  return backup.transaction(() => {
    const before = liveIn(backup);
    for (const end of ends) apply(backup, end);
    if (standing) carryOver(backup, standing);
    return before - liveIn(backup);
  });
}

function liveIn(backup: Connection): number {
  const row = backup.get(
    `SELECT (SELECT COUNT(*) FROM keys WHERE revoked_at IS NULL AND disabled = 0)
          + (SELECT COUNT(*) FROM sessions WHERE revoked_at IS NULL) AS live`,
  );
  return Number(row?.live);
}

function apply(backup: Connection, { key, session, at, revoked, disabled, expiresAt }: End): void {
  const revoke = (table: string, id: string) =>
    backup.run(`UPDATE ${table} SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL`, at, id);
  if (session !== undefined && revoked) revoke('sessions', session);
  if (key === undefined) return;
  if (revoked) revoke('keys', key);
  if (disabled !== undefined) backup.run('UPDATE keys SET disabled = ? WHERE id = ?', Number(disabled), key);
  if (expiresAt !== undefined) backup.run('UPDATE keys SET expires_at = ? WHERE id = ?', expiresAt, key);
}

/** Counters only grow: the larger one is the later one. */
function carryOver(backup: Connection, { keys, days, sessions }: Standing): void {
  const values = (row: Row, ...columns: string[]) => columns.map((column) => row[column] ?? null);
  for (const row of keys) {
    backup.run(
      `UPDATE keys SET revoked_at = COALESCE(revoked_at, ?), disabled = ?, expires_at = ?,
                       requests = MAX(requests, ?), tokens = MAX(tokens, ?), spent_micros = MAX(spent_micros, ?),
                       last_used_at = MAX(COALESCE(last_used_at, 0), ?)
       WHERE id = ?`,
      ...values(row, 'revoked_at', 'disabled', 'expires_at', 'requests', 'tokens', 'spent_micros'),
      row.last_used_at ?? 0,
      row.id ?? null,
    );
  }
  backup.run('UPDATE keys SET last_used_at = NULL WHERE last_used_at = 0');
  for (const row of days) {
    backup.run(
      `INSERT INTO usage_days (key_id, day, requests, tokens, spent_micros) SELECT id, ?2, ?3, ?4, ?5 FROM keys WHERE id = ?1
       ON CONFLICT DO UPDATE SET requests = MAX(requests, excluded.requests), tokens = MAX(tokens, excluded.tokens),
                                 spent_micros = MAX(spent_micros, excluded.spent_micros)`,
      ...values(row, 'key_id', 'day', 'requests', 'tokens', 'spent_micros'),
    );
  }
  for (const row of sessions) {
    backup.run(
      'UPDATE sessions SET revoked_at = COALESCE(revoked_at, ?) WHERE id = ?',
      ...values(row, 'revoked_at', 'id'),
    );
  }
}
