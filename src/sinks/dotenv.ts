import { isDeepStrictEqual } from 'node:util';
import { parse } from 'dotenv';
import { KeysError } from '../base/errors.ts';

/*
 * Edits one variable of a dotenv file and leaves every other byte alone. The grammar is that of the `dotenv` package
 * (README, "Parsing rules"), which also reads the file here: `export` is allowed; a value is bare up to `#`, or enclosed
 * in '…', "…" or `…`, which may contain newlines; \n and \r are line breaks inside "…" only.
 *
 * The text is handled as Latin-1, one character per byte, so that bytes of any encoding survive.
 */

interface Assignment {
  name: string;
  /** The range of the value, with its quotes and without the white space around it. */
  start: number;
  end: number;
}

// Not `\s`: in Latin-1 it matches the byte A0, which in UTF-8 is a part of letters such as `à`.
const blank = String.raw`[\t\v\f ]`;
const quotedForms = [`'(?:\\\\'|[^'])*'`, `"(?:\\\\"|[^"])*"`, '`(?:\\\\`|[^`])*`'].join('|');
const bare = String.raw`(?:[^\t\v\f \r\n#][^#\r\n]*?)?`;
const assignment = new RegExp(
  String.raw`${blank}*(?:export${blank}+)?([\w.-]+)${blank}*(?:=|:${blank})${blank}*?(${quotedForms}|${bare})${blank}*(?:#[^\r\n]*)?$`,
  'dmy',
);

/** The value of a variable, the last one if it is set twice; undefined if it is not set. */
export function readVariable(file: Buffer, name: string): string | undefined {
  return variables(file).get(name);
}

/**
 * The file with one variable set. A new variable is added at the end, with the file's own line ending. Throws `KeysError`
 * if the variable is set twice, if the format cannot express the value, or if readers would see other variables change.
 */
export function setVariable(file: Buffer, name: string, value: string): Buffer {
  const text = file.toString('latin1');
  const [existing, ...others] = assignments(text).filter((one) => one.name === name);
  if (others.length > 0) {
    throw new KeysError({
      code: 'variable_set_twice',
      message: `the dotenv file sets ${name} ${others.length + 1} times: which one counts depends on the reader`,
      hints: [`keep only one line with ${name}=`],
    });
  }
  const quotedValue = Buffer.from(quote(value), 'utf8').toString('latin1');
  const changedText = existing
    ? text.slice(0, existing.start) + quotedValue + text.slice(existing.end)
    : append(text, `${name}=${quotedValue}`);
  const result = Buffer.from(changedText, 'latin1');
  if (!isDeepStrictEqual(variables(result), variables(file).set(name, value))) throw ambiguous(name);
  return result;
}

function append(text: string, assignment: string): string {
  const ending = /\r?\n/.exec(text)?.[0] ?? '\n';
  const gap = text === '' || text.endsWith('\n') ? '' : ending;
  return `${text}${gap}${assignment}${ending}`;
}

/** All variables of the file, as readers see them. */
function variables(file: Buffer): Map<string, string> {
  return new Map(Object.entries(parse(file)));
}

/** All assignments, from the top. A quoted value can span several lines, so lines alone are not enough. */
function assignments(text: string): Assignment[] {
  const all: Assignment[] = [];
  let position = text.startsWith('\u00ef\u00bb\u00bf') ? 3 : 0; // a UTF-8 byte order mark
  while (position < text.length) {
    const match = matchAt(text, position);
    if (match) {
      all.push(match);
      position = match.end;
    }
    const toLineEnd = text.slice(position).search(/[\r\n]/);
    position = toLineEnd < 0 ? text.length : position + toLineEnd + 1;
  }
  return all;
}

function matchAt(text: string, position: number): Assignment | undefined {
  assignment.lastIndex = position;
  const match = assignment.exec(text);
  const [start, end] = match?.indices?.[2] ?? [];
  if (!match?.[1] || start === undefined || end === undefined) return undefined;
  return { name: match[1], start, end };
}

/**
 * Writes a plain value bare, any other one in the first quotes that can hold it, whatever lines follow. A shell may source
 * the file: what a shell would run, as `$(…)` in "…" and anything in backquotes, is not written.
 */
function quote(value: string): string {
  if (/^[\w.:/+=@%,-]+$/.test(value)) return value;
  const escapedValue = value.replaceAll('\n', '\\n').replaceAll('\r', '\\r');
  const single = `'${value}'`;
  if (!/['\r\n\0]|\\$/.test(value) && parse(`X=${single}`).X === value) return single;
  const double = `"${escapedValue}"`;
  if (!/["$`\\\0]/.test(value) && parse(`X=${double}`).X === value) return double;
  throw new KeysError({
    code: 'value_not_writable',
    message: 'a dotenv file cannot hold this value in a form that is safe to source from a shell',
    hints: ['deliver it with --to file:PATH'],
  });
}

function ambiguous(name: string): KeysError {
  return new KeysError({
    code: 'dotenv_ambiguous',
    message: `setting ${name} would change how readers of the dotenv file understand the lines around it`,
    hints: [`put ${name}= and its value on a separate line`],
  });
}
