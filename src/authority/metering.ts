import type { LogEntry, LogQuery, UsageQuery, UsageRow } from '../lifecycle/ports.ts';
import type { Connection, Row, Value } from './database.ts';
import { fromMicros, optionalText, toMicros, toTime } from './key-table.ts';

/** One use of a key, as it is metered. Refused uses are recorded too, with no requests and no cost. */
export interface Use {
  keyId: string;
  /** Milliseconds since the epoch; absent: now. */
  at?: number;
  method: string;
  path: string;
  statusCode: number;
  ip?: string;
  model?: string;
  requests: number;
  tokens: number;
  costUsd: number;
}

/** Writes a log row for each use, and adds them to the counters of their keys and days, in one transaction. */
export function recordUses(database: Connection, uses: readonly Use[], now: number): void {
  database.transaction(() => {
    // One statement for all: calls into SQLite cost more than what they do.
    database.run(
      `INSERT INTO uses (key_id, at, method, path, status, ip, model, requests, tokens, cost_micros)
       SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
              value ->> 8, value ->> 9
       FROM json_each(?)`,
      JSON.stringify(uses.map((use) => rowOf(use, now))),
    );
    for (const sum of sumsByDay(uses, now)) addToCounters(database, sum);
  });
}

function rowOf(use: Use, now: number): Value[] {
  const {
    keyId,
    at = now,
    method,
    path,
    statusCode,
    ip = null,
    model = null,
    requests,
    tokens,
    costUsd,
  } = use;
  return [keyId, at, method, path, statusCode, ip, model, requests, tokens, toMicros(costUsd)];
}

interface Sum {
  keyId: string;
  day: string;
  requests: number;
  tokens: number;
  cost: number;
  lastAt: number;
  lastIp: string | null;
}

/** Milliseconds. */
const dayLength = 86_400_000;

/** What the uses of a key come to on a day: many uses of one key cost one change of its counters. */
function sumsByDay(uses: readonly Use[], now: number): Iterable<Sum> {
  const sums = new Map<string, Sum>();
  for (const { keyId, at = now, requests, tokens, costUsd, ip } of uses) {
    const name = `${keyId} ${Math.floor(at / dayLength)}`;
    let sum = sums.get(name);
    if (!sum) {
      sum = {
        keyId,
        day: toTime(at).slice(0, 10),
        requests: 0,
        tokens: 0,
        cost: 0,
        lastAt: at,
        lastIp: null,
      };
      sums.set(name, sum);
    }
    sum.requests += requests;
    sum.tokens += tokens;
    sum.cost += toMicros(costUsd);
    sum.lastAt = Math.max(sum.lastAt, at);
    sum.lastIp = ip ?? sum.lastIp;
  }
  return sums.values();
}

function addToCounters(
  database: Connection,
  { keyId, day, requests, tokens, cost, lastAt, lastIp }: Sum,
): void {
  database.run(
    `UPDATE keys SET requests = requests + ?, tokens = tokens + ?, spent_micros = spent_micros + ?,
                     last_used_at = MAX(COALESCE(last_used_at, 0), ?), last_used_ip = COALESCE(?, last_used_ip)
     WHERE id = ?`,
    requests,
    tokens,
    cost,
    lastAt,
    lastIp,
    keyId,
  );
  database.run(
    `INSERT INTO usage_days (key_id, day, requests, tokens, spent_micros) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET requests = requests + excluded.requests, tokens = tokens + excluded.tokens,
                               spent_micros = spent_micros + excluded.spent_micros`,
    keyId,
    day,
    requests,
    tokens,
    cost,
  );
}

/** A place in the log: the entries after it are older. */
export interface LogPlace {
  at: number;
  id: number;
}

/** Which rows of the log, where these are given: of one user's keys, of single keys only, after a place. */
export interface LogScope {
  owner?: string | null;
  single?: boolean;
  after?: LogPlace;
}

/** An entry of the log, and its place. */
export interface PlacedEntry {
  entry: LogEntry;
  place: LogPlace;
}

/** The log rows that a query names, newest first, one at a time. */
export function* readLog(
  database: Connection,
  query: LogQuery,
  scope: LogScope = {},
): Generator<PlacedEntry> {
  const { filter, values } = conditionsOf(query, scope);
  for (const row of database.iterate(`SELECT * FROM uses ${filter} ORDER BY at DESC, id DESC`, ...values)) {
    yield { entry: toLogEntry(row), place: { at: Number(row.at), id: Number(row.id) } };
  }
}

/** How many log rows a query names. */
export function countLog(database: Connection, query: LogQuery, scope: LogScope): number {
  const { filter, values } = conditionsOf(query, scope);
  return Number(database.get(`SELECT COUNT(*) AS count FROM uses ${filter}`, ...values)?.count ?? 0);
}

function conditionsOf(
  query: LogQuery,
  { owner = null, single = false, after }: LogScope,
): { filter: string; values: Value[] } {
  const conditions: string[] = [];
  const values: Value[] = [];
  const where = (condition: string, ...operands: Value[]) => {
    conditions.push(condition);
    values.push(...operands);
  };
  if (owner !== null) where('key_id IN (SELECT id FROM keys WHERE owner = ?)', owner);
  if (single) where('key_id IN (SELECT id FROM keys WHERE single = 1)');
  if (after) where('(at, id) < (?, ?)', after.at, after.id);
  if (query.keyId !== undefined) where('key_id = ?', query.keyId);
  if (query.since) where('at >= ?', query.since.getTime());
  if (query.until) where('at <= ?', query.until.getTime());
  if (query.status) where('status BETWEEN ? AND ?', ...statusRange(query.status));
  if (query.method) where('method = ?', query.method);
  // SQLite counts code points, JavaScript's `length` halves of them.
  if (query.pathPrefix) where('substr(path, 1, ?) = ?', [...query.pathPrefix].length, query.pathPrefix);
  return { filter: conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '', values };
}

function statusRange(status: string): [number, number] {
  return [Number(status.replace(/xx$/i, '00')), Number(status.replace(/xx$/i, '99'))];
}

function toLogEntry(row: Row): LogEntry {
  const [ip, model] = [optionalText(row.ip), optionalText(row.model)];
  return {
    timestamp: toTime(Number(row.at)),
    method: String(row.method),
    path: String(row.path),
    statusCode: Number(row.status),
    keyId: String(row.key_id),
    ...(ip !== null && { ip }),
    ...(model !== null && { model }),
    requests: Number(row.requests),
    tokens: Number(row.tokens),
    costUsd: fromMicros(Number(row.cost_micros)),
  };
}

/** Counters since a day (UTC), the day among them: a row per key that was used, or a row per day. */
export function readUsage(
  database: Connection,
  { by, since, keyId }: UsageQuery,
  owner: string | null = null,
): UsageRow[] {
  const sums = 'SUM(u.requests) AS requests, SUM(u.tokens) AS tokens, SUM(u.spent_micros) AS spent';
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
  }));
}
