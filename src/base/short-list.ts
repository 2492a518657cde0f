/** `a, b, c and 47 more`: a message stays readable however many there are. */
export function shortList(texts: readonly string[], most = 3): string {
  const shown = texts.slice(0, most).join(', ');
  return texts.length > most ? `${shown} and ${texts.length - most} more` : shown;
}
