import { KeysError } from '../base/errors.ts';
import type { Key } from '../keys/key.ts';

/*
 * If an API demands unique names, a key whose name is taken gets a date after it: `ci (2026-11-20)`, and
 * `ci (2026-11-20 2)` for the second one on that day (UTC). The date is not part of the name.
 */

const suffix = / \(\d{4}-\d{2}-\d{2}(?: \d{1,4})?\)$/;

export function bareName(name: string): string {
  return name.replace(suffix, '') || name;
}

/** How many names are tried for a new key. */
export const maxNameAttempts = 3;

/** The names of the keys of an account, as the API has them. */
export class TakenNames {
  readonly #byId = new Map<string, string>();
  readonly #refused = new Set<string>();
  isKnown = false;

  /** The key as it is shown, with its bare name. */
  shown(key: Key): Key {
    this.#byId.set(key.id, key.name);
    return { ...key, name: bareName(key.name) };
  }

  /** The API refused this name: some key has it, even if no list shows it. */
  refuse(name: string): void {
    this.#refused.add(name.toLowerCase());
  }

  /**
   * A free name for a key at the API, which is shown as the name that was asked for; the key keeps its own name if it
   * already has it. A name that ends with a date of its own gets another one after it, which is then the one left out.
   */
  free(name: string, now: Date, id?: string): string {
    const own = id === undefined ? undefined : this.#byId.get(id);
    if (own !== undefined && bareName(own) === name) return own;
    // Some APIs ignore case.
    const takenNames = new Set([...this.#byId.values()].map((one) => one.toLowerCase()));
    const isFree = (one: string) =>
      !takenNames.has(one.toLowerCase()) && !this.#refused.has(one.toLowerCase());
    const day = now.toISOString().slice(0, 10);
    let freeName = name;
    for (let at = 1; !isFree(freeName) || bareName(freeName) !== name; at += 1)
      freeName = `${name} (${at === 1 ? day : `${day} ${at}`})`;
    return freeName;
  }
}

/** How APIs without a status or a code for it say that a name is taken. */
const takenForm =
  /\b(?:already|duplicate[ds]?|(?:must|should) be unique|(?:is|are) not unique|name[_ -]?(?:is )?(?:taken|exists|in[_ -]?use|conflict))\b/i;

/** The API refused a name because a key has it. A refusal that only seems to say so costs another refusal, and no key. */
export function isConflict(error: unknown): boolean {
  if (!(error instanceof KeysError)) return false;
  const { code } = error.failure;
  return code === 'conflict' || (code === 'rejected' && takenForm.test(error.message));
}
