import type { UnreadableField } from './read-key.ts';

/** More warnings about unreadable keys tell the user nothing new. */
const maxWarnings = 10;

/** Warns of keys that differ from what the API documents: once for each problem, and only so many times. */
export class KeyWarnings {
  readonly #warn: (text: string) => Promise<void>;
  readonly #given = new Set<string>();

  constructor(warn: (text: string) => Promise<void>) {
    this.#warn = warn;
  }

  /** Of a list that may be incomplete. */
  warnOfShortList(count: number): Promise<void> {
    return this.#warnOnce(`the API lists exactly ${count} keys; there may be more that it does not list`);
  }

  /** Of totals that are left out because they would be too low. */
  warnOfPartialTotals(counter: string): Promise<void> {
    return this.#warnOnce(
      `the API reports ${counter} for only a part of the usage; totals without them are left out`,
    );
  }

  /** `id` is absent if the key has none that can be read. */
  async warnOf(problem: UnreadableField | { what: string }, id?: string): Promise<void> {
    const field = 'field' in problem ? `; ${problem.field} is omitted` : '';
    const text =
      id === undefined ? `${problem.what}; this key is omitted` : `the key ${id}: ${problem.what}${field}`;
    if (this.#given.has(text)) return;
    this.#given.add(text);
    if (this.#given.size <= maxWarnings) await this.#warn(text);
    if (this.#given.size === maxWarnings) await this.#warn('further warnings of this kind are omitted');
  }

  async #warnOnce(text: string): Promise<void> {
    if (this.#given.has(text)) return;
    this.#given.add(text);
    await this.#warn(text);
  }
}
