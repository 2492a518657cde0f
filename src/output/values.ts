import { visible } from '../base/sanitise.ts';

/** A record of any kind, as it is printed: a key, a log entry, a usage row. */
export type Fields = Readonly<Record<string, unknown>>;

/** The fields that were asked for, in that order; all of them where none were. A field the record lacks stays away. */
export function pick(record: object, fields: readonly string[] | undefined): Fields {
  const all = record as Fields;
  if (!fields) return all;
  return Object.fromEntries(
    fields.filter((field) => all[field] !== undefined).map((field) => [field, all[field]]),
  );
}

/** A value as the text of one cell: lists by comma, pairs as `name=value`, nothing for null. */
export function cell(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map(cell).join(',');
  if (typeof value !== 'object') return visible(String(value));
  return Object.entries(value)
    .map(([name, part]) => `${visible(name)}=${cell(part)}`)
    .join(',');
}
