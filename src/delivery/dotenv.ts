import { KeysError } from '../errors.ts';

/*
 * Edits one variable of a dotenv file and leaves every other byte alone. The grammar is that of the `dotenv` package
 * (README, "Parsing rules"): `export` is allowed; a value is bare up to `#`, or stands in '…', "…" or `…`, which may
 * hold newlines; \n and \r mean line breaks inside "…" only.
 *
 * The text is handled as Latin-1, one character per byte, so that bytes of any encoding survive.
 */

interface Assignment {
  name: string;
  /** Where the value stands, its quotes included and the white space around it not. */
  start: number;
  end: number;
}

const blank = String.raw`[^\S\r\n]*`;
const quoted = [`'(?:\\\\'|[^'])*'`, `"(?:\\\\"|[^"])*"`, '`(?:\\\\`|[^`])*`'].join('|');
const assignment = new RegExp(
  String.raw`^${blank}(?:export\s+)?([\w.-]+)${blank}(?:=|:(?=\s))${blank}(${quoted}|[^#\r\n]*)${blank}(?:#[^\r\n]*)?$`,
  'dmy',
);

/** The value that a variable has in the file; undefined where it is not set. */
export function readVariable(file: Buffer, name: string): string | undefined {
  const text = file.toString('latin1');
  const found = assignments(text).filter((one) => one.name === name);
  const last = found.at(-1);
  return last && unquote(Buffer.from(text.slice(last.start, last.end), 'latin1').toString('utf8'));
}

/**
 * The file with one variable set. A variable that is new is added at the end, in the file's own line ending.
 * Throws `KeysError` where the variable is set twice, or where the format has no way to write the value.
 */
export function setVariable(file: Buffer, name: string, value: string): Buffer {
  const text = file.toString('latin1');
  const found = assignments(text).filter((one) => one.name === name);
  const [present] = found;
  if (found.length > 1) {
    throw new KeysError({
      exit: 'failed',
      code: 'variable_set_twice',
      message: `the dotenv file sets ${name} ${found.length} times: which one counts depends on the reader`,
      hints: [`remove all but one line with ${name}=`],
    });
  }
  const written = Buffer.from(quote(value), 'utf8').toString('latin1');
  const changed = present
    ? text.slice(0, present.start) + written + text.slice(present.end)
    : append(text, `${name}=${written}`);
  return Buffer.from(changed, 'latin1');
}

function append(text: string, assignment: string): string {
  const ending = /\r?\n/.exec(text)?.[0] ?? '\n';
  const gap = text === '' || text.endsWith('\n') ? '' : ending;
  return `${text}${gap}${assignment}${ending}`;
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
    const newline = text.indexOf('\n', position);
    position = newline < 0 ? text.length : newline + 1;
  }
  return found;
}

function matchAt(text: string, position: number): Assignment | undefined {
  assignment.lastIndex = position;
  const match = assignment.exec(text);
  const [start, end] = match?.indices?.[2] ?? [];
  if (!match?.[1] || start === undefined || end === undefined) return undefined;
  return { name: match[1], start, end: start + text.slice(start, end).trimEnd().length };
}

function unquote(written: string): string {
  const quoteMark = written[0];
  const quoted = written.length > 1 && quoteMark === written.at(-1) && /['"`]/.test(quoteMark ?? '');
  if (!quoted) return written;
  const inner = written.slice(1, -1);
  return quoteMark === '"' ? inner.replaceAll('\\n', '\n').replaceAll('\\r', '\r') : inner;
}

/** Writes a value bare where it is plain, else in the first quotes that can hold it. */
function quote(value: string): string {
  if (/^[\w.:/+=@%,-]+$/.test(value)) return value;
  const escaped = value.replaceAll('\n', '\\n').replaceAll('\r', '\\r');
  const candidates = [`'${value}'`, `"${escaped}"`, `\`${value}\``, value];
  const written = candidates.find((candidate) => reads(candidate, value));
  if (written !== undefined) return written;
  throw new KeysError({
    exit: 'failed',
    code: 'value_not_writable',
    message: 'the dotenv format has no way to write this value',
    hints: ['deliver it with --to file:PATH'],
  });
}

/** Whether readers get the value back, whatever lines follow it. */
function reads(written: string, value: string): boolean {
  if (/[\r\n]/.test(written) || /\\['"`]$/.test(written)) return false;
  const [only, ...more] = assignments(`X=${written}\n`);
  return more.length === 0 && only?.end === written.length + 2 && unquote(written) === value;
}
