import type { Dialect } from './dialect.ts';

/*
 * The rules of the authority know no database: they are generators that yield the statements to carry out and get the
 * outcome of each. A store runs them in one transaction, SQLite at once and PostgreSQL call by call. A store may run the
 * same work again from its start, so work changes nothing outside of its transaction.
 */

export type Value = string | number | null | Uint8Array;
export type Row = Record<string, Value>;

/** SQL that every store understands, or how to write it in the dialect of one. Values are `?`, or `?1`, `?2` …. */
export type Sql = string | ((dialect: Dialect) => string);

export interface Statement {
  /** What is wanted: the first row, all rows, or how many rows have changed. */
  kind: 'get' | 'all' | 'run';
  sql: Sql;
  values: readonly Value[];
}

/** A revoked key or session, or a key with its new status. Times are milliseconds since the epoch. */
export interface StatusChange {
  key?: string;
  session?: string;
  at: number;
  revoked?: boolean;
  disabled?: boolean;
  /** null: never. */
  expiresAt?: number | null;
}

/** What a statement resulted in. */
export interface Outcome {
  rows: Row[];
  changed: number;
}

/** Steps that result in a `T`. A statement that fails throws its error where it was yielded. */
export type Work<T> = Generator<Statement | StatusChange, T, Outcome>;

export function* get(sql: Sql, ...values: readonly Value[]): Work<Row | undefined> {
  const { rows } = yield { kind: 'get', sql, values };
  return rows[0];
}

export function* all(sql: Sql, ...values: readonly Value[]): Work<Row[]> {
  const { rows } = yield { kind: 'all', sql, values };
  return rows;
}

/** Returns how many rows have changed. */
export function* run(sql: Sql, ...values: readonly Value[]): Work<number> {
  const { changed } = yield { kind: 'run', sql, values };
  return changed;
}

/** Notes a change that a restored backup must not undo. A store that is never restored that way ignores it. */
export function* recordStatusChange(change: StatusChange): Work<void> {
  yield change;
}

export function isStatement(step: Statement | StatusChange): step is Statement {
  return 'sql' in step;
}

/** The bytes of a BLOB. Throws if the value is something else, which the tables rule out. */
export function bytesIn(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  // libsql returns blobs as either type, depending on the call.
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  throw new TypeError('expected bytes in the database');
}
