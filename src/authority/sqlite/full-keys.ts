import type { Decision } from '../decision.ts';
import { underLimit } from '../policy.ts';
import type { FullKey } from '../rate-limit.ts';
import { resetSecondsAt } from '../rate-limit.ts';

/** Keys kept in memory. */
const maxFullKeys = 10_000;

interface KnownFullKey extends FullKey {
  /** When it was found to be full. A clock that was set back tells nothing about its slots. */
  since: number;
  refusal?: Decision;
}

/**
 * Keys without a free slot: until one becomes free, their uses are refused without a transaction. Nothing but a transaction adds
 * or removes slots, so this is exact until another connection commits; call `forget` then.
 */
export class FullKeys {
  readonly #keys = new Map<string, KnownFullKey>();

  add(key: FullKey, since: number): void {
    if (this.#keys.size >= maxFullKeys) this.#keys.clear();
    this.#keys.set(key.keyId, { ...key, since });
  }

  forget(): void {
    this.#keys.clear();
  }

  /** The decisions, with a refusal in place of each admission to a key that is full. */
  refuse(decisions: Decision[], now: number): Decision[] {
    if (this.#keys.size === 0) return decisions;
    return decisions.map((decision) => {
      const key = decision.allowed ? this.#keys.get(decision.keyId) : undefined;
      if (!key || !decision.allowed || decision.limit !== key.limit) return decision;
      if (now < key.since || now >= key.freeAt) return decision;
      const resetSeconds = resetSecondsAt(now, key.freeAt);
      if (key.refusal?.rateLimit?.resetSeconds !== resetSeconds)
        key.refusal = underLimit(decision, false, { limit: key.limit, remaining: 0, resetSeconds });
      return key.refusal;
    });
  }
}
