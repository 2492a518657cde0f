/**
 * What an error code means, for readers of `keys help errors` and docs/reference/errors.md. Kept apart from the table
 * of codes, which every command loads.
 */
export interface Explanation {
  /** What happened: one sentence, lower case, no full stop. */
  meaning: string;
  /**
   * What to do, one step each: a command to paste, advice, or advice, a colon and a command. Printed as hints where
   * the place that fails has none of its own. Empty where there is nothing to do.
   */
  fix: readonly string[];
}
