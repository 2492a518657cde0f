import type { ExitName } from '../base/error-codes.ts';
import type { Io } from '../platform/io.ts';
import { harmlessJson, harmlessLines } from './ci-log.ts';
import type { Encoding, Format } from './formats.ts';
import { encoderFor } from './formats.ts';
import type { Terminal } from './style.ts';

/** What the command line says about output. */
export interface OutputSettings {
  /** Undefined: a table on a terminal, plain tab-separated lines off it. */
  readonly format: Format | undefined;
  /** The fields chosen with `--json id,name`; undefined: all. */
  readonly fields: readonly string[] | undefined;
  readonly noColor: boolean;
}

/** What a command answers. Every kind names its columns: the fields of csv, tsv and plain lines, in order. */
export type Result = { exit?: ExitName } & (
  | {
      kind: 'rows';
      rows: Iterable<object> | AsyncIterable<object>;
      columns: readonly string[];
      table: View<readonly object[]>;
    }
  /** Rows that go on coming: each is printed by itself. */
  | { kind: 'stream'; rows: AsyncIterable<object>; columns: readonly string[]; line: View<object> }
  | { kind: 'one'; record: object; columns: readonly string[]; table: View<object> }
  | { kind: 'text'; text: string }
  /** Everything has been printed. */
  | { kind: 'nothing' }
  /** Another program had the terminal; its exit code, 0 to 255, is that of this one. */
  | { kind: 'ended'; code: number }
);

/**
 * A record as text for people. Commands load their views in here, so that JSON does not pay for them. Method syntax:
 * a view of keys serves as a view of records.
 */
type View<Shown> = { show(shown: Shown, terminal: Terminal): string | Promise<string> }['show'];

/** Characters that are written at once. */
const portion = 16_384;

/**
 * Prints the result on stdout, or as much of it as there is before `stop` aborts. Rejects where stdout takes no more.
 */
export async function present(
  io: Io,
  settings: OutputSettings,
  result: Result,
  stop?: AbortSignal,
): Promise<void> {
  if (result.kind === 'nothing' || result.kind === 'ended') return;
  let waiting = '';
  for await (const piece of pieces(io, settings, result)) {
    waiting += harmless(piece, result, settings, io);
    if (result.kind !== 'stream' && waiting.length < portion) continue;
    await io.stdout.write(waiting);
    waiting = '';
    // Writing alone never lets Node.js notice Ctrl-C.
    await new Promise((resume) => setImmediate(resume));
    if (stop?.aborted) return;
  }
  if (waiting !== '') await io.stdout.write(waiting);
}

/** As no CI system takes it for a command. Pieces begin at the start of a line, or in the middle of JSON. */
function harmless(piece: string, result: Result, { format }: OutputSettings, { env }: Io): string {
  const isJson = result.kind === 'text' ? parses(piece) : /^(?:(?:nd)?json|yaml)$/.test(format ?? '');
  return isJson ? harmlessJson(piece, env) : harmlessLines(piece, env);
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

async function* pieces(
  io: Io,
  settings: OutputSettings,
  result: Exclude<Result, { kind: 'nothing' | 'ended' }>,
): AsyncGenerator<string> {
  if (result.kind === 'text') {
    yield result.text;
    return;
  }
  const encoding = encodingOf(io, settings.format);
  if (encoding === 'table') {
    yield* forPeople(await openTerminal(io, settings.noColor), result);
    return;
  }
  const encoder = await encoderFor(encoding, result.columns, settings.fields);
  if (result.kind === 'one') yield encoder.one(result.record);
  else yield* encoder.many(result.rows);
}

async function* forPeople(
  terminal: Terminal,
  result: Extract<Result, { columns: unknown }>,
): AsyncGenerator<string> {
  if (result.kind === 'one') {
    yield await result.table(result.record, terminal);
  } else if (result.kind === 'stream') {
    for await (const row of result.rows) yield await result.line(row, terminal);
  } else {
    const rows: object[] = [];
    for await (const row of result.rows) rows.push(row);
    yield await result.table(rows, terminal);
  }
}

function encodingOf(io: Io, format: Format | undefined): Encoding | 'table' {
  return format ?? (io.stdout.isTTY ? 'table' : 'plain');
}

/** stdout as a place to show something to people. */
async function openTerminal(io: Io, noColor: boolean): Promise<Terminal> {
  const { terminalOf } = await import('./style.ts');
  return terminalOf(io.stdout, io.env, noColor, io.now());
}
