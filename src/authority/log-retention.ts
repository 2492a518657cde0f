import { before, parseDuration } from '../base/time.ts';
import type { Store } from './store/store.ts';
import type { Work } from './store/work.ts';
import { get, run } from './store/work.ts';

/* How long the log keeps its rows. Counters of keys and days are kept forever. */

/** A duration such as `90d`, or `never` to keep all rows. */
export type Retention = string;

export const defaultRetention: Retention = '90d';

const settingName = 'log_retention';

/** The retention that the last server set. It applies to every process that opens the database. */
export function* logRetention(): Work<Retention> {
  const row = yield* get('SELECT value FROM settings WHERE name = ?', settingName);
  return row ? String(row.value) : defaultRetention;
}

export function* setLogRetention(retention: Retention): Work<void> {
  if (retention === (yield* logRetention())) return;
  yield* run(
    'INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
    settingName,
    retention,
  );
}

/** The time before which rows have expired; undefined if none ever do. */
export function earliestKeptWith(retention: Retention, now: number): number | undefined {
  if (retention === 'never') return undefined;
  const earliestKept = before(new Date(now), parseDuration(retention)).getTime();
  // The duration reaches back before the earliest representable date.
  return Number.isNaN(earliestKept) ? undefined : earliestKept;
}

/** The time before which rows are to be removed; undefined if there are none. */
export function* expiredBefore(now: number): Work<number | undefined> {
  const earliestKept = earliestKeptWith(yield* logRetention(), now);
  if (earliestKept === undefined) return undefined;
  const oldest = yield* get('SELECT at FROM uses ORDER BY at LIMIT 1');
  return oldest && Number(oldest.at) < earliestKept ? earliestKept : undefined;
}

/** Removes the oldest rows from before a time, at most `maxRows`. Returns how many it removed. */
export function* removeUses(earliestKept: number, maxRows: number): Work<number> {
  return yield* run(
    'DELETE FROM uses WHERE id IN (SELECT id FROM uses WHERE at < ? ORDER BY at, id LIMIT ?)',
    earliestKept,
    maxRows,
  );
}

/** Removes expired rows, at most `maxRows`. Returns how many it removed. */
export async function pruneLog(store: Store, now: number, maxRows: number): Promise<number> {
  const earliestKept = await store.read(() => expiredBefore(now));
  return earliestKept === undefined ? 0 : store.write(() => removeUses(earliestKept, maxRows));
}
