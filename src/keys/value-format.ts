/*
 * What the values of keys look like: text and, in braces, how many characters of which alphabet follow, such as
 * `sk-or-v1-{hex:64}`, `npm_{base62:36}` or `glpat-{base64url:20-64}`.
 */

/** The characters of an alphabet, as a class of a regular expression. */
export const alphabets = {
  digits: '0-9',
  hex: '0-9a-f',
  lower: '0-9a-z',
  upper: '0-9A-Z',
  base62: '0-9A-Za-z',
  base64url: '0-9A-Za-z_-',
} as const;

/** A row of this many letters, digits, `-` and `_` is in every value, so that a search looks at long rows alone. */
export const minRowLength = 16;
/** Of a value. */
const maxValueLength = 2_048;

export interface ValueFormat {
  /** What every value begins with. */
  readonly literal: string;
  /** Matches a whole value at `lastIndex`, in time proportional to its length. */
  readonly pattern: RegExp;
  /** The characters that may not follow a value: it would be a part of something longer. */
  readonly continues: RegExp;
  readonly maxLength: number;
  /** Of the first long row: how many characters of a value may be before it, and how many it has at least. */
  readonly maxLead: number;
  readonly rowLength: number;
}

interface Part {
  source: string;
  /** Of letters, digits, `-` and `_` alone. */
  isRow: boolean;
  min: number;
  max: number;
}

const placeholder = /\{([a-z0-9]+):(\d{1,4})(-\d{0,4})?\}/gi;
const rowCharacter = /^[0-9A-Za-z_-]$/;

/** Throws an `Error` whose message follows the text of the format. */
export function parseValueFormat(text: string): ValueFormat {
  const [literal = ''] = text.split('{', 1);
  if (!/^[!-~]{2,}$/.test(literal))
    throw new Error('begins with fewer than 2 characters that are in every value');
  const parts = partsOf(text);
  const maxLength = parts.reduce((sum, { max }) => sum + max, 0);
  if (maxLength > maxValueLength) throw new Error(`allows more than ${maxValueLength} characters`);
  if (parts.filter(({ min, max }) => min !== max).length > 1)
    throw new Error('has more than one part of variable length');
  const row = longRowOf(parts);
  if (row.rowLength < minRowLength)
    throw new Error(
      `has no ${minRowLength} letters, digits, - and _ in a row, and would match ordinary text`,
    );
  const last = parts.at(-1)?.source ?? '';
  return {
    literal,
    pattern: new RegExp(parts.map(({ source }) => source).join(''), 'y'),
    continues: new RegExp(last.startsWith('[') ? `[0-9A-Za-z]|${last.replace(/\{.*/, '')}` : '[0-9A-Za-z]'),
    maxLength,
    ...row,
  };
}

function partsOf(text: string): Part[] {
  const parts: Part[] = [];
  let at = 0;
  for (const { 0: whole, 1: name = '', 2: low = '', 3: high, index } of text.matchAll(placeholder)) {
    parts.push(...literalParts(text.slice(at, index)));
    parts.push(alphabetPart(name, Number(low), high));
    at = index + whole.length;
  }
  return [...parts, ...literalParts(text.slice(at))];
}

function literalParts(text: string): Part[] {
  if (/[{}\s]|[^!-~]/.test(text))
    throw new Error(`has '${text}', which is neither text nor {alphabet:count}`);
  return [...text].map((character) => ({
    source: character.replace(/[^0-9A-Za-z_]/, '\\$&'),
    isRow: rowCharacter.test(character),
    min: 1,
    max: 1,
  }));
}

function alphabetPart(name: string, min: number, range: string | undefined): Part {
  if (!Object.hasOwn(alphabets, name))
    throw new Error(`has the alphabet '${name}'; use one of ${Object.keys(alphabets).join(', ')}`);
  const high = range?.slice(1);
  if (high === '') throw new Error(`has no highest count in {${name}:${min}-}`);
  const max = high === undefined ? min : Number(high);
  if (max < min || max === 0) throw new Error(`has an empty range in {${name}:${min}-${max}}`);
  const count = min === max ? `{${min}}` : `{${min},${max}}`;
  return { source: `[${alphabets[name as keyof typeof alphabets]}]${count}`, isRow: true, min, max };
}

/** The first row that is long enough, else the longest. */
function longRowOf(parts: readonly Part[]): Pick<ValueFormat, 'maxLead' | 'rowLength'> {
  let best = { maxLead: 0, rowLength: 0 };
  let current = { maxLead: 0, rowLength: 0 };
  let offset = 0;
  for (const { isRow, min, max } of parts) {
    offset += max;
    if (isRow) current.rowLength += min;
    else current = { maxLead: offset, rowLength: 0 };
    if (best.rowLength < minRowLength && current.rowLength > best.rowLength) best = current;
  }
  return { ...best };
}
