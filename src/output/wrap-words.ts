import { narrowWidth } from './typesetting.ts';

/** Words, and what is read or pasted as one: quoted text, a command in brackets, a placeholder. */
const units = /\(keys [^)]*\)\S*|'[^']*'\S*|"[^"]*"\S*|<[^<>]*>\S*|\S+/g;

export function unitsOf(text: string): string[] {
  return text.match(units) ?? [''];
}

/**
 * Lines of at most this width, broken between words. A word that is wider has a line to itself and is not broken.
 * `widthOf` measures in columns of a terminal; without it, each character takes one.
 */
export function wrapWords(
  words: string | readonly string[],
  width: number,
  widthOf: (text: string) => number = narrowWidth,
): string[] {
  const lines: string[] = [];
  for (const word of typeof words === 'string' ? words.split(' ') : words) {
    const extendedLine = `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && widthOf(extendedLine) <= width) lines[lines.length - 1] = extendedLine;
    else lines.push(word);
  }
  return lines;
}
