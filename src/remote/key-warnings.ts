import type { UnreadableField } from './read-key.ts';

/** As many warnings about keys that cannot be read say enough. */
const maxWarnings = 10;

/** Tells of keys that are not what the API documents: each oddity once, and no more of them than anybody would read. */
export class KeyWarnings {
  readonly #warn: (text: string) => Promise<void>;
  readonly #told = new Set<string>();

  constructor(warn: (text: string) => Promise<void>) {
    this.#warn = warn;
  }

  /** Of a list that may be short. */
  async warnOfShortList(count: number): Promise<void> {
    const text = `the API lists exactly ${count} keys: there may be more that it does not list`;
    if (this.#told.has(text)) return;
    this.#told.add(text);
    await this.#warn(text);
  }

  /** `id` is absent where the key cannot even be named. */
  async warnOf(odd: UnreadableField | { what: string }, id?: string): Promise<void> {
    const field = 'field' in odd ? `; its ${odd.field} is left out` : '';
    const text =
      id === undefined ? `${odd.what}: this key is left out` : `the key ${id}: ${odd.what}${field}`;
    if (this.#told.has(text)) return;
    this.#told.add(text);
    if (this.#told.size <= maxWarnings) await this.#warn(text);
    if (this.#told.size === maxWarnings) await this.#warn('further keys of this kind are not named');
  }
}
