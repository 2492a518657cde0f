import type { LogEntry, LogQuery, UsageQuery, UsageRow } from '../lifecycle/ports.ts';
import type { Connection, Row, Value } from './database.ts';
import { fromMicros, optionalText, toMicros, toTime } from './key-table.ts';

/** One use of a key, as it is metered. Refused uses are recorded too, with no requests and no cost. */
export interface Use {
  keyId: string;
  method: string;
  path: string;
  statusCode: number;
  ip?: string;
  model?: string;
  requests: number;
  tokens: number;
  costUsd: number;
}

/** Writes a log row, and adds the use to the counters of the key and of the day. */
export function recordUse(database: Connection, use: Use, now: number): void {
  const { keyId, requests, tokens } = use;
  const cost = toMicros(use.costUsd);
  database.transaction(() => {
    database.run(
      `INSERT INTO uses (key_id, at, method, path, status, ip, model, requests, tokens, cost_micros)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      keyId,
      now,
      use.method,
      use.path,
      use.statusCode,
      use.ip ?? null,
      use.model ?? null,
      requests,
      tokens,
      cost,
    );
    database.run(
      `UPDATE keys SET requests = requests + ?, tokens = tokens + ?, spent_micros = spent_micros + ?,
                       last_used_at = ?, last_used_ip = COALESCE(?, last_used_ip)
       WHERE id = ?`,
      requests,
      tokens,
      cost,
      now,
      use.ip ?? null,
      keyId,
    );
    database.run(
      `INSERT INTO usage_days (key_id, day, requests, tokens, spent_micros) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET requests = requests + excluded.requests, tokens = tokens + excluded.tokens,
                                 spent_micros = spent_micros + excluded.spent_micros`,
      keyId,
      toTime(now).slice(0, 10),
      requests,
      tokens,
      cost,
    );
  });
}

/** The log rows that a query names, newest first, one at a time. */
export function* readLog(database: Connection, query: LogQuery): Generator<LogEntry> {
  const conditions: string[] = [];
  const values: Value[] = [];
  const where = (condition: string, ...operands: Value[]) => {
    conditions.push(condition);
    values.push(...operands);
  };
  if (query.keyId !== undefined) where('key_id = ?', query.keyId);
  if (query.since) where('at >= ?', query.since.getTime());
  if (query.until) where('at <= ?', query.until.getTime());
  if (query.status) where('status BETWEEN ? AND ?', ...statusRange(query.status));
  if (query.method) where('method = ?', query.method);
  // SQLite counts code points, JavaScript's `length` halves of them.
  if (query.pathPrefix) where('substr(path, 1, ?) = ?', [...query.pathPrefix].length, query.pathPrefix);
  const filter = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
  for (const row of database.iterate(`SELECT * FROM uses ${filter} ORDER BY at DESC, id DESC`, ...values)) {
    yield toLogEntry(row);
  }
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
export function readUsage(database: Connection, { by, since, keyId }: UsageQuery): UsageRow[] {
  const sums = 'SUM(u.requests) AS requests, SUM(u.tokens) AS tokens, SUM(u.spent_micros) AS spent';
  const wanted = 'WHERE u.day >= ? AND (? IS NULL OR u.key_id = ?)';
  const sql =
    by === 'day'
      ? `SELECT u.day, ${sums} FROM usage_days u ${wanted} GROUP BY u.day ORDER BY u.day`
      : `SELECT k.id, k.name, ${sums} FROM usage_days u JOIN keys k ON k.id = u.key_id ${wanted}
         GROUP BY k.id ORDER BY spent DESC, requests DESC, k.name`;
  const key = keyId ?? null;
  return database.all(sql, since?.toISOString().slice(0, 10) ?? '', key, key).map((row) => ({
    ...(by === 'day' ? { date: String(row.day) } : { keyId: String(row.id), name: String(row.name) }),
    requests: Number(row.requests),
    tokens: Number(row.tokens),
    spentUsd: fromMicros(Number(row.spent)),
  }));
}
