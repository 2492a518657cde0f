import type Database from 'libsql';
import type { Row, StatusChange } from '../store/work.ts';
import type { Connection } from './connection.ts';
import { isRow } from './connection.ts';
import { sumMonths } from './migrations.ts';

/*
 * A restored backup must not revive what was revoked after it was made. The list beside the database tells, and so does the
 * database that is replaced, if it can be read.
 */

/** What the replaced database says about its keys and sessions. */
export interface CurrentState {
  keys: Row[];
  days: Row[];
  sessions: Row[];
}

/** Reads numbers and ids only: texts could be broken. */
export function readCurrentState(database: Database.Database): CurrentState {
  const all = (sql: string): Row[] => database.prepare(sql).all([]).filter(isRow);
  return {
    keys: all(
      'SELECT id, revoked_at, disabled, expires_at, requests, tokens, spent_micros, last_used_at FROM keys',
    ),
    days: all('SELECT key_id, day, requests, tokens, spent_micros FROM usage_days'),
    // The first version of the tables had no sessions.
    sessions: all("SELECT name FROM sqlite_master WHERE name = 'sessions'").length
      ? all('SELECT id, revoked_at FROM sessions WHERE revoked_at IS NOT NULL')
      : [],
  };
}

/** Applies revocations and spending since the backup. Returns how many keys and sessions stopped working because of it. */
export function reconcile(
  backup: Connection,
  changes: readonly StatusChange[],
  current: CurrentState | undefined,
): number {
  return backup.transaction(() => {
    const before = countActive(backup);
    for (const change of changes) applyChange(backup, change);
    if (current) applyState(backup, current);
    return before - countActive(backup);
  });
}

function countActive(backup: Connection): number {
  const row = backup.get(
    `SELECT (SELECT COUNT(*) FROM keys WHERE revoked_at IS NULL AND disabled = 0)
          + (SELECT COUNT(*) FROM sessions WHERE revoked_at IS NULL) AS active`,
  );
  return Number(row?.active);
}

function applyChange(
  backup: Connection,
  { key, session, at, revoked, disabled, expiresAt }: StatusChange,
): void {
  const revoke = (table: string, id: string) =>
    backup.run(`UPDATE ${table} SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL`, at, id);
  if (session !== undefined && revoked) revoke('sessions', session);
  if (key === undefined) return;
  if (revoked) revoke('keys', key);
  if (disabled !== undefined) backup.run('UPDATE keys SET disabled = ? WHERE id = ?', Number(disabled), key);
  if (expiresAt !== undefined) backup.run('UPDATE keys SET expires_at = ? WHERE id = ?', expiresAt, key);
}

/** Counters only grow, so the larger value is the later one. */
function applyState(backup: Connection, { keys, days, sessions }: CurrentState): void {
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
  backup.run('DELETE FROM spending');
  backup.run(sumMonths);
  for (const row of sessions) {
    backup.run(
      'UPDATE sessions SET revoked_at = COALESCE(revoked_at, ?) WHERE id = ?',
      ...values(row, 'revoked_at', 'id'),
    );
  }
}
