/** The few expressions that databases write differently. Arguments are SQL. */
export interface Dialect {
  /** The smaller and the larger one of two numbers, neither of which is NULL. */
  least(one: string, other: string): string;
  greatest(one: string, other: string): string;
  /** The sum of whole numbers, at most `max`, and 0 for no rows. Never overflows. */
  sum(column: string, max: number): string;
  /** A text that may not be valid UTF-8, in a form that can be read all the same: see `textOf`. */
  readable(column: string): string;
  /** In FROM: the members of a JSON object as `key` and `value`, both texts. */
  members(json: string): string;
  /** In FROM: the elements of a JSON array of texts or numbers, as the text `value`, and `position`, which begins with 0. */
  elements(json: string): string;
  /** A SELECT of a JSON array of arrays, one row for each. `columns`: names and types, in order. */
  rows(json: string, columns: Readonly<Record<string, 'text' | 'integer'>>): string;
  /** Aggregates rows into a JSON object, as text. */
  object(key: string, value: string): string;
}
