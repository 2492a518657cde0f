import { monotonicMs } from '../../platform/monotonic.ts';
import type { DatabasePool, DatabaseSession } from './database-pool.ts';
import { isConflict, sqlState } from './postgres-errors.ts';

/*
 * The log has a partition for each day (UTC), made two days ahead, so that a day expires by dropping its partition: no row is
 * searched for, and no space is left to be cleaned up. A row of any other time goes to the default partition, whose expired
 * rows are removed one by one.
 */

const dayMs = 86_400_000;
const daysAhead = 2;

/** How long queries of the log may hold up a change of its partitions: those that write wait behind it. */
const lockTimeoutMs = 100;

/** How long not to try again after a change of partitions had to wait too long. */
const pauseMs = 10_000;

export class LogPartitions {
  readonly #pool: DatabasePool;
  #madeUntil = 0;
  #pausedUntil = 0;

  constructor(pool: DatabasePool) {
    this.#pool = pool;
  }

  /** Makes those of today and of the next days. If it fails, rows go to the default partition meanwhile. */
  async makeAhead(now: number): Promise<void> {
    const today = Math.floor(now / dayMs);
    if (today + daysAhead <= this.#madeUntil || monotonicMs() < this.#pausedUntil) return;
    try {
      for (let day = today; day <= today + daysAhead; day += 1) await this.#make(day);
      this.#madeUntil = today + daysAhead;
    } catch {
      this.#pausedUntil = monotonicMs() + pauseMs;
    }
  }

  /**
   * Removes rows from before a time, and returns how many: of the default partition at most `maxRows`, or the whole
   * partition of a day. A day's rows stay until all of them have expired, unless less than a day is kept.
   */
  async prune(earliestKept: number, maxRows: number, now: number): Promise<number> {
    const dropped = await this.#dropOldest(earliestKept);
    if (dropped > 0) return dropped;
    const table = now - earliestKept < dayMs ? 'uses' : 'uses_other';
    const { rowCount } = await this.#pool.use((session) =>
      session.query(
        `DELETE FROM ${table} WHERE id IN (SELECT id FROM ${table} WHERE at < $1 ORDER BY at, id LIMIT $2) AND at < $1`,
        [earliestKept, maxRows],
      ),
    );
    return rowCount ?? 0;
  }

  /** Drops the oldest partition if it has expired. Returns about how many rows it had, at least 1; 0 if there was none. */
  async #dropOldest(earliestKept: number): Promise<number> {
    const { rows } = await this.#pool.use((session) =>
      session.query(
        `SELECT c.relname AS name, GREATEST(c.reltuples, 1)::BIGINT AS rows FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
         WHERE i.inhparent = 'uses'::regclass AND c.relname ~ '^uses_[0-9]+$' AND c.relname < $1 ORDER BY c.relname COLLATE "C" LIMIT 1`,
        [nameOf(Math.floor(earliestKept / dayMs))],
      ),
    );
    if (!rows[0]) return 0;
    await this.#alone((session) => session.query(`DROP TABLE IF EXISTS ${rows[0]?.name}`));
    return Number(rows[0].rows);
  }

  async #make(day: number): Promise<void> {
    const name = nameOf(day);
    await this.#alone(async (session) => {
      const { rows } = await session.query('SELECT 1 FROM pg_class WHERE relname = $1', [name]);
      if (rows.length > 0) return;
      await session.query(
        `CREATE TABLE ${name} PARTITION OF uses FOR VALUES FROM (${day * dayMs}) TO (${(day + 1) * dayMs})`,
      );
    });
  }

  /** One server at a time changes the partitions. */
  async #alone(work: (session: DatabaseSession) => Promise<unknown>): Promise<void> {
    await this.#pool.use(async (session) => {
      await session.query(`BEGIN; SET LOCAL lock_timeout = ${lockTimeoutMs}`);
      try {
        await session.query("SELECT pg_advisory_xact_lock(hashtext('keys_authority partitions'))");
        await work(session);
        await session.query('COMMIT');
      } catch (error) {
        await session.rollback();
        // Rows of that day are in the default partition already, where they stay.
        if (sqlState(error) === '23514' || isConflict(error)) return;
        throw error;
      }
    });
  }
}

/** Sorts by day. */
function nameOf(day: number): string {
  return `uses_${String(day).padStart(6, '0')}`;
}
