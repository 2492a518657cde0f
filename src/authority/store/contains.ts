/*
 * Searches that every database carries out alike. ASCII letters match in either case, other characters as they are: `lower`
 * of SQLite and of PostgreSQL's collation "C" agree on these.
 */

/** Whether one of some texts contains another one: a condition with the pattern as the value of each `?`. */
export function contains(text: string, ...columns: readonly string[]): { sql: string; pattern: string } {
  const tests = columns.map((column) => `lower(${column}) LIKE ? ESCAPE '\\'`);
  return { sql: `(${tests.join(' OR ')})`, pattern: patternOf(text) };
}

/** A pattern for texts that contain this one. */
export function patternOf(text: string): string {
  const literal = text.replace(/[\\%_]/g, '\\$&').replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  return `%${literal}%`;
}
