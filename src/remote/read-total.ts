import type { UsageQuery, UsageRow } from '../keys/ports.ts';
import type { UsageCall } from '../providers/declaration/use-fields.ts';
import { amountAt, textAt, timeAt } from './declared-value.ts';
import { present } from './read-entry.ts';
import type { Part } from './select.ts';
import { elements, missing, part, select, WrongShape, withoutAbsent, wrongShape } from './select.ts';

/** A total, and where its key and its date are: in the total itself, or in its bucket. */
export interface TotalPart {
  total: Part;
  context: Part;
}

/** The totals in an item: itself, or those of a bucket. Throws `KeysError` (7) for a bucket that was there before. */
export function totalsIn(item: Part, { rows, row }: UsageCall, seenBuckets: Set<string>): TotalPart[] {
  if (rows === undefined) return [{ total: item, context: item }];
  const list = select(item, rows);
  if (!list) throw missing(item, `list ${[rows].flat().join(' or ')}`);
  const bucket = objectIn(item);
  const nestedNames = [rows].flat().map((path) => path.split('.')[0]);
  const ownFields = Object.entries(bucket).filter(([name]) => !nestedNames.includes(name));
  const own = part(Object.fromEntries(ownFields), item.at);
  if (isDated(own, row.date)) {
    const identity = JSON.stringify(ownFields);
    if (seenBuckets.has(identity)) throw new WrongShape(`the bucket ${item.at} was returned before`);
    seenBuckets.add(identity);
  }
  return elements(list).map((total) => ({
    total,
    context: part({ ...(own.value as object), ...objectIn(total) }, total.at),
  }));
}

/**
 * A total, undefined if it is of another key than requested. `inputs`: what the call told the API. Throws `KeysError` (7)
 * if it is not known which key or day it is of.
 */
export function readTotal(
  from: TotalPart,
  fields: UsageCall['row'],
  query: UsageQuery,
  inputs: readonly string[],
): UsageRow | undefined {
  const { total, context } = from;
  const { by } = query;
  const whole = `a total by ${by}`;
  const groupedBy = inputs.includes('by') ? by : undefined;
  const keyId = groupedBy === 'day' ? undefined : keyOf(from, fields.keyId, query, inputs.includes('keyId'));
  if (keyId === 'another') return undefined;
  const date = groupedBy === 'key' ? undefined : timeAt(context, fields.date);
  if (!date && groupedBy !== 'key') throw wrongShape(total, `${whole} with a date`);
  const { requests } = fields;
  return withoutAbsent<UsageRow>({
    keyId: keyId?.id,
    name: by === 'key' ? (textAt(context, fields.name) ?? undefined) : undefined,
    date: date?.slice(0, 10),
    requests: requests === undefined ? undefined : present(amountAt, total, requests, whole),
    tokens: amountAt(total, fields.tokens) ?? undefined,
    spentUsd: amountAt(total, fields.spentUsd) ?? undefined,
  });
}

/** The key that a total is of; undefined if that does not matter. */
function keyOf(
  { total, context }: TotalPart,
  where: UsageCall['row']['keyId'],
  { by, keyId: wantedId }: UsageQuery,
  isRequested: boolean,
): { id: string | null } | 'another' | undefined {
  if (where === undefined) return wantedId === undefined ? undefined : { id: wantedId };
  if (by === 'day' && wantedId === undefined) return undefined;
  const id = textAt(context, where);
  // Null is the use of no key; without the field, the API has not grouped by key.
  if (id === undefined) present(textAt, total, where, `a total by ${by}`);
  if (wantedId === undefined || id === wantedId) return { id: id || null };
  if (!id && isRequested) throw wrongShape(total, 'a total of the requested key');
  return 'another';
}

function isDated(bucket: Part, date: UsageCall['row']['date']): boolean {
  return (timeAt(bucket, date) ?? null) !== null;
}

function objectIn(from: Part): object {
  if (typeof from.value !== 'object' || from.value === null || Array.isArray(from.value))
    throw wrongShape(from, 'an object');
  return from.value;
}
