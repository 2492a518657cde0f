/** A text as one word of a shell, for hints that are there to be pasted: some of it was chosen by a server. */
export function shellWord(text: string): string {
  return /^[\w.@:/+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
