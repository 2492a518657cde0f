import { pagesOf } from '../base/pages.ts';
import { safeJson } from '../base/sanitise.ts';
import type { Fields } from './values.ts';
import { cell, joined, pick } from './values.ts';

/** The formats of `--format`, with their help. */
export const formats = {
  table: 'a table for people: fitted to the terminal, with relative times and colours',
  json: 'one JSON document: an array for a list, an object for a single record',
  ndjson: 'one JSON object per line, printed as it arrives',
  csv: "RFC 4180 with a header line; text that a spreadsheet would run as a formula is prefixed with '",
  tsv: 'tab-separated with a header line; formulas are prefixed as in csv',
  yaml: 'one YAML document',
} as const;

/** Formats of whole reports, with their help. A command declares which of them it has. */
export const reportFormats = {
  sarif: 'SARIF 2.1.0, for code scanning; of commands that report findings',
  markdown: 'a report to paste into an issue; of commands that report findings',
} as const;

export type ReportFormat = keyof typeof reportFormats;

export type Format = keyof typeof formats | ReportFormat;

/** `plain` is the default off a terminal: tab-separated lines without a header. */
export type Encoding = Exclude<keyof typeof formats, 'table'> | 'plain';

export function isReportFormat(format: string | undefined): format is ReportFormat {
  return format !== undefined && Object.hasOwn(reportFormats, format);
}

/** Turns records into the text of a format. */
export interface Encoder {
  one(record: object): string;
  /** The text in pieces, each as soon as its records arrive. */
  many(records: Iterable<object> | AsyncIterable<object>): AsyncIterable<string>;
}

export async function encoderFor(
  encoding: Encoding,
  columns: readonly string[],
  selection: readonly string[] | undefined,
): Promise<Encoder> {
  const fields = selection ?? columns;
  switch (encoding) {
    case 'json':
      return jsonEncoder(selection);
    case 'ndjson':
      return encoderOf({ write: (records) => safeJson(linesOf(records, (one) => json(one, selection))) });
    case 'yaml':
      return yamlEncoder(selection);
    case 'csv':
      return sheetEncoder(fields, ',', quoteForCsv);
    case 'tsv':
      return sheetEncoder(fields, '\t', (text) => text);
    case 'plain':
      return encoderOf({ write: (records) => linesOf(records, (one) => values(one, fields).join('\t')) });
  }
}

function values(record: object, fields: readonly string[]): string[] {
  return fields.map((field) => cell((record as Fields)[field]));
}

/** Text that stands in a cell as it is, as most does: nothing of it is unsafe, quoted or the start of a formula. */
const plainCell = /^[0-9A-Za-z_][ !#-+\--~]*$/;

/** As `cell`, for spreadsheets: text that would run as a formula is prefixed with `'`. */
function sheetCell(value: unknown, field: string, quote: (text: string) => string): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string' && plainCell.test(value)) return value;
  const text = cell(value);
  // Numbers are not formulas.
  if (text === '' || typeof value === 'number' || plainCell.test(text)) return text;
  // A secret must be exact.
  const isFormula = field !== 'secret' && /^\s*[=+@\-＝＋＠－]|^\\[tr]/.test(text);
  return quote(isFormula ? `'${text}` : text);
}

function quoteForCsv(text: string): string {
  return text.includes(',') || text.includes('"') ? `"${text.replaceAll('"', '""')}"` : text;
}

/** How a list is written. `empty`: what ends a list without records, in place of `end`. */
interface Writing {
  start?: string;
  write: (records: readonly object[], isFirst: boolean) => string;
  end?: string;
  empty?: string;
}

/** Records that are written at once. */
const maxRecords = 200;

function encoderOf({ start = '', write, end = '', empty = end }: Writing): Encoder {
  return {
    one: (record) => start + write([record], true),
    async *many(source) {
      if (start !== '') yield start;
      let isFirst = true;
      for await (const page of pagesOf(source)) {
        for (let at = 0; at < page.length; at += maxRecords) {
          yield write(page.slice(at, at + maxRecords), isFirst);
          isFirst = false;
        }
      }
      const last = isFirst ? empty : end;
      if (last !== '') yield last;
    },
  };
}

function linesOf(records: readonly object[], lineOf: (record: object) => string): string {
  let text = '';
  for (const record of records) text += `${lineOf(record)}\n`;
  return text;
}

function sheetEncoder(fields: readonly string[], gap: string, quote: (text: string) => string): Encoder {
  const lineOf = (record: object) =>
    joined(fields, gap, (field) => sheetCell((record as Fields)[field], field, quote));
  return encoderOf({ start: `${fields.join(gap)}\n`, write: (records) => linesOf(records, lineOf) });
}

function json(record: object, selection: readonly string[] | undefined, indent?: number): string {
  return JSON.stringify(pick(record, selection), undefined, indent);
}

function jsonEncoder(selection: readonly string[] | undefined): Encoder {
  const list = (records: readonly object[]) =>
    JSON.stringify(
      records.map((record) => pick(record, selection)),
      undefined,
      2,
    );
  return {
    ...encoderOf({
      // Without the last line break and bracket; the next records come after a comma. A text that is put together is copied.
      write: (records, isFirst) =>
        isFirst ? safeJson(list(records).slice(0, -2)) : `,${safeJson(list(records).slice(1, -2))}`,
      end: '\n]\n',
      empty: '[]\n',
    }),
    one: (record) => `${safeJson(json(record, selection, 2))}\n`,
  };
}

async function yamlEncoder(selection: readonly string[] | undefined): Promise<Encoder> {
  const { toYaml, toYamlItem } = await import('./yaml.ts');
  const items = (records: readonly object[]) => {
    let text = '';
    for (const record of records) text += toYamlItem(pick(record, selection));
    return text;
  };
  return {
    ...encoderOf({ write: (records) => safeJson(items(records)), empty: '[]\n' }),
    one: (record) => safeJson(toYaml(pick(record, selection))),
  };
}
