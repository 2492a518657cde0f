import type { KnownKey } from '../key-lookup.ts';

/** Keys kept in memory. */
const maxKeys = 10_000;

/** Keys as they were last read, by the hash of their value: the value itself must not stay in memory after its request. */
export class KnownKeys {
  readonly #keys = new Map<string, KnownKey>();
  readonly #hashes = new Map<string, string>();
  #changes = 0;

  get size(): number {
    return this.#keys.size;
  }

  /** A moment, for `add`. */
  get moment(): number {
    return this.#changes;
  }

  find(hash: string): KnownKey | undefined {
    return this.#keys.get(hash);
  }

  /** Adds a key that was asked for at a moment, unless any has changed since: the answer may be older than the change. */
  add(hash: string, key: KnownKey, moment: number): void {
    if (moment !== this.#changes) return;
    if (this.#keys.size >= maxKeys) this.forgetAll();
    this.#keys.set(hash, key);
    this.#hashes.set(key.id, hash);
  }

  forget(id: string): void {
    this.#changes += 1;
    const hash = this.#hashes.get(id);
    if (hash !== undefined) this.#keys.delete(hash);
    this.#hashes.delete(id);
  }

  forgetAll(): void {
    this.#changes += 1;
    this.#keys.clear();
    this.#hashes.clear();
  }
}
