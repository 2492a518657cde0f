import { after, before } from '../base/time.ts';
import type { Key } from '../keys/key.ts';
import type { Selection } from '../keys/select.ts';
import { matcherOf } from '../keys/select.ts';
import type { Summary } from '../keys/summary.ts';
import { fromMicros, keyColumns, toKey } from './key-row.ts';
import { statusCondition } from './key-table.ts';
import { maxCount } from './metering.ts';
import { contains, patternOf } from './store/contains.ts';
import type { Dialect } from './store/dialect.ts';
import type { Store } from './store/store.ts';
import type { Row, Sql, Value, Work } from './store/work.ts';
import { all, get } from './store/work.ts';

/*
 * Lists of keys whose filters and order the database carries out. It compares text by its ASCII letters alone, so what it
 * finds is tested again, and an order by text is not its own.
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
 * The selected keys in their order, each with `superseded`, for a selection that `isSelectable`. Reads pages, so that a
 * reader that stops half-way leaves nothing open.
 */
export async function* selectedPages(store: Store, selection: Selection, now: Date): AsyncGenerator<Key[]> {
  const { sort, reverse = false, limit = Number.POSITIVE_INFINITY } = selection;
  const isSelected = matcherOf(selection, now);
  const moment = now.getTime();
  const filter = conditionsFor(selection, now);
  const step = Math.min(limit, pageSize);
  let [offset, left] = [0, limit];
  let last: Row | undefined;
  for (let isMore = left > 0; isMore; ) {
    const place = last && !sort ? position(last, reverse) : undefined;
    const conditions = [...filter, ...(place ? [place] : [])];
    const sql: Sql = (dialect) =>
      `SELECT ${keyColumns}, CASE WHEN ${isSuperseded(moment)} THEN 1 ELSE 0 END AS superseded
       FROM keys ${whereOf(conditions, dialect)} ORDER BY ${orderOf(sort, reverse)} LIMIT ? OFFSET ?`;
    const values = conditions.flatMap((condition) => condition.values);
    const rows = await store.read(() => all(sql, ...values, step, sort ? offset : 0));
    const keys = rows.map((row) => selectedKey(row, moment)).filter(isSelected);
    yield keys.slice(0, left);
    left -= keys.length;
    if (left <= 0) return;
    last = rows.at(-1);
    offset += rows.length;
    isMore = rows.length === step;
  }
}

/** A field that is stored by its name costs a tenth of a copy of the key. */
function selectedKey(row: Row, now: number): Key {
  const key = toKey(row, now);
  key.superseded = row.superseded === 1;
  return key;
}

const counted = ['expiring', 'expired', 'disabled', 'revoked'] as const;
const summed = ['requests', 'tokens', 'spent_micros'] as const;

/**
 * The keys by status, and their usage if it is wanted: the sums take longer than the counts. Most keys are active: those are
 * what is left, which takes a quarter less time to count.
 */
export function* summaryOf(now: Date, withUsage: boolean): Work<Summary> {
  const counts = counted.map(
    (status) => `COUNT(*) FILTER (WHERE ${statusCondition(status, now.getTime())}) AS ${status}`,
  );
  const row = yield* get(({ sum }) => {
    const sums = withUsage ? summed.map((column) => `${sum(column, maxCount)} AS ${column}`) : [];
    return `SELECT ${['COUNT(*) AS total', ...counts, ...sums].join(', ')} FROM keys`;
  });
  const number = (column: string) => Number(row?.[column] ?? 0);
  const [total, expired, disabled, revoked] = [
    number('total'),
    number('expired'),
    number('disabled'),
    number('revoked'),
  ];
  return {
    all: total,
    active: total - expired - disabled - revoked,
    expiring: number('expiring'),
    expired,
    disabled,
    revoked,
    requests: withUsage ? number('requests') : undefined,
    tokens: withUsage ? number('tokens') : undefined,
    spentUsd: withUsage ? fromMicros(number('spent_micros')) : undefined,
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
  sql: Sql;
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
    ...(search && isAscii(search) ? [mentions(search)] : []),
  ];
}

/** The only other characters whose lower case has an ASCII letter in it. */
const foldsToAscii = '\u212a\u0130';

function mentions(text: string): Condition {
  const fields = ['name', "COALESCE(description, '')", 'id', 'prefix'];
  const { sql: isInField, pattern } = contains(text, ...fields);
  const label = contains(text, "label.key || '=' || label.value");
  const odd = fields.concat('labels').flatMap((field) => [...foldsToAscii].map(() => `${field} LIKE ?`));
  return {
    sql: ({ members }) =>
      `(${isInField} OR EXISTS (SELECT 1 FROM ${members('labels')} AS label WHERE ${label.sql})
        OR ${odd.join(' OR ')})`,
    values: [
      ...fields.map(() => pattern),
      label.pattern,
      ...fields.concat('labels').flatMap(() => [...foldsToAscii].map(patternOf)),
    ],
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

function whereOf(conditions: readonly Condition[], dialect: Dialect): string {
  if (conditions.length === 0) return '';
  return `WHERE ${conditions.map(({ sql }) => (typeof sql === 'string' ? sql : sql(dialect))).join(' AND ')}`;
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
