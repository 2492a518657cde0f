import type { Key } from '../keys/key.ts';

/*
 * Where an API wants each name once, a key takes its name with a date behind it while another one has the bare name:
 * `ci (2026-11-20)`, and `ci (2026-11-20 2)` for a second one on that day (UTC). The date is not part of the name.
 */

const suffix = / \(\d{4}-\d{2}-\d{2}(?: \d{1,4})?\)$/;

export function bareName(name: string): string {
  return name.replace(suffix, '') || name;
}

/** The names that the keys of an account have at the API. */
export class TakenNames {
  readonly #byId = new Map<string, string>();
  readonly #refused = new Set<string>();
  isKnown = false;

  /** The key as it is shown, with its bare name. */
  shown(key: Key): Key {
    this.#byId.set(key.id, key.name);
    return { ...key, name: bareName(key.name) };
  }

  /** The API says that it has a key of this name, whether it shows it or not. */
  refuse(name: string): void {
    this.#refused.add(name.toLowerCase());
  }

  /** What a key is to be called at the API: its own name, where it has that already. */
  free(name: string, now: Date, id?: string): string {
    const own = id === undefined ? undefined : this.#byId.get(id);
    if (own !== undefined && bareName(own) === name) return own;
    // Some APIs take no account of case.
    const taken = new Set([...this.#byId.values()].map((one) => one.toLowerCase()));
    const isFree = (one: string) => !taken.has(one.toLowerCase()) && !this.#refused.has(one.toLowerCase());
    const day = now.toISOString().slice(0, 10);
    let written = name;
    for (let at = 1; !isFree(written); at += 1) written = `${name} (${at === 1 ? day : `${day} ${at}`})`;
    return written;
  }
}
