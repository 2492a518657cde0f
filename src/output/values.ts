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
  if (Array.isArray(value)) return value.map(cell).join(',');
  if (typeof value !== 'object') return visible(String(value));
  return Object.entries(value)
    .map(([name, part]) => `${visible(name)}=${cell(part)}`)
    .join(',');
}
