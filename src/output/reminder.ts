/** The note after a secret or a token was shown on a terminal. */
export function shownOnce(noun: string): string {
  return `the ${noun} is not shown again: store it now, then clear the scrollback (clear; in tmux: tmux clear-history)`;
}
