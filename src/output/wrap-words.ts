import { narrowWidth } from './typesetting.ts';

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
