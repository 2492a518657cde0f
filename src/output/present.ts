import type { ExitName } from '../base/error-codes.ts';
import { ciIn } from '../platform/env.ts';
import type { Io } from '../platform/io.ts';
import { monotonicMs } from '../platform/monotonic.ts';
import type { StopSignal } from '../platform/stop-signal.ts';
import { harmlessJson, harmlessLines } from './ci-log.ts';
import type { Encoding, Format, ReportFormat } from './formats.ts';
import { encoderFor, isReportFormat } from './formats.ts';
import type { Terminal } from './style.ts';
import { pick } from './values.ts';

/** The output options of a command line. */
export interface OutputSettings {
  /** Undefined: a table on a terminal, plain tab-separated lines off it. */
  readonly format: Format | undefined;
  /** The fields selected with `--fields` or `--json id,name`; undefined: all. */
  readonly fields: readonly string[] | undefined;
  readonly noColor: boolean;
  readonly noPager: boolean;
}

/** The result of a command. `columns` are the fields of csv, tsv and plain lines, in order. */
export type Result = {
  /** A function if the rows decide it: called once, when everything is printed. */
  readonly exit?: ExitName | (() => ExitName);
  /** As text for people it may be long, and never holds a secret: on a terminal it goes through the pager. */
  readonly isPaged?: true;
} & (
  | {
      kind: 'rows';
      rows: Iterable<object> | AsyncIterable<object>;
      columns: readonly string[];
      table: View<readonly object[]>;
      /** Messages that wait for success wait until every row is printed, too. */
      isWhole?: true;
      /** In place of a table or plain lines, where no format is asked for. */
      format?: Format;
    }
  /** Rows that json and yaml print as parts of one record. */
  | {
      kind: 'document';
      rows: readonly object[];
      /** The record of these rows, which have the selected fields. */
      record: (rows: readonly object[]) => object;
      columns: readonly string[];
      table: View<readonly object[]>;
      /** The formats that the command declares in addition. */
      reports?: Readonly<Partial<Record<ReportFormat, () => string | Promise<string>>>>;
    }
  /** Rows without a foreseeable end: each is printed on its own. */
  | { kind: 'stream'; rows: AsyncIterable<object>; columns: readonly string[]; line: View<object> }
  | { kind: 'one'; record: object; columns: readonly string[]; table: View<object> }
  | { kind: 'text'; text: string }
  /** Everything has been printed. */
  | { kind: 'nothing' }
  /** Another program had the terminal; the exit code is its own, 0 to 255. */
  | { kind: 'ended'; code: number }
);

/**
 * A record as text for people. Commands import their views inside, so that JSON output does not load them. Method syntax
 * makes it bivariant: a view of keys serves as a view of records.
 */
type View<Shown> = { show(shown: Shown, terminal: Terminal): string | Promise<string> }['show'];

/** Characters per write. */
const chunkSize = 16_384;

/** How long output may be written before Node.js gets a turn to notice Ctrl-C, which writing alone does not give it. */
const maxTurnMs = 20;

/**
 * Prints the result on stdout until it ends or `stop` aborts. Rejects if stdout cannot be written.
 */
export async function present(
  io: Io,
  asked: OutputSettings,
  result: Result,
  stop?: StopSignal,
): Promise<void> {
  if (result.kind === 'nothing' || result.kind === 'ended') return;
  const usual = result.kind === 'rows' ? result.format : undefined;
  const settings = { ...asked, format: asked.format ?? usual };
  const pieces = await piecesOf(io, settings, result);
  const harmless = defuserOf(result, settings, io);
  if (result.isPaged && !settings.noPager && isForPerson(io, settings, result)) {
    let text = '';
    for await (const piece of pieces) text += piece;
    return printPaged(io, harmless(text));
  }
  let pendingText = '';
  let turnBegan = monotonicMs();
  for await (const piece of pieces) {
    pendingText += piece;
    if (result.kind !== 'stream' && pendingText.length < chunkSize) continue;
    await io.stdout.write(harmless(pendingText));
    pendingText = '';
    if (monotonicMs() - turnBegan < maxTurnMs) continue;
    await new Promise((resume) => setImmediate(resume));
    turnBegan = monotonicMs();
    if (stop?.aborted) return;
  }
  if (pendingText !== '') await io.stdout.write(harmless(pendingText));
}

