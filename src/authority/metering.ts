import type { UsageQuery, UsageRow } from '../keys/ports.ts';
import type { Connection, Value } from './database/connection.ts';
import { isRejectedValue } from './database/database-errors.ts';
import { fromMicros, toTime } from './key-table.ts';
import type { BoundedUse, Use } from './use.ts';
import { bounded } from './use.ts';

/** A use that could not be written, and why. */
export interface LostUse {
  use: Use;
  reason: unknown;
}

/**
 * Writes a log row for each use, and adds them to the counters of their keys and days, in one transaction. Uses that the
 * database refuses are left out, and returned: the others are written all the same. Throws `KeysError` where nothing can
 * be written now.
 */
export function recordUses(database: Connection, uses: readonly Use[], now: number): LostUse[] {
  return database.transaction(() => writeParts(database, uses, now));
}

/** Writes all, or looks for those that are refused by halves. */
function writeParts(database: Connection, uses: readonly Use[], now: number): LostUse[] {
  database.run('SAVEPOINT part');
  try {
    write(
      database,
      uses.map((use) => bounded(use, now)),
    );
    database.run('RELEASE part');
    return [];
  } catch (reason) {
    if (!isRejectedValue(reason)) throw reason;
    database.run('ROLLBACK TO part');
    database.run('RELEASE part');
    const [use, ...others] = uses;
    if (use && others.length === 0) return [{ use, reason }];
    const half = Math.ceil(uses.length / 2);
    return [
      ...writeParts(database, uses.slice(0, half), now),
      ...writeParts(database, uses.slice(half), now),
    ];
  }
}

function write(database: Connection, uses: readonly BoundedUse[]): void {
  // One statement for all: calls into SQLite cost more than what they do.
  database.run(
    `INSERT INTO uses (key_id, at, method, path, status, ip, model, requests, tokens, cost_micros)
     SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
            value ->> 8, value ->> 9
     FROM json_each(?)`,
    JSON.stringify(uses.filter(({ logged }) => logged).map(rowOf)),
  );
  for (const sum of sumsByDay(uses)) addToCounters(database, sum);
}

function rowOf(use: BoundedUse): Value[] {
  const { keyId, at, method, path, statusCode, ip, model, requests, tokens, cost } = use;
  return [keyId, at, method, path, statusCode, ip, model, requests, tokens, cost];
}

interface Sum extends Pick<BoundedUse, 'keyId' | 'requests' | 'tokens' | 'cost' | 'charge' | 'refused'> {
  day: string;
  lastAt: number;
  lastIp: string | null;
}

/** Milliseconds. */
const dayLength = 86_400_000;

/** What the uses of a key come to on a day: many uses of one key cost one change of its counters. */
function sumsByDay(uses: readonly BoundedUse[]): Iterable<Sum> {
  const sums = new Map<string, Sum>();
  for (const { keyId, at, requests, tokens, cost, charge, refused, ip } of uses) {
    const name = `${keyId} ${Math.floor(at / dayLength)}`;
    let sum = sums.get(name);
    if (!sum) {
      const nothing = { requests: 0, tokens: 0, cost: 0, charge: 0, refused: 0 };
      sum = { keyId, day: toTime(at).slice(0, 10), ...nothing, lastAt: at, lastIp: null };
      sums.set(name, sum);
    }
    sum.requests = added(sum.requests, requests);
    sum.tokens = added(sum.tokens, tokens);
    sum.cost = added(sum.cost, cost);
    sum.charge = added(sum.charge, charge);
    sum.refused += refused;
    sum.lastAt = Math.max(sum.lastAt, at);
    sum.lastIp = ip ?? sum.lastIp;
  }
  return sums.values();
}

/** Counters stay at the largest whole number that JavaScript is exact with, and so does their sum. */
const mostCounted = Number.MAX_SAFE_INTEGER;

function added(one: number, other: number): number {
  return Math.min(one + other, mostCounted);
}

function addToCounters(
  database: Connection,
  { keyId, day, requests, tokens, cost, charge, refused, lastAt, lastIp }: Sum,
): void {
  database.run(
    `UPDATE keys SET requests = MIN(requests + ?, ${mostCounted}), tokens = MIN(tokens + ?, ${mostCounted}),
                     spent_micros = MIN(spent_micros + ?, ${mostCounted}),
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
     ON CONFLICT DO UPDATE SET requests = MIN(requests + excluded.requests, ${mostCounted}),
                               tokens = MIN(tokens + excluded.tokens, ${mostCounted}),
                               spent_micros = MIN(spent_micros + excluded.spent_micros, ${mostCounted}),
                               refused = MIN(refused + excluded.refused, ${mostCounted})`,
    keyId,
    day,
    requests,
    tokens,
    cost,
    refused,
  );
}

/** SQL of a sum that cannot overflow: SUM of whole numbers fails past 64 bits. */
export function sumOf(column: string): string {
  return `CAST(MIN(TOTAL(${column}), ${mostCounted}) AS INTEGER)`;
}

/** Counters since a day (UTC), the day among them: a row per key that was used, or a row per day. */
export function readUsage(
  database: Connection,
  { by, since, keyId }: UsageQuery,
  owner: string | null = null,
): UsageRow[] {
  const sum = (column: string) => sumOf(`u.${column}`);
  const sums = `${sum('requests')} AS requests, ${sum('tokens')} AS tokens, ${sum('spent_micros')} AS spent,
                ${sum('refused')} AS refused`;
  const wanted = 'WHERE u.day >= ?1 AND (?2 IS NULL OR u.key_id = ?2) AND (?3 IS NULL OR k.owner = ?3)';
  const sql =
    by === 'day'
      ? `SELECT u.day, ${sums} FROM usage_days u JOIN keys k ON k.id = u.key_id ${wanted}
         GROUP BY u.day ORDER BY u.day`
      : `SELECT k.id, k.name, ${sums} FROM usage_days u JOIN keys k ON k.id = u.key_id ${wanted}
         GROUP BY k.id ORDER BY spent DESC, requests DESC, k.name`;
  return database.all(sql, since?.toISOString().slice(0, 10) ?? '', keyId ?? null, owner).map((row) => ({
    ...(by === 'day' ? { date: String(row.day) } : { keyId: String(row.id), name: String(row.name) }),
    requests: Number(row.requests),
    tokens: Number(row.tokens),
    spentUsd: fromMicros(Number(row.spent)),
    ...(Number(row.refused) > 0 && { refused: Number(row.refused) }),
  }));
}
