/** What is wrong in the file, and where. Lines and columns start at 1. */
export interface Fault {
  line: number;
  column: number;
  /** The field, such as `keys.ci.expires`; empty for the file as a whole. */
  path: string;
  message: string;
}

export type Position = Pick<Fault, 'line' | 'column'>;

/** The names of fields and the numbers of list items that lead to a value. */
export type Path = readonly (string | number)[];

/** A path as messages have it; a name that could be misread is in quotes: `keys."a.b".to.0`. */
export function shownPath(path: Path): string {
  return path
    .map((part) => (typeof part === 'number' || /^[\w-]+$/.test(part) ? `${part}` : JSON.stringify(part)))
    .join('.');
}
