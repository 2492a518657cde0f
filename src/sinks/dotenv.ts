import { isDeepStrictEqual } from 'node:util';
import { parse } from 'dotenv';
import { KeysError } from '../base/errors.ts';

/*
 * Edits one variable of a dotenv file and leaves every other byte alone. The grammar is that of the `dotenv` package
 * (README, "Parsing rules"), which reads the file here too: `export` is allowed; a value is bare up to `#`, or stands in
 * '…', "…" or `…`, which may hold newlines; \n and \r mean line breaks inside "…" only.
 *
 * To find the place, the text is handled as Latin-1, one character per byte, so that bytes of any encoding survive.
 */

interface Assignment {
  name: string;
  /** Where the value stands, its quotes included and the white space around it not. */
  start: number;
  end: number;
}

// No `\s`: in Latin-1 it holds the byte A0, which in UTF-8 is a part of letters such as `à`.
const blank = String.raw`[\t\v\f ]`;
const quoted = [`'(?:\\\\'|[^'])*'`, `"(?:\\\\"|[^"])*"`, '`(?:\\\\`|[^`])*`'].join('|');
const bare = String.raw`(?:[^\t\v\f \r\n#][^#\r\n]*?)?`;
const assignment = new RegExp(
  String.raw`${blank}*(?:export${blank}+)?([\w.-]+)${blank}*(?:=|:${blank})${blank}*?(${quoted}|${bare})${blank}*(?:#[^\r\n]*)?$`,
  'dmy',
);

/** The value that a variable has in the file, the last one where it is set twice; undefined where it is not set. */
export function readVariable(file: Buffer, name: string): string | undefined {
  return variables(file).get(name);
}

/**
 * The file with one variable set. A variable that is new is added at the end, in the file's own line ending.
 * Throws `KeysError` where the variable is set twice, where the format has no way to write the value, or where the
 * change would make readers see other variables differently.
 */
export function setVariable(file: Buffer, name: string, value: string): Buffer {
  const text = file.toString('latin1');
  const found = assignments(text).filter((one) => one.name === name);
  const [present] = found;
  if (found.length > 1) {
    throw new KeysError({
      code: 'variable_set_twice',
      message: `the dotenv file sets ${name} ${found.length} times: which one counts depends on the reader`,
      hints: [`remove all but one line with ${name}=`],
    });
  }
  const written = Buffer.from(quote(value), 'utf8').toString('latin1');
  const changed = present
    ? text.slice(0, present.start) + written + text.slice(present.end)
    : append(text, `${name}=${written}`);
  const result = Buffer.from(changed, 'latin1');
  if (!isDeepStrictEqual(variables(result), variables(file).set(name, value))) throw ambiguous(name);
  return result;
}

function append(text: string, assignment: string): string {
  const ending = /\r?\n/.exec(text)?.[0] ?? '\n';
  const gap = text === '' || text.endsWith('\n') ? '' : ending;
  return `${text}${gap}${assignment}${ending}`;
}

/** All variables of the file, as its readers see them. */
function variables(file: Buffer): Map<string, string> {
  return new Map(Object.entries(parse(file)));
}

/** All assignments, from the top. A quoted value can run over several lines, so lines alone do not tell. */
function assignments(text: string): Assignment[] {
  const found: Assignment[] = [];
  let position = text.startsWith('\u00ef\u00bb\u00bf') ? 3 : 0; // a UTF-8 byte order mark
  while (position < text.length) {
    const match = matchAt(text, position);
    if (match) {
      found.push(match);
      position = match.end;
    }
    const toLineEnd = text.slice(position).search(/[\r\n]/);
    position = toLineEnd < 0 ? text.length : position + toLineEnd + 1;
  }
  return found;
}

function matchAt(text: string, position: number): Assignment | undefined {
  assignment.lastIndex = position;
  const match = assignment.exec(text);
  const [start, end] = match?.indices?.[2] ?? [];
  if (!match?.[1] || start === undefined || end === undefined) return undefined;
  return { name: match[1], start, end };
}

/**
 * Writes a value bare where it is plain, else in the first quotes that can hold it, whatever lines follow it. The file may
 * be sourced by a shell as well: what a shell would run, as `$(…)` in "…" and anything in backquotes, is not written.
 */
function quote(value: string): string {
  if (/^[\w.:/+=@%,-]+$/.test(value)) return value;
  const escaped = value.replaceAll('\n', '\\n').replaceAll('\r', '\\r');
  const single = `'${value}'`;
  if (!/['\r\n\0]|\\$/.test(value) && parse(`X=${single}`).X === value) return single;
  const double = `"${escaped}"`;
  if (!/["$`\\\0]/.test(value) && parse(`X=${double}`).X === value) return double;
  throw new KeysError({
    code: 'value_not_writable',
    message: 'the dotenv format has no way to write this value that a shell could not take for a command',
    hints: ['deliver it with --to file:PATH'],
  });
}

function ambiguous(name: string): KeysError {
  return new KeysError({
    code: 'dotenv_ambiguous',
    message: `setting ${name} would change what readers of the dotenv file make of the lines around it`,
    hints: [`put ${name}= and its value on a line of their own`],
  });
}
