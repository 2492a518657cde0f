import type { Connection, Row } from './database/connection.ts';
import { hashOf, idOf } from './key-format.ts';
import { toTime } from './key-table.ts';
import { sumOf } from './metering.ts';

/** What is known of a key when somebody uses it. Times are milliseconds, money is millionths of a US dollar. */
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

/** What decisions are made from. */
export interface KeyLookup {
  /** The key of this value, as we give it out or as PrivateMind writes it: `<access key id>:<value>`. */
  find(value: string): KnownKey | undefined;
  /** What all keys together have spent in the calendar month (UTC) of a moment, in millionths of a US dollar. */
  spentInMonth(now: number): number;
}

/** KeyLookup that are read anew each time. */
export function keyLookupIn(database: Connection): KeyLookup {
  return {
    find(value) {
      const own = ownValue(value);
      return own === undefined ? undefined : findByHash(database, hashOf(own));
    },
    spentInMonth: (now) => spentInMonth(database, now),
  };
}

/** Keys that are kept in memory. */
const mostKept = 10_000;

/**
 * KeyLookup that remember what they read, for as long as nothing has changed: SQLite tells when any other connection has
 * committed (sqlite.org/pragma.html#pragma_data_version), and `forget` is told of changes by this one.
 */
export class CachedKeyLookup implements KeyLookup {
  readonly #database: Connection;
  readonly #keys = new Map<string, KnownKey>();
  #spent: { month: string; amount: number } | undefined;
  #version: unknown;

  constructor(database: Connection) {
    this.#database = database;
  }

  find(value: string): KnownKey | undefined {
    const own = ownValue(value);
    if (own === undefined) return undefined;
    // Not under the value itself: it has no business in memory for longer than its request.
    const hash = hashOf(own);
    const name = hash.toString('latin1');
    const kept = this.#keys.get(name);
    if (kept) return kept;
    const key = findByHash(this.#database, hash);
    if (!key) return undefined;
    if (this.#keys.size >= mostKept) this.#keys.clear();
    this.#keys.set(name, key);
    return key;
  }

  spentInMonth(now: number): number {
    const month = toTime(now).slice(0, 7);
    if (this.#spent?.month !== month) {
      this.#spent = { month, amount: spentInMonth(this.#database, now) };
    }
    return this.#spent.amount;
  }

  forget(): void {
    this.#keys.clear();
    this.#spent = undefined;
  }

  /** To be called before what is remembered is used again. */
  refresh(): void {
    const version = this.#database.get('PRAGMA data_version')?.data_version;
    if (version !== this.#version) this.forget();
    this.#version = version;
  }
}

/** Undefined where it has not the shape of a value of ours. */
function ownValue(given: string): string | undefined {
  const colon = given.indexOf(':');
  const value = given.slice(colon + 1);
  const id = idOf('sk', value);
  return id !== undefined && (colon < 0 || given.slice(0, colon) === id) ? value : undefined;
}

/** By a hash of 256 bits: to find it takes the whole value, and how long the search takes tells nothing of it. */
function findByHash(database: Connection, hash: Uint8Array): KnownKey | undefined {
  const row = database.get(
    `SELECT id, name, revoked_at, disabled, expires_at, models, permissions, budget_micros, spent_micros, rate_limit_rpm
     FROM keys WHERE secret_hash = ?`,
    hash,
  );
  return row && toKnown(row);
}

function toKnown(row: Row): KnownKey {
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
