/**
 * What an error code means, for readers of `keys help errors` and docs/reference/errors.md. Kept apart from the table
 * of codes, which every command loads.
 */
export interface Explanation {
  /** What happened: one sentence, lower case, no full stop. */
  meaning: string;
  /**
   * What to do, one step each: a command to paste, advice, or advice, a colon and a command. Those without a
   * <placeholder> are printed as hints where the place that fails has none of its own. Empty: nothing to do.
   */
  fix: readonly string[];
}
