import { before, parseDuration } from '../base/time.ts';
import type { Connection } from './sqlite/connection.ts';

/* How long the log keeps its rows. Counters of keys and days are kept forever. */

/** A duration such as `90d`, or `never` to keep all rows. */
export type Retention = string;

export const defaultRetention: Retention = '90d';

const settingName = 'log_retention';

/** The retention that the last server set. It applies to every process that opens the database. */
export function logRetention(database: Connection): Retention {
  const row = database.get('SELECT value FROM settings WHERE name = ?', settingName);
  return row ? String(row.value) : defaultRetention;
}

export function setLogRetention(database: Connection, retention: Retention): void {
  if (retention === logRetention(database)) return;
  database.run(
    'INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
    settingName,
    retention,
  );
}

/** Removes the oldest expired rows, at most `maxRows`. Returns how many it removed. */
export function pruneLog(database: Connection, now: number, maxRows: number): number {
  const retention = logRetention(database);
  if (retention === 'never') return 0;
  const earliestKept = before(new Date(now), parseDuration(retention)).getTime();
  // The duration reaches back before the earliest representable date.
  if (Number.isNaN(earliestKept)) return 0;
  const oldest = database.get('SELECT at FROM uses ORDER BY at LIMIT 1');
  if (!oldest || Number(oldest.at) >= earliestKept) return 0;
  return database.transaction(() =>
    database.run(
      'DELETE FROM uses WHERE id IN (SELECT id FROM uses WHERE at < ? ORDER BY at, id LIMIT ?)',
      earliestKept,
      maxRows,
    ),
  );
}
