import type { UsageQuery, UsageRow } from '../keys/ports.ts';
import { fromMicros, toTime } from './key-row.ts';
import type { Connection, Value } from './sqlite/connection.ts';
import { isRejectedValue } from './sqlite/database-errors.ts';
import type { BoundedUse, Use } from './use.ts';
import { boundedUse } from './use.ts';

/** A use that could not be recorded, and why. */
export interface LostUse {
  use: Use;
  reason: unknown;
}

/**
 * Writes a log row for each use and adds it to the counters of its key and day, all in one transaction. Leaves out and
 * returns uses that the database rejects. Throws `KeysError` if nothing can be written at the moment.
 */
export function recordUses(database: Connection, uses: readonly Use[], now: number): LostUse[] {
  return database.transaction(() => writeBatch(database, uses, now));
}

/** Writes all uses; if any is rejected, finds it by bisection. */
function writeBatch(database: Connection, uses: readonly Use[], now: number): LostUse[] {
  database.run('SAVEPOINT part');
  try {
    write(
      database,
      uses.map((use) => boundedUse(use, now)),
    );
    database.run('RELEASE part');
    return [];
  } catch (reason) {
    if (!isRejectedValue(reason)) throw reason;
    database.run('ROLLBACK TO part');
    database.run('RELEASE part');
    const [use] = uses;
    if (use && uses.length === 1) return [{ use, reason }];
    const middle = Math.ceil(uses.length / 2);
    const lostUses = writeBatch(database, uses.slice(0, middle), now);
    return lostUses.concat(writeBatch(database, uses.slice(middle), now));
  }
}

function write(database: Connection, uses: readonly BoundedUse[]): void {
  const loggedUses = uses.filter(({ logged }) => logged);
  const maxTimes = loggedUses.reduce((max, { times }) => Math.max(max, times), 1);
  // One statement for all: a call into SQLite costs more than what it does, and reading JSON more than writing a row.
  database.run(
    `WITH distinct_uses AS MATERIALIZED (
       SELECT value ->> 0 AS key_id, value ->> 1 AS at, value ->> 2 AS method, value ->> 3 AS path, value ->> 4 AS status,
              value ->> 5 AS ip, value ->> 6 AS model, value ->> 7 AS requests, value ->> 8 AS tokens,
              value ->> 9 AS cost_micros, value ->> 10 AS times
       FROM json_each(?1)
     )
     INSERT INTO uses (key_id, at, method, path, status, ip, model, requests, tokens, cost_micros)
     SELECT key_id, at, method, path, status, ip, model, requests, tokens, cost_micros
     FROM distinct_uses CROSS JOIN (SELECT key AS repetition FROM json_each(?2)) WHERE repetition < times`,
    JSON.stringify(loggedUses.map(rowOf)),
    `[0${',0'.repeat(maxTimes - 1)}]`,
  );
  for (const sum of sumsByDay(uses)) addToCounters(database, sum);
}

function rowOf(use: BoundedUse): Value[] {
  const { keyId, at, method, path, statusCode, ip, model, requests, tokens, cost, times } = use;
  return [keyId, at, method, path, statusCode, ip, model, requests, tokens, cost, times];
}

interface Sum extends Pick<BoundedUse, 'keyId' | 'requests' | 'tokens' | 'cost' | 'charge' | 'refused'> {
  day: string;
  lastAt: number;
  lastIp: string | null;
}

const dayMs = 86_400_000;

/** Sums uses by key and day: many uses of one key cost one update of its counters. */
function sumsByDay(uses: readonly BoundedUse[]): Iterable<Sum> {
  const sums = new Map<string, Sum>();
  for (const { keyId, at, requests, tokens, cost, charge, refused, ip, times } of uses) {
    const group = `${keyId} ${Math.floor(at / dayMs)}`;
    let sum = sums.get(group);
    if (!sum) {
      const nothing = { requests: 0, tokens: 0, cost: 0, charge: 0, refused: 0 };
      sum = { keyId, day: toTime(at).slice(0, 10), ...nothing, lastAt: at, lastIp: null };
      sums.set(group, sum);
    }
    sum.requests = cappedSum(sum.requests, requests * times);
    sum.tokens = cappedSum(sum.tokens, tokens * times);
    sum.cost = cappedSum(sum.cost, cost * times);
    sum.charge = cappedSum(sum.charge, charge * times);
    sum.refused += refused * times;
    sum.lastAt = Math.max(sum.lastAt, at);
    sum.lastIp = ip ?? sum.lastIp;
  }
  return sums.values();
}

