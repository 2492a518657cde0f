import { before, parseDuration } from '../base/time.ts';
import type { Connection } from './database/connection.ts';

/* How long the log keeps its rows. Counters of keys and days are kept for good. */

/** A span such as `90d`, or `never` for a log that nothing is removed from. */
export type Retention = string;

export const defaultRetention: Retention = '90d';

const setting = 'log_retention';

/** What the last server said, for whoever else opens the database. */
export function logRetention(database: Connection): Retention {
  const row = database.get('SELECT value FROM settings WHERE name = ?', setting);
  return row ? String(row.value) : defaultRetention;
}

export function setLogRetention(database: Connection, retention: Retention): void {
  if (retention === logRetention(database)) return;
  database.run(
    'INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
    setting,
    retention,
  );
}

/** Removes the oldest rows that the log need not keep, a few at once; how many these were. */
export function pruneLog(database: Connection, now: number, most: number): number {
  const retention = logRetention(database);
  if (retention === 'never') return 0;
  const first = before(new Date(now), parseDuration(retention)).getTime();
  // A span longer than time itself.
  if (Number.isNaN(first)) return 0;
  const oldest = database.get('SELECT at FROM uses ORDER BY at LIMIT 1');
  if (!oldest || Number(oldest.at) >= first) return 0;
  return database.transaction(() =>
    database.run(
      'DELETE FROM uses WHERE id IN (SELECT id FROM uses WHERE at < ? ORDER BY at, id LIMIT ?)',
      first,
      most,
    ),
  );
}
