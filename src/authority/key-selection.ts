import { after, before } from '../base/time.ts';
import type { Key } from '../keys/key.ts';
import type { Selection } from '../keys/select.ts';
import { matcherOf } from '../keys/select.ts';
import type { Summary } from '../keys/summary.ts';
import { fromMicros, keyColumns, toKey } from './key-row.ts';
import { statusCondition } from './key-table.ts';
import type { Connection, Row, Value } from './sqlite/connection.ts';

/*
 * Lists of keys whose filters and order SQLite carries out. It compares text by its ASCII letters alone, so what it finds is
 * tested again, and an order by text is not its own.
 */

/** Rows read at once. */
const pageSize = 500;

/** The columns whose order is that of the field. */
const sortColumns: Readonly<Partial<Record<NonNullable<Selection['sort']>, string>>> = {
  createdAt: 'created_at',
  expiresAt: 'expires_at',
  lastUsedAt: 'last_used_at',
  rateLimitRpm: 'rate_limit_rpm',
  budgetUsd: 'budget_micros',
  spentUsd: 'spent_micros',
  requests: 'requests',
  tokens: 'tokens',
};

/** Whether a part of the table tells which keys are selected. */
export function isSelectable({ sort, limit = Number.POSITIVE_INFINITY }: Selection): boolean {
  return sort === undefined || (sortColumns[sort] !== undefined && limit <= pageSize);
}

/**
 * The selected keys in their order, each with `superseded`, for a selection that `isSelectable`. Reads pages: a reader that
 * stops half-way would leave a statement open, which blocks writes on its connection until it is garbage-collected.
 */
export function* selectedPages(database: Connection, selection: Selection, now: Date): Generator<Key[]> {
  const { sort, reverse = false, limit = Number.POSITIVE_INFINITY } = selection;
  const isSelected = matcherOf(selection, now);
  const moment = now.getTime();
  const filter = conditionsFor(selection, now);
  const step = Math.min(limit, pageSize);
  let [offset, left] = [0, limit];
  let last: Row | undefined;
  for (let isMore = left > 0; isMore; ) {
    const place = last && !sort ? position(last, reverse) : undefined;
    const { where, values } = joined([...filter, ...(place ? [place] : [])]);
    const rows = database.all(
      `SELECT ${keyColumns}, ${isSuperseded(moment)} AS superseded FROM keys ${where}
       ORDER BY ${orderOf(sort, reverse)} LIMIT ? OFFSET ?`,
      ...values,
      step,
      sort ? offset : 0,
    );
    const keys = rows
      .map((row) => ({ ...toKey(row, moment), superseded: row.superseded === 1 }))
      .filter(isSelected);
    yield keys.slice(0, left);
    left -= keys.length;
    if (left <= 0) return;
    last = rows.at(-1);
    offset += rows.length;
    isMore = rows.length === step;
  }
}

/** The keys by status, and their use, counted by SQLite. */
export function summaryOf(database: Connection, now: Date): Summary {
  const moment = now.getTime();
  const count = (status: Parameters<typeof statusCondition>[0]) =>
    `COUNT(*) FILTER (WHERE ${statusCondition(status, moment)}) AS ${status}`;
  const row = database.get(
    `SELECT ${(['active', 'expiring', 'expired', 'disabled', 'revoked'] as const).map(count).join(', ')},
            COUNT(*) AS total, TOTAL(requests) AS requests, TOTAL(tokens) AS tokens, TOTAL(spent_micros) AS micros FROM keys`,
  );
  const number = (column: string) => Number(row?.[column] ?? 0);
  return {
    all: number('total'),
    active: number('active'),
    expiring: number('expiring'),
    expired: number('expired'),
    disabled: number('disabled'),
    revoked: number('revoked'),
    requests: number('requests'),
    tokens: number('tokens'),
    spentUsd: fromMicros(number('micros')),
  };
}

/** `superseded` of `withSuperseded`, in SQL. */
function isSuperseded(now: number): string {
  return `EXISTS (SELECT 1 FROM keys AS newer WHERE newer.name = keys.name
    AND newer.created_at >= keys.created_at
    AND (newer.created_at, newer.id) > (keys.created_at, keys.id)
    AND ${statusCondition('active', now, 'newer.')})`;
}

/** A condition of SQL that every selected row meets. */
interface Condition {
  sql: string;
  values: readonly Value[];
}

function conditionsFor(
  { status, search, createdSince, expiring, olderThan, unused }: Selection,
  now: Date,
): Condition[] {
  const moment = now.getTime();
  const is = (sql: string, ...values: Value[]) => ({ sql, values });
  return [
    ...(status === undefined ? [is('revoked_at IS NULL')] : []),
    ...(status === undefined || status === 'all' || status === 'unknown'
      ? []
      : [is(statusCondition(status, moment))]),
    ...(expiring
      ? [is(`${statusCondition('active', moment)} AND expires_at <= ?`, after(now, expiring).getTime())]
      : []),
    ...(createdSince ? [is('created_at >= ?', createdSince.getTime())] : []),
    ...(olderThan ? [is('created_at <= ?', before(now, olderThan).getTime())] : []),
    ...(unused ? [is('COALESCE(last_used_at, created_at) <= ?', before(now, unused).getTime())] : []),
    ...(search && isAscii(search) ? [mentions(search.toLowerCase())] : []),
  ];
}

/** The only other characters whose lower case has an ASCII letter in it. */
const foldsToAscii = '\u212a\u0130';

function mentions(text: string): Condition {
  const fields = ['name', "COALESCE(description, '')", 'id', 'prefix'];
  const all = `${fields.join(' || char(10) || ')} || char(10) || labels`;
  const labels =
    "EXISTS (SELECT 1 FROM json_each(labels) AS label WHERE instr(lower(label.key || '=' || label.value), ?) > 0)";
  const tests = [...fields.map((field) => `instr(lower(${field}), ?) > 0`), labels];
  const odd = [...foldsToAscii].map(() => `instr(${all}, ?) > 0`);
  return {
    sql: `(${[...tests, ...odd].join(' OR ')})`,
    values: [...tests.map(() => text), ...foldsToAscii],
  };
}

function isAscii(text: string): boolean {
  return /^[ -~]+$/.test(text);
}

/** After a row in the order by creation. */
function position({ created_at, id }: Row, reverse: boolean): Condition {
  return {
    sql: `(created_at, id) ${reverse ? '>' : '<'} (?, ?)`,
    values: [Number(created_at), String(id)],
  };
}

function joined(conditions: readonly Condition[]): { where: string; values: Value[] } {
  return {
    where: conditions.length > 0 ? `WHERE ${conditions.map(({ sql }) => sql).join(' AND ')}` : '',
    values: conditions.flatMap(({ values }) => [...values]),
  };
}

/** Ascending, equal ones newest first; a key that never expires sorts last, any other missing value first. */
function orderOf(sort: Selection['sort'], reverse: boolean): string {
  const column = sort && sortColumns[sort];
  const nulls = sort === 'expiresAt' ? `${column} IS NULL` : `${column} IS NOT NULL`;
  const up = reverse ? 'DESC' : 'ASC';
  const down = reverse ? 'ASC' : 'DESC';
  return [
    ...(column ? [`(${nulls}) ${up}`, `${column} ${up}`] : []),
    `created_at ${down}`,
    `id ${down}`,
  ].join(', ');
}