/** Whether the result is printed as text for people, on a terminal. */
function isForPerson(io: Io, { format }: OutputSettings, { kind }: Result): boolean {
  if (!io.stdout.isTTY) return false;
  if (kind === 'text') return true;
  return (kind === 'rows' || kind === 'document') && (format ?? 'table') === 'table';
}

/** Through the pager, if the text is higher than the terminal. */
async function printPaged(io: Io, text: string): Promise<void> {
  const { rows = Number.POSITIVE_INFINITY } = io.stdout;
  if (text.split('\n').length > rows) {
    const { pagerFor, showInPager } = await import('../platform/pager.ts');
    const pager = pagerFor(io);
    if (pager !== undefined && (await showInPager(pager, text, io))) return;
  }
  await io.stdout.write(text);
}

/** Defuses CI commands in a text that begins at the start of a line, or inside JSON. */
function defuserOf(result: Result, { format }: OutputSettings, { env }: Io): (text: string) => string {
  if (ciIn(env) === undefined) return (text) => text;
  const isJsonFormat = /^(?:(?:nd)?json|yaml|sarif)$/.test(format ?? '');
  return (text) => {
    const isJson = result.kind === 'text' ? parses(text) : isJsonFormat;
    return isJson ? harmlessJson(text, env) : harmlessLines(text, env);
  };
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The text in pieces. No generator in between: it would take as long for each of many rows as writing it. */
async function piecesOf(
  io: Io,
  settings: OutputSettings,
  result: Exclude<Result, { kind: 'nothing' | 'ended' }>,
): Promise<Iterable<string> | AsyncIterable<string>> {
  if (result.kind === 'text') return [result.text];
  const { format, fields } = settings;
  if (isReportFormat(format)) return [await reportOf(result, format)];
  const encoding = encodingOf(io, format);
  if (encoding === 'table') return renderTables(await openTerminal(io, settings.noColor), result, fields);
  if (result.kind === 'document' && (encoding === 'json' || encoding === 'yaml')) {
    const record = result.record(result.rows.map((row) => pick(row, fields)));
    return [(await encoderFor(encoding, [], undefined)).one(record)];
  }
  const encoder = await encoderFor(encoding, result.columns, fields);
  return result.kind === 'one' ? [encoder.one(result.record)] : encoder.many(result.rows);
}

async function reportOf(result: Result, format: ReportFormat): Promise<string> {
  const report = result.kind === 'document' ? result.reports?.[format] : undefined;
  if (!report) throw new Error(`the command declares the format ${format} and has no report`);
  return report();
}

async function* renderTables(
  terminal: Terminal,
  result: Extract<Result, { columns: unknown }>,
  fields: readonly string[] | undefined,
): AsyncGenerator<string> {
  if (fields) {
    yield* renderFields(terminal, result, fields);
  } else if (result.kind === 'one') {
    yield await result.table(result.record, terminal);
  } else if (result.kind === 'stream') {
    for await (const row of result.rows) yield await result.line(row, terminal);
  } else {
    const rows: object[] = [];
    for await (const row of result.rows) rows.push(row);
    yield await result.table(rows, terminal);
  }
}

async function* renderFields(
  terminal: Terminal,
  result: Extract<Result, { columns: unknown }>,
  fields: readonly string[],
): AsyncGenerator<string> {
  const { selectedLine, selectedRecord, selectedTable } = await import('./views/selected.ts');
  if (result.kind === 'one') {
    yield selectedRecord(result.record, fields, terminal);
  } else if (result.kind === 'stream') {
    for await (const row of result.rows) yield selectedLine(row, fields, terminal);
  } else {
    const rows: object[] = [];
    for await (const row of result.rows) rows.push(row);
    yield await selectedTable(rows, fields, terminal);
  }
}

function encodingOf(io: Io, format: Exclude<Format, ReportFormat> | undefined): Encoding | 'table' {
  return format ?? (io.stdout.isTTY ? 'table' : 'plain');
}

async function openTerminal(io: Io, noColor: boolean): Promise<Terminal> {
  const { terminalOf } = await import('./style.ts');
  return terminalOf(io.stdout, io.env, noColor, io.now());
}
