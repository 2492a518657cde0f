import type { Output } from '../platform/io.ts';
import { isNarrow, narrowWidth } from './typesetting.ts';
import { unitsOf, wrapWords } from './wrap-words.ts';

/** What a line of stderr may begin with; the lines after it are indented by as much. */
const label = /^(?:error|hint|warning|debug): /;

/** A hint that is a command as a whole. */
const command = /^(?:keys|chmod|export|git|ls|mkdir|rm|sudo) |^--/;

/**
 * A line of stderr, broken between words at the width of the terminal. What a reader pastes is never broken: the terminal
 * itself continues a long line, and copies it as one. Off a terminal, the line stays as it is.
 */
export async function wrapMessage(line: string, { columns }: Output): Promise<string> {
  if (columns === undefined || columns <= 0 || line.length * 2 <= columns) return line;
  const widthOf = isNarrow(line)
    ? narrowWidth
    : (await import('./wide-typesetting.ts')).wideTypesetting.widthOf;
  // A line that begins with a space is set already.
  if (line.startsWith(' ') || widthOf(line) <= columns) return line;
  const start = label.exec(line)?.[0] ?? '';
  const indent = ' '.repeat(start.length || 2);
  const lines = wrapWords(
    unbroken(line.slice(start.length), start === 'hint: '),
    columns - indent.length,
    widthOf,
  );
  return start + lines.join(`\n${indent}`);
}

/** The parts between which a message may be broken. */
function unbroken(text: string, isHint: boolean): string[] {
  if (isHint && command.test(text)) return [text];
  const [, advice = text, pasted] = (isHint ? /^(.*?: )(.+)$/ : /^(.*?: )(keys .+)$/).exec(text) ?? [];
  return [...unitsOf(advice), ...(pasted === undefined ? [] : [pasted])];
}
