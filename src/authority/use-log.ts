import type { LogEntry, LogQuery } from '../keys/ports.ts';
import { fromMicros, toTime } from './key-row.ts';
import type { Store } from './store/store.ts';
import { textOf } from './store/stored-text.ts';
import type { Row, Sql, Value, Work } from './store/work.ts';
import { all, get } from './store/work.ts';

/** A position in the log: the entries after it are older. */
export interface LogPosition {
  at: number;
  id: number;
}

/** Limits a query: to one user's keys, to single keys, to entries after a position. */
export interface LogScope {
  owner?: string | null;
  single?: boolean;
  after?: LogPosition;
}

/** An entry of the log with its position. */
export interface PositionedEntry {
  entry: LogEntry;
  position: LogPosition;
}

const texts = ['key_id', 'method', 'path', 'ip', 'model'];
const numbers = ['id', 'at', 'status', 'requests', 'tokens', 'cost_micros'];

/** Rows read at once. */
const pageSize = 500;

/**
 * Yields the log rows that match a query, newest first. Reads them in pages, since a million rows must need no more memory
 * than one.
 */
export async function* readLog(
  store: Store,
  query: LogQuery,
  scope: LogScope = {},
): AsyncGenerator<PositionedEntry> {
  let after = scope.after;
  for (let isMore = true; isMore; ) {
    const rows = await store.read(() => pageOf(query, { ...scope, ...(after && { after }) }));
    for (const row of rows) {
      after = { at: Number(row.at), id: Number(row.id) };
      yield { entry: toLogEntry(row), position: after };
    }
    isMore = rows.length === pageSize;
  }
}

function* pageOf(query: LogQuery, scope: LogScope): Work<Row[]> {
  const { filter, values } = conditionsOf(query, scope);
  const sql: Sql = ({ readable }) => {
    const columns = [...texts.map((column) => `${readable(column)} AS ${column}`), ...numbers];
    return `SELECT ${columns.join(', ')} FROM uses ${filter} ORDER BY at DESC, id DESC LIMIT ${pageSize}`;
  };
  return yield* all(sql, ...values);
}

/** How many log rows match a query. */
export function* countLog(query: LogQuery, scope: LogScope): Work<number> {
  const { filter, values } = conditionsOf(query, scope);
  return Number((yield* get(`SELECT COUNT(*) AS count FROM uses ${filter}`, ...values))?.count ?? 0);
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
  // SQL counts code points; JavaScript's `length` counts UTF-16 units.
  if (query.pathPrefix) where('substr(path, 1, ?) = ?', [...query.pathPrefix].length, query.pathPrefix);
  return { filter: conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '', values };
}

function statusRange(status: string): [number, number] {
  return [Number(status.replace(/xx$/i, '00')), Number(status.replace(/xx$/i, '99'))];
}

function toLogEntry(row: Row): LogEntry {
  const text = (column: string) => textOf(row[column]);
  const [ip, model] = [text('ip'), text('model')];
  return {
    timestamp: toTime(Number(row.at)),
    method: text('method') ?? '',
    path: text('path') ?? '',
    statusCode: Number(row.status),
    keyId: text('key_id') ?? '',
    ...(ip !== null && { ip }),
    ...(model !== null && { model }),
    requests: Number(row.requests),
    tokens: Number(row.tokens),
    costUsd: fromMicros(Number(row.cost_micros)),
  };
}
