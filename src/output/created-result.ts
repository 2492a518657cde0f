import { keyFields } from '../keys/key.ts';
import type { CreationRecord } from '../keys/operations/create.ts';
import type { Result } from './present.ts';

/** A created key, with its secret if that is printed. */
export function createdResult(record: CreationRecord & { secret?: string }): Result {
  return {
    kind: 'one',
    record,
    columns: record.secret === undefined ? keyFields : [...keyFields, 'secret'],
    table: async (_, terminal) => (await import('./views/created.ts')).createdView(record, terminal),
  };
}
