/** Quotes a text as one word of a shell, for hints that are pasted: a server may have chosen some of it. */
export function shellWord(text: string): string {
  return /^[\w.@:/+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
