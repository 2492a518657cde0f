import type { KeysError } from '../../base/errors.ts';
import { systemCode } from '../../base/errors.ts';

/**
 * Whether a database that cannot be used may be usable again with the same settings: its disk is full, or a replica of
 * PostgreSQL is about to become the primary server. SQLite and the file system name their codes; 53100 is disk_full, 25006
 * read_only_sql_transaction and 0A000 what a replica says of serializable transactions.
 */
export function mayPass({ failure: { cause } }: KeysError): boolean {
  return /^(?:SQLITE_FULL|ENOSPC|EDQUOT|53100|25006|0A000)$/.test(systemCode(cause) ?? '');
}
