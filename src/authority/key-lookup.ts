import type { Organisation } from './decision.ts';
import { hashOf, idOf } from './key-format.ts';
import { toTime } from './key-row.ts';
import { maxCount } from './metering.ts';
import type { Row, Sql, Work } from './store/work.ts';
import { get } from './store/work.ts';

/** A key as a decision needs it. Times are in milliseconds, money in millionths of a US dollar. */
export interface KnownKey {
  id: string;
  name: string;
  revoked: boolean;
  disabled: boolean;
  expiresAt: number | null;
  /** Empty: every model. */
  models: readonly string[];
  permissions: readonly string[];
  budget: number | null;
  spent: number;
  /** Requests per minute. */
  rateLimit: number | null;
}

/** What decisions are based on. */
export interface KeyLookup {
  /** The key with this value, as issued or as PrivateMind writes it: `<access key id>:<value>`. */
  find(value: string): KnownKey | undefined;
  /** What all keys together have spent in the calendar month (UTC) of `now`, in millionths of a US dollar. */
  spentInMonth(now: number): number;
}

/** What decisions on uses of these values are based on, read at once. */
export function* readLookup(
  values: readonly (string | undefined)[],
  { monthlyBudgetUsd }: Organisation,
  now: number,
): Work<KeyLookup> {
  const keys = new Map<string, KnownKey | undefined>();
  for (const value of values) {
    const hash = value === undefined || keys.has(value) ? undefined : hashOfKey(value);
    if (value !== undefined && hash) keys.set(value, yield* keyByHash(hash));
  }
  const spent = monthlyBudgetUsd === undefined ? 0 : yield* readSpentInMonth(now);
  return { find: (value) => keys.get(value), spentInMonth: () => spent };
}

/** The SHA-256 of a key's value; undefined if the text does not have the shape of a key of ours. */
export function hashOfKey(text: string): Buffer | undefined {
  const value = issuedValue(text);
  return value === undefined ? undefined : hashOf(value);
}

/** Strips PrivateMind's prefix. Undefined if the text does not have the shape of a key of ours. */
function issuedValue(text: string): string | undefined {
  const colon = text.indexOf(':');
  const value = text.slice(colon + 1);
  const id = idOf('sk', value);
  return id !== undefined && (colon < 0 || text.slice(0, colon) === id) ? value : undefined;
}

/** What `toKnownKey` reads. */
export const knownKeyColumns =
  'id, name, revoked_at, disabled, expires_at, models, permissions, budget_micros, spent_micros, rate_limit_rpm';

/** Looks up a 256-bit hash: finding a key takes its whole value, and the time taken reveals nothing about it. */
export function* keyByHash(hash: Uint8Array): Work<KnownKey | undefined> {
  const row = yield* get(`SELECT ${knownKeyColumns} FROM keys WHERE secret_hash = ?`, hash);
  return row && toKnownKey(row);
}

export function toKnownKey(row: Row): KnownKey {
  const number = (value: Row[string] | undefined) => (value === null ? null : Number(value));
  return {
    id: String(row.id),
    name: String(row.name),
    revoked: row.revoked_at !== null,
    disabled: row.disabled === 1,
    expiresAt: number(row.expires_at),
    models: JSON.parse(String(row.models)),
    permissions: JSON.parse(String(row.permissions)),
    budget: number(row.budget_micros),
    spent: Number(row.spent_micros),
    rateLimit: number(row.rate_limit_rpm),
  };
}

/** What all keys together have spent in the calendar month (UTC) of `now`, in millionths of a US dollar. */
export function* readSpentInMonth(now: number): Work<number> {
  const month = toTime(now).slice(0, 7);
  const sql: Sql = ({ sum }) => `SELECT ${sum('micros', maxCount)} AS spent FROM spending WHERE month = ?`;
  const row = yield* get(sql, month);
  return Number(row?.spent ?? 0);
}
