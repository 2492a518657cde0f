import { bounded } from '../base/sanitise.ts';
import type { Typesetting } from './typesetting.ts';

/**
 * The text truncated to a width, with `…`, between characters as people see them and without counting colours; cli-table3
 * counts code units and lets wide characters stick out.
 */
export function truncateCell(text: string, width: number, { widthOf, charactersOf }: Typesetting): string {
  const whole = bounded(text);
  if (widthOf(whole) <= width) return whole;
  let result = '';
  let remainingWidth = width - 1;
  for (const part of whole.split(/(\x1b\[[\d;]*m)/)) {
    if (part.startsWith('\x1b')) {
      result += part;
      continue;
    }
    for (const character of charactersOf(part)) {
      const size = widthOf(character);
      if (size <= remainingWidth) result += character;
      else if (remainingWidth >= 0) result += '…';
      remainingWidth = size <= remainingWidth ? remainingWidth - size : -1;
    }
  }
  return result;
}

/** The whole text in lines of at most a width, broken between characters. A coloured text is truncated. */
export function breakCell(text: string, width: number, typesetting: Typesetting): string[] {
  const whole = bounded(text);
  if (typesetting.widthOf(whole) <= width) return [whole];
  if (whole.includes('\x1b')) return [truncateCell(whole, width, typesetting)];
  const lines = [''];
  for (const character of typesetting.charactersOf(whole)) {
    const extendedLine = `${lines.at(-1)}${character}`;
    if (typesetting.widthOf(extendedLine) <= width) lines[lines.length - 1] = extendedLine;
    else lines.push(truncateCell(character, width, typesetting));
  }
  return lines;
}
