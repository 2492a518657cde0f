import { safeJson } from '../base/sanitise.ts';
import type { Fields } from './values.ts';
import { cell, pick } from './values.ts';

/** The formats of `--format`, with what `keys help formats` says of them. */
export const formats = {
  table: 'for people: fits the width of the terminal; relative times, colours',
  json: 'one JSON document: an array for a list, an object for one thing',
  ndjson: 'one JSON object per line, written as it arrives',
  csv: "RFC 4180 with a header line; a text that a sheet would run as a formula has ' before it",
  tsv: 'tab-separated with a header line; formulas as in csv',
  yaml: 'one YAML document',
} as const;

export type Format = keyof typeof formats;

/** The formats, and the one off a terminal where none was asked for: tab-separated without a header. */
export type Encoding = Exclude<Format, 'table'> | 'plain';

/** Turns records into the text of a format. `fields` are the columns, or the selection where one was made. */
export interface Encoder {
  one(record: object): string;
  /** Pieces of text, each as soon as its record is there. */
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

/** As `values`, for what may be opened as a sheet: a text that would be run as a formula has `'` before it. */
function sheet(record: object, fields: readonly string[]): string[] {
  return fields.map((field) => {
    const value = (record as Fields)[field];
    const text = cell(value);
    // A number is one, and a secret has to be exact.
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
  const { stringify } = await import('yaml');
  // Double quotes hold any character as an escape, so what is unsafe on a terminal never stands there raw. A text with
  // line breaks stays on one line: another one could begin as a command of a CI system does.
  const options = {
    defaultStringType: 'QUOTE_DOUBLE',
    defaultKeyType: 'PLAIN',
    lineWidth: 0,
    doubleQuotedMinMultiLineLength: Number.POSITIVE_INFINITY,
  } as const;
  const encode = (value: unknown) => {
    const text = safeJson(stringify(value, options));
    // Keys that are foreign text, such as those of labels, could begin a line as a command of a CI system does.
    if (!/^[\s-]*::|##\w*\[/m.test(text)) return text;
    return safeJson(stringify(value, { ...options, defaultKeyType: 'QUOTE_DOUBLE' }));
  };
  return {
    one: (record) => encode(pick(record, selection)),
    async *many(records) {
      let empty = true;
      for await (const record of records) {
        yield encode([pick(record, selection)]);
        empty = false;
      }
      if (empty) yield '[]\n';
    },
  };
}
