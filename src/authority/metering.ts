import type { UsageQuery, UsageRow } from '../keys/ports.ts';
import { fromMicros, toTime } from './key-row.ts';
import { isRejectedValue } from './store/rejected-value.ts';
import type { Sql, Value, Work } from './store/work.ts';
import { all, run } from './store/work.ts';
import type { BoundedUse, LostUse, Use } from './use.ts';
import { boundedUse } from './use.ts';

/** The columns of a use that is written, and how many equal ones it stands for. */
const columns = {
  key_id: 'text',
  at: 'integer',
  method: 'text',
  path: 'text',
  status: 'integer',
  ip: 'text',
  model: 'text',
  requests: 'integer',
  tokens: 'integer',
  cost_micros: 'integer',
  times: 'integer',
} as const;

const insertUses: Sql = ({ rows, elements }) =>
  `WITH distinct_uses AS MATERIALIZED (${rows('?1', columns)})
   INSERT INTO uses (key_id, at, method, path, status, ip, model, requests, tokens, cost_micros)
   SELECT key_id, at, method, path, status, ip, model, requests, tokens, cost_micros
   FROM distinct_uses CROSS JOIN ${elements('?2')} AS repetitions WHERE position < times`;

/**
 * Writes a log row for each use and adds it to the counters of its key and day. Leaves out and returns uses that the
 * database rejects, which it finds by bisection. Throws `KeysError` if nothing can be written at the moment.
 */
export function* recordUses(uses: readonly Use[], now: number): Work<LostUse[]> {
  yield* run('SAVEPOINT part');
  try {
    yield* write(uses.map((use) => boundedUse(use, now)));
    yield* run('RELEASE part');
    return [];
  } catch (reason) {
    if (!isRejectedValue(reason)) throw reason;
    yield* run('ROLLBACK TO part');
    yield* run('RELEASE part');
    const [use] = uses;
    if (use && uses.length === 1) return [{ use, reason }];
    const middle = Math.ceil(uses.length / 2);
    const lostUses = yield* recordUses(uses.slice(0, middle), now);
    return lostUses.concat(yield* recordUses(uses.slice(middle), now));
  }
}

function* write(uses: readonly BoundedUse[]): Work<void> {
  const loggedUses = uses.filter(({ logged }) => logged);
  const maxTimes = loggedUses.reduce((max, { times }) => Math.max(max, times), 1);
  // One statement for all: a call into SQLite costs more than what it does, and reading JSON more than writing a row.
  yield* run(insertUses, JSON.stringify(loggedUses.map(rowOf)), `[0${',0'.repeat(maxTimes - 1)}]`);
  for (const sum of sumsByDay(uses)) yield* addToCounters(sum);
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
export const maxCount = Number.MAX_SAFE_INTEGER;

function cappedSum(one: number, other: number): number {
  return Math.min(one + other, maxCount);
}

function* addToCounters(sum: Sum): Work<void> {
  const { keyId, day, requests, tokens, cost, charge, refused, lastAt, lastIp } = sum;
  yield* run(addToKey, requests, tokens, charge, lastAt, lastIp, keyId);
  yield* run(addToDay, keyId, day, requests, tokens, cost, refused);
  if (cost > 0) yield* run(addToMonth, day.slice(0, 7), cost);
}

const addToKey: Sql = ({ least, greatest }) =>
  `UPDATE keys SET requests = ${least('requests + ?', `${maxCount}`)}, tokens = ${least('tokens + ?', `${maxCount}`)},
                   spent_micros = ${least('spent_micros + ?', `${maxCount}`)},
                   last_used_at = ${greatest('COALESCE(last_used_at, 0)', '?')},
                   last_used_ip = COALESCE(?, last_used_ip)
   WHERE id = ?`;

const addToDay: Sql = ({ least }) => {
  const sum = (column: string) =>
    `${column} = ${least(`usage_days.${column} + excluded.${column}`, `${maxCount}`)}`;
  return `INSERT INTO usage_days (key_id, day, requests, tokens, spent_micros, refused) VALUES (?, ?, ?, ?, ?, ?)
          ON CONFLICT (key_id, day)
          DO UPDATE SET ${['requests', 'tokens', 'spent_micros', 'refused'].map(sum).join(', ')}`;
};

const addToMonth: Sql = ({ least }) =>
  `INSERT INTO spending (month, micros) VALUES (?, ?)
   ON CONFLICT (month) DO UPDATE SET micros = ${least('spending.micros + excluded.micros', `${maxCount}`)}`;

/** Usage from a day (UTC) on, that day included: a row per used key, or a row per day. */
export function* readUsage({ by, since, keyId }: UsageQuery, owner: string | null = null): Work<UsageRow[]> {
  const conditions = ['u.day >= ?'];
  const values: Value[] = [since?.toISOString().slice(0, 10) ?? ''];
  const where = (condition: string, value: Value) => {
    conditions.push(condition);
    values.push(value);
  };
  if (keyId !== undefined) where('u.key_id = ?', keyId);
  if (owner !== null) where('k.owner = ?', owner);
  const grouping =
    by === 'day'
      ? { fields: 'u.day', group: 'u.day', order: 'u.day' }
      : { fields: 'k.id, k.name', group: 'k.id', order: 'spent DESC, requests DESC, k.name' };
  const sql: Sql = ({ sum }) =>
    `SELECT ${grouping.fields}, ${sum('u.requests', maxCount)} AS requests, ${sum('u.tokens', maxCount)} AS tokens,
            ${sum('u.spent_micros', maxCount)} AS spent, ${sum('u.refused', maxCount)} AS refused
     FROM usage_days u JOIN keys k ON k.id = u.key_id WHERE ${conditions.join(' AND ')}
     GROUP BY ${grouping.group} ORDER BY ${grouping.order}`;
  return (yield* all(sql, ...values)).map((row) => ({
    ...(by === 'day' ? { date: String(row.day) } : { keyId: String(row.id), name: String(row.name) }),
    requests: Number(row.requests),
    tokens: Number(row.tokens),
    spentUsd: fromMicros(Number(row.spent)),
    ...(Number(row.refused) > 0 && { refused: Number(row.refused) }),
  }));
}

// The order of the tables is set: a look-up per key, and never a scan of all days of all keys.
const daysOfKeys: Sql = ({ elements, object }) =>
  `SELECT u.key_id AS id, ${object('u.day', 'u.requests')} AS days
   FROM ${elements('?1')} AS ids CROSS JOIN usage_days u
   WHERE u.key_id = ids.value AND u.day >= ?2 AND u.requests > 0 GROUP BY u.key_id`;

/** The requests of each of these keys by day (UTC) from a day on, in one query. */
export function* readDailyRequests(
  ids: readonly string[],
  since: string,
): Work<Map<string, Record<string, number>>> {
  const rows = yield* all(daysOfKeys, JSON.stringify(ids), since);
  return new Map(rows.map(({ id, days }) => [String(id), JSON.parse(String(days))]));
}
