import type { LogEntry, UsageQuery, UsageRow } from '../keys/ports.ts';
import type { Path } from '../providers/declaration/field.ts';
import type { EntryFields, UsageFields } from '../providers/declaration/use-fields.ts';
import type { Part } from './select.ts';
import { number, optional, select, text, time, withoutAbsent, wrongShape } from './select.ts';

/** A log entry as the API reports it. Throws `KeysError` (7). */
export function readEntry(from: Part, fields: EntryFields): LogEntry {
  const whole = 'a log entry';
  const timestamp = time(from, fields.timestamp);
  if (!timestamp) throw wrongShape(from, `${whole} with a time`);
  return withoutAbsent({
    timestamp,
    method: text(fieldOf(from, fields.method, whole)),
    path: text(fieldOf(from, fields.path, whole)),
    statusCode: number(fieldOf(from, fields.statusCode, whole)),
    keyId: optional(from, fields.keyId, text) || undefined,
    ip: optional(from, fields.ip, text) ?? undefined,
    model: optional(from, fields.model, text) ?? undefined,
    requests: optional(from, fields.requests, number) ?? undefined,
    tokens: optional(from, fields.tokens, number) ?? undefined,
    costUsd: optional(from, fields.costUsd, number) ?? undefined,
  });
}

/** A total by key, or by day (UTC). Throws `KeysError` (7). */
export function readTotal(from: Part, fields: UsageFields, by: UsageQuery['by']): UsageRow {
  const whole = `a total by ${by}`;
  const date = by === 'day' ? time(from, fields.date) : undefined;
  if (by === 'day' && !date) throw wrongShape(from, `${whole} with a date`);
  return withoutAbsent({
    keyId: by === 'key' ? text(fieldOf(from, fields.keyId, whole)) : undefined,
    name: by === 'key' ? (optional(from, fields.name, text) ?? undefined) : undefined,
    date: date?.slice(0, 10),
    requests: number(fieldOf(from, fields.requests, whole)),
    tokens: optional(from, fields.tokens, number) ?? undefined,
    spentUsd: optional(from, fields.spentUsd, number) ?? undefined,
  });
}

function fieldOf(from: Part, path: Path, whole: string): Part {
  const value = select(from, path);
  if (!value) throw wrongShape(from, `${whole} with the field ${[path].flat().join(' or ')}`);
  return value;
}
