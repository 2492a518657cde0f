import { safeJson } from '../base/sanitise.ts';
import type { Fields } from './values.ts';
import { cell, pick } from './values.ts';

/** The formats of `--format`, with their help. */
export const formats = {
  table: 'a table for people: fitted to the terminal, with relative times and colours',
  json: 'one JSON document: an array for a list, an object for a single record',
  ndjson: 'one JSON object per line, printed as it arrives',
  csv: "RFC 4180 with a header line; text that a spreadsheet would run as a formula is prefixed with '",
  tsv: 'tab-separated with a header line; formulas are prefixed as in csv',
  yaml: 'one YAML document',
} as const;

export type Format = keyof typeof formats;

/** `plain` is the default off a terminal: tab-separated lines without a header. */
export type Encoding = Exclude<Format, 'table'> | 'plain';

/** Turns records into the text of a format. */
export interface Encoder {
  one(record: object): string;
  /** The text in pieces, each as soon as its record arrives. */
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
      return lines((record) => safeJson(JSON.stringify(pick(record, selection))));
    case 'yaml':
      return yamlEncoder(selection);
    case 'csv':
      return lines((record) => sheet(record, fields).map(quoteForCsv).join(','), fields.join(','));
    case 'tsv':
      return lines((record) => sheet(record, fields).join('\t'), fields.join('\t'));
    case 'plain':
      return lines((record) => values(record, fields).join('\t'));
  }
}

function values(record: object, fields: readonly string[]): string[] {
  return fields.map((field) => cell((record as Fields)[field]));
}

/** As `values`, for spreadsheets: text that would run as a formula is prefixed with `'`. */
function sheet(record: object, fields: readonly string[]): string[] {
  return fields.map((field) => {
    const value = (record as Fields)[field];
    const text = cell(value);
    // Numbers are not formulas, and a secret must be exact.
    const isFormula =
      typeof value !== 'number' && field !== 'secret' && /^\s*[=+@\-＝＋＠－]|^\\[tr]/.test(text);
    return isFormula ? `'${text}` : text;
  });
}

function quoteForCsv(text: string): string {
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function lines(line: (record: object) => string, header?: string): Encoder {
  const start = header === undefined ? '' : `${header}\n`;
  return {
    one: (record) => `${start}${line(record)}\n`,
    async *many(records) {
      if (start) yield start;
      for await (const record of records) yield `${line(record)}\n`;
    },
  };
}

function jsonEncoder(selection: readonly string[] | undefined): Encoder {
  const encode = (record: object) => safeJson(JSON.stringify(pick(record, selection), undefined, 2));
  return {
    one: (record) => `${encode(record)}\n`,
    async *many(records) {
      let separator = '[\n  ';
      for await (const record of records) {
        yield separator + encode(record).replaceAll('\n', '\n  ');
        separator = ',\n  ';
      }
      yield separator.startsWith('[') ? '[]\n' : '\n]\n';
    },
  };
}

async function yamlEncoder(selection: readonly string[] | undefined): Promise<Encoder> {
  const { toYaml, toYamlItem } = await import('./yaml.ts');
  return {
    one: (record) => safeJson(toYaml(pick(record, selection))),
    async *many(records) {
      let isEmpty = true;
      for await (const record of records) {
        yield safeJson(toYamlItem(pick(record, selection)));
        isEmpty = false;
      }
      if (isEmpty) yield '[]\n';
    },
  };
}
