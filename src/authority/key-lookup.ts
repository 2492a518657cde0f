import { hashOf, idOf } from './key-format.ts';
import { toTime } from './key-row.ts';
import { sumOf } from './metering.ts';
import type { Connection, Row } from './sqlite/connection.ts';

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

/** KeyLookup that are read anew each time. */
export function keyLookupIn(database: Connection): KeyLookup {
  return {
    find(value) {
      const keyValue = issuedValue(value);
      return keyValue === undefined ? undefined : findByHash(database, hashOf(keyValue));
    },
    spentInMonth: (now) => spentInMonth(database, now),
  };
}

/** Keys kept in memory. */
const maxCachedKeys = 10_000;

/**
 * A lookup that caches what it reads until something changes: SQLite tells whether another connection has committed
 * (sqlite.org/pragma.html#pragma_data_version); for changes by this one, call `forget`.
 */
export class CachedKeyLookup implements KeyLookup {
  readonly #database: Connection;
  readonly #keys = new Map<string, KnownKey>();
  #spent: { month: string; micros: number } | undefined;
  #version: unknown;

  constructor(database: Connection) {
    this.#database = database;
  }

  find(value: string): KnownKey | undefined {
    const keyValue = issuedValue(value);
    if (keyValue === undefined) return undefined;
    // Cached by hash: the value itself must not stay in memory after its request.
    const hash = hashOf(keyValue);
    const cacheKey = hash.toString('latin1');
    const cachedKey = this.#keys.get(cacheKey);
    if (cachedKey) return cachedKey;
    const key = findByHash(this.#database, hash);
    if (!key) return undefined;
    if (this.#keys.size >= maxCachedKeys) this.#keys.clear();
    this.#keys.set(cacheKey, key);
    return key;
  }

  spentInMonth(now: number): number {
    const month = toTime(now).slice(0, 7);
    if (this.#spent?.month !== month) {
      this.#spent = { month, micros: spentInMonth(this.#database, now) };
    }
    return this.#spent.micros;
  }

  forget(): void {
    this.#keys.clear();
    this.#spent = undefined;
  }

  /** To be called before each use of the cache. */
  refresh(): void {
    const version = this.#database.get('PRAGMA data_version')?.data_version;
    if (version !== this.#version) this.forget();
    this.#version = version;
  }
}

/** Strips PrivateMind's prefix. Undefined if the text does not have the shape of a key of ours. */
function issuedValue(text: string): string | undefined {
  const colon = text.indexOf(':');
  const value = text.slice(colon + 1);
  const id = idOf('sk', value);
  return id !== undefined && (colon < 0 || text.slice(0, colon) === id) ? value : undefined;
}

/** Looks up a 256-bit hash: finding a key takes its whole value, and the time taken reveals nothing about it. */
function findByHash(database: Connection, hash: Uint8Array): KnownKey | undefined {
  const row = database.get(
    `SELECT id, name, revoked_at, disabled, expires_at, models, permissions, budget_micros, spent_micros, rate_limit_rpm
     FROM keys WHERE secret_hash = ?`,
    hash,
  );
  return row && toKnownKey(row);
}

function toKnownKey(row: Row): KnownKey {
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

function spentInMonth(database: Connection, now: number): number {
  const month = toTime(now).slice(0, 7);
  const row = database.get(
    `SELECT ${sumOf('spent_micros')} AS spent FROM usage_days WHERE day BETWEEN ? AND ?`,
    `${month}-01`,
    `${month}-31`,
  );
  return Number(row?.spent ?? 0);
}
