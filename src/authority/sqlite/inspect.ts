import type { Retention } from '../log-retention.ts';
import { defaultRetention, logRetention } from '../log-retention.ts';
import { connectForReading } from './read-only.ts';
import { runNow } from './run-now.ts';

export interface Inspection {
  /** What SQLite found wrong with the file; empty if it is sound. */
  problems: string[];
  keys: number;
  /** Version of the tables. */
  schema: number;
  retention: Retention;
}

const lockTimeoutMs = 5000;

/** The first version of the tables that has settings. */
const firstSchemaWithSettings = 4;

/** Checks an existing database file from end to end. Throws `KeysError` if it is not a readable database at all. */
export function inspectDatabase(path: string): Inspection {
  const database = connectForReading(path, lockTimeoutMs);
  try {
    const verdicts = database.all('PRAGMA integrity_check').map((row) => String(row.integrity_check));
    const schema = Number(database.get('PRAGMA user_version')?.user_version);
    const keys = schema > 0 ? Number(database.get('SELECT COUNT(*) AS count FROM keys')?.count) : 0;
    const retention = schema >= firstSchemaWithSettings ? runNow(database, logRetention()) : defaultRetention;
    return { problems: verdicts.filter((verdict) => verdict !== 'ok'), keys, schema, retention };
  } finally {
    database.close();
  }
}
