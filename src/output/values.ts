import { visible } from '../base/sanitise.ts';

/** Any record to print: a key, a log entry, a usage row. */
export type Fields = Readonly<Record<string, unknown>>;

/** The selected fields, in that order, or all. A field that the record lacks is left out. */
export function pick(record: object, fields: readonly string[] | undefined): Fields {
  const all = record as Fields;
  if (!fields) return all;
  return Object.fromEntries(
    fields.filter((field) => all[field] !== undefined).map((field) => [field, all[field]]),
  );
}

/** A value as the text of one cell: lists joined by commas, pairs as `name=value`, nothing for null. */
export function cell(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return visible(value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'object') return visible(String(value));
  return Array.isArray(value) ? itemsOf(value) : pairsOf(value);
}

function itemsOf(list: readonly unknown[]): string {
  let text = '';
  let before = '';
  for (const item of list) {
    text += before + cell(item);
    before = ',';
  }
  return text;
}

function pairsOf(record: object): string {
  let text = '';
  let before = '';
  for (const name in record) {
    text += `${before}${visible(name)}=${cell(record[name as keyof typeof record])}`;
    before = ',';
  }
  return text;
}
