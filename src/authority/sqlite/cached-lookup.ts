import type { KeyLookup, KnownKey } from '../key-lookup.ts';
import { hashOfKey, keyByHash, readSpentInMonth } from '../key-lookup.ts';
import { toTime } from '../key-row.ts';
import type { Connection } from './connection.ts';
import { runNow } from './run-now.ts';

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
    // Cached by hash: the value itself must not stay in memory after its request.
    const hash = hashOfKey(value);
    if (!hash) return undefined;
    const cacheKey = hash.toString('latin1');
    const cachedKey = this.#keys.get(cacheKey);
    if (cachedKey) return cachedKey;
    const key = runNow(this.#database, keyByHash(hash));
    if (!key) return undefined;
    if (this.#keys.size >= maxCachedKeys) this.#keys.clear();
    this.#keys.set(cacheKey, key);
    return key;
  }

  spentInMonth(now: number): number {
    const month = toTime(now).slice(0, 7);
    if (this.#spent?.month !== month) {
      this.#spent = { month, micros: runNow(this.#database, readSpentInMonth(now)) };
    }
    return this.#spent.micros;
  }

  forget(): void {
    this.#keys.clear();
    this.#spent = undefined;
  }

  /** To be called before each use of the cache. Returns whether another connection has committed. */
  refresh(): boolean {
    const version = this.#database.get('PRAGMA data_version')?.data_version;
    const isChanged = version !== this.#version;
    if (isChanged) this.forget();
    this.#version = version;
    return isChanged;
  }
}
