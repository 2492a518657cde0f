import { InvalidValue } from '../base/errors.ts';

/** Characters with a meaning in a shell. No shell runs here, so they would end up in an argument, which is never meant. */
const special: Readonly<Record<string, string>> = Object.fromEntries(
  [...'|&;<>()$`*?\n'].map((mark) => [mark, mark === '\n' ? 'a line break' : `'${mark}'`]),
);

/**
 * Splits a command line into a program and its arguments by the quoting rules of the POSIX shell (XCU 2.2: backslash,
 * '…' and "…"). Throws `InvalidValue` for an unclosed quote, and for unquoted characters that only a shell understands.
 */
export function splitCommand(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < text.length; ) {
    if (text[at] === ' ' || text[at] === '\t') {
      if (word !== undefined) words.push(word);
      word = undefined;
      at += 1;
    } else {
      const piece = pieceAt(text, at, word === undefined);
      word = (word ?? '') + piece.value;
      at = piece.end;
    }
  }
  if (word !== undefined) words.push(word);
  return words;
}

/** A part of a word, and where the text continues after it. */
interface Piece {
  value: string;
  end: number;
}

function pieceAt(text: string, at: number, isFirst: boolean): Piece {
  const mark = text[at] ?? '';
  if (mark === "'") return singleQuoted(text, at + 1);
  if (mark === '"') return doubleQuoted(text, at + 1);
  if (mark === '\\') return escaped(text, at + 1);
  if (special[mark] || (isFirst && (mark === '#' || mark === '~')))
    throw needsShell(special[mark] ?? `'${mark}'`);
  return { value: mark, end: at + 1 };
}

function escaped(text: string, at: number): Piece {
  const value = text[at];
  if (value === undefined) throw new InvalidValue('it ends with a backslash');
  return { value, end: at + 1 };
}

function singleQuoted(text: string, start: number): Piece {
  const end = text.indexOf("'", start);
  if (end < 0) throw new InvalidValue("a ' is not closed");
  return { value: text.slice(start, end), end: end + 1 };
}

/** A backslash escapes only characters with a meaning inside "…". */
function doubleQuoted(text: string, start: number): Piece {
  let value = '';
  for (let at = start; at < text.length; at++) {
    const mark = text[at] ?? '';
    if (mark === '"') return { value, end: at + 1 };
    if (mark === '$' || mark === '`') throw needsShell(`'${mark}'`);
    const next = text[at + 1] ?? '';
    if (mark === '\\' && '$`"\\'.includes(next) && next !== '') {
      value += next;
      at += 1;
    } else {
      value += mark;
    }
  }
  throw new InvalidValue('a " is not closed');
}

function needsShell(what: string): InvalidValue {
  return new InvalidValue(`${what} needs a shell, and none runs here: quote it, or use exec:sh -c '…'`);
}