/** Counters and their sums stop at the largest integer that JavaScript represents exactly. */
const maxCount = Number.MAX_SAFE_INTEGER;

function cappedSum(one: number, other: number): number {
  return Math.min(one + other, maxCount);
}

function addToCounters(
  database: Connection,
  { keyId, day, requests, tokens, cost, charge, refused, lastAt, lastIp }: Sum,
): void {
  database.run(
    `UPDATE keys SET requests = MIN(requests + ?, ${maxCount}), tokens = MIN(tokens + ?, ${maxCount}),
                     spent_micros = MIN(spent_micros + ?, ${maxCount}),
                     last_used_at = MAX(COALESCE(last_used_at, 0), ?), last_used_ip = COALESCE(?, last_used_ip)
     WHERE id = ?`,
    requests,
    tokens,
    charge,
    lastAt,
    lastIp,
    keyId,
  );
  database.run(
    `INSERT INTO usage_days (key_id, day, requests, tokens, spent_micros, refused) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET requests = MIN(requests + excluded.requests, ${maxCount}),
                               tokens = MIN(tokens + excluded.tokens, ${maxCount}),
                               spent_micros = MIN(spent_micros + excluded.spent_micros, ${maxCount}),
                               refused = MIN(refused + excluded.refused, ${maxCount})`,
    keyId,
    day,
    requests,
    tokens,
    cost,
    refused,
  );
}

/** SQL for a sum that cannot overflow: SUM of integers fails past 64 bits. */
export function sumOf(column: string): string {
  return `CAST(MIN(TOTAL(${column}), ${maxCount}) AS INTEGER)`;
}

/** Usage from a day (UTC) on, that day included: a row per used key, or a row per day. */
export function readUsage(
  database: Connection,
  { by, since, keyId }: UsageQuery,
  owner: string | null = null,
): UsageRow[] {
  const sum = (column: string) => sumOf(`u.${column}`);
  const sums = `${sum('requests')} AS requests, ${sum('tokens')} AS tokens, ${sum('spent_micros')} AS spent,
                ${sum('refused')} AS refused`;
  const conditions = 'WHERE u.day >= ?1 AND (?2 IS NULL OR u.key_id = ?2) AND (?3 IS NULL OR k.owner = ?3)';
  const sql =
    by === 'day'
      ? `SELECT u.day, ${sums} FROM usage_days u JOIN keys k ON k.id = u.key_id ${conditions}
         GROUP BY u.day ORDER BY u.day`
      : `SELECT k.id, k.name, ${sums} FROM usage_days u JOIN keys k ON k.id = u.key_id ${conditions}
         GROUP BY k.id ORDER BY spent DESC, requests DESC, k.name`;
  return database.all(sql, since?.toISOString().slice(0, 10) ?? '', keyId ?? null, owner).map((row) => ({
    ...(by === 'day' ? { date: String(row.day) } : { keyId: String(row.id), name: String(row.name) }),
    requests: Number(row.requests),
    tokens: Number(row.tokens),
    spentUsd: fromMicros(Number(row.spent)),
    ...(Number(row.refused) > 0 && { refused: Number(row.refused) }),
  }));
}

/** The requests of each of these keys by day (UTC) from a day on, in one query. */
export function readDailyRequests(
  database: Connection,
  ids: readonly string[],
  since: string,
): Map<string, Record<string, number>> {
  // The order of the tables is set: a look-up per key, and never a scan of all days of all keys.
  const sql = `SELECT u.key_id AS id, json_group_object(u.day, u.requests) AS days
    FROM json_each(?1) AS ids CROSS JOIN usage_days u ON u.key_id = ids.value AND u.day >= ?2
    WHERE u.requests > 0 GROUP BY u.key_id`;
  return new Map(
    database
      .all(sql, JSON.stringify(ids), since)
      .map(({ id, days }): [string, Record<string, number>] => [String(id), JSON.parse(String(days))]),
  );
}
