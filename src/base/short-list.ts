const mostShown = 3;

/** `a, b, c and 47 more`: a message stays readable however many there are. */
export function shortList<T>(items: readonly T[], textOf: (item: T) => string): string {
  const shown = items.slice(0, mostShown).map(textOf).join(', ');
  return items.length > mostShown ? `${shown} and ${items.length - mostShown} more` : shown;
}
