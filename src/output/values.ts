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
  if (Array.isArray(value)) return joined(value, ',', cell);
  return joined(Object.entries(value), ',', ([name, part]) => `${visible(name)}=${cell(part)}`);
}

/** The texts of items, without a list of them: lists of 100,000 keys have many cells. */
export function joined<T>(items: readonly T[], gap: string, textOf: (item: T) => string): string {
  let text = '';
  let before = '';
  for (const item of items) {
    text += before + textOf(item);
    before = gap;
  }
  return text;
}
