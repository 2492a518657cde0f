import type { LogEntry } from '../keys/ports.ts';
import type { ValuePath } from '../providers/declaration/field.ts';
import type { EntryFields } from '../providers/declaration/use-fields.ts';
import { amountAt, textAt, timeAt } from './declared-value.ts';
import type { Part } from './select.ts';
import { withoutAbsent, wrongShape } from './select.ts';

/** A log entry as the API reports it. Throws `KeysError` (7). */
export function readEntry(from: Part, fields: EntryFields): LogEntry {
  const whole = 'a log entry';
  const timestamp = timeAt(from, fields.timestamp);
  if (!timestamp) throw wrongShape(from, `${whole} with a time`);
  return withoutAbsent({
    timestamp,
    method: present(textAt, from, fields.method, whole),
    path: present(textAt, from, fields.path, whole),
    statusCode: amountAt(from, fields.statusCode) ?? undefined,
    keyId: textAt(from, fields.keyId) || undefined,
    ip: textAt(from, fields.ip) ?? undefined,
    model: textAt(from, fields.model) ?? undefined,
    requests: amountAt(from, fields.requests) ?? undefined,
    tokens: amountAt(from, fields.tokens) ?? undefined,
    costUsd: amountAt(from, fields.costUsd) ?? undefined,
  });
}

/** A value that must be there. `whole`: what it is a part of. */
export function present<Where extends ValuePath, T>(
  read: (from: Part, where: Where) => T | null | undefined,
  from: Part,
  where: Where,
  whole: string,
): T {
  const value = read(from, where);
  if (value === undefined || value === null) throw wrongShape(from, `${whole} with ${nameOf(where)}`);
  return value;
}

function nameOf(where: ValuePath): string {
  const path = typeof where === 'object' && 'at' in where ? where.at : where;
  return `the field ${[path].flat().join(' or ')}`;
}
