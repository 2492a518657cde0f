import { shown } from '../../base/sanitise.ts';
import { absoluteTime } from '../../base/time.ts';
import type { Key } from '../../keys/key.ts';
import { statuses } from '../../keys/key.ts';
import { relativeTime } from '../relative-time.ts';
import type { Terminal } from '../style.ts';
import type { Column } from '../table.ts';
import { renderTable } from '../table.ts';
import { cell } from '../values.ts';
import * as keyValue from './key-values.ts';
import { renderRecord } from './record.ts';
import { secretView } from './secret.ts';

/* The fields of --fields or --json as text for people, in the order given, whatever the records are. */

type Fields = Readonly<Record<string, unknown>>;

/** A table of these fields; the later ones are narrowed, then dropped, if they do not fit. */
export function selectedTable(
  records: readonly object[],
  fields: readonly string[],
  terminal: Terminal,
): Promise<string> | string {
  if (records.length === 0) return '';
  const columns = fields.map(
    (field, index): Column<object> => ({
      header: heading(field).toUpperCase(),
      text: (record) => fieldText(record as Fields, field, terminal),
      rank: index,
      ...((records as readonly Fields[]).every((one) => typeof one[field] === 'number') && {
        align: 'right',
      }),
      ...(!/^(?:id|status)$|At$/.test(field) && { shrinkTo: 12 }),
    }),
  );
  return renderTable(records, columns, terminal);
}

/** A line per field; a secret is set apart, so that it can be copied. */
export function selectedRecord(record: object, fields: readonly string[], terminal: Terminal): string {
  const all = record as Fields;
  const lines = fields
    .filter((field) => field !== 'secret')
    .map((field) => [heading(field), fieldText(all, field, terminal)] as const);
  const text = lines.some(([, value]) => value !== '') ? renderRecord(lines, terminal) : '';
  const { secret } = all;
  return fields.includes('secret') && typeof secret === 'string'
    ? `${text}${secretView(secret, 'secret, shown only once', terminal)}`
    : text;
}

/** One record of a list without a foreseeable end. */
export function selectedLine(record: object, fields: readonly string[], terminal: Terminal): string {
  return `${fields.map((field) => fieldText(record as Fields, field, terminal)).join('  ')}\n`;
}

/** `createdAt` is `Created`, `lastUsedIp` is `Last used ip`. */
function heading(field: string): string {
  const words = field.replace(/(?:At|Usd)$/, '').replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function fieldText(record: Fields, field: string, terminal: Terminal): string {
  const value = record[field];
  if (value === undefined) return '';
  if (isStatusOfKey(record, field)) return keyValue.status(record as Partial<Key>, terminal);
  if (value === null) return /At$/.test(field) ? 'never' : 'none';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number')
    return /Usd$/.test(field) ? keyValue.dollars(value) : plainNumber(field, value);
  if (typeof value === 'string' && isTime(field, value)) return timeText(field, value, terminal);
  if (Array.isArray(value) && value.length === 0) return field === 'models' ? 'all' : 'none';
  return shown(cell(value));
}

/** Items of `keys api` may have a status of their own. */
function isStatusOfKey(record: Fields, field: string): boolean {
  return (
    field === 'status' && 'id' in record && 'name' in record && statuses.some((one) => one === record.status)
  );
}

/** A status code is no amount. */
function plainNumber(field: string, value: number): string {
  return field === 'statusCode' ? String(value) : keyValue.count(value);
}

function isTime(field: string, value: string): boolean {
  return /(?:At|^timestamp|^time)$/.test(field) && !Number.isNaN(Date.parse(value));
}

/** How far away a moment is; of a log, when it was. JavaScript finds a time in almost any text. */
function timeText(field: string, value: string, { now }: Terminal): string {
  return field.endsWith('At') ? relativeTime(value, now) : shown(absoluteTime(value));
}
