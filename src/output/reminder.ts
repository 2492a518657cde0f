/** What is said to a person who has just been shown a secret or a token. */
export function shownOnce(noun: string): string {
  return `this is the only time the ${noun} is shown: store it now, then wipe it from the scrollback (clear; in tmux: tmux clear-history)`;
}
