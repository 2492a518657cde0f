import type { Environment } from '../../platform/env.ts';
import type { Retention } from '../log-retention.ts';
import { defaultRetention, logRetention } from '../log-retention.ts';
import type { Work } from '../store/work.ts';
import { get } from '../store/work.ts';
import { DatabasePool } from './database-pool.ts';
import { parseDatabaseUrl } from './database-url.ts';
import { probe, versionOf } from './migrate.ts';
import { runWork } from './run-work.ts';

export interface PostgresInspection {
  /** The URL as it may be shown. */
  shown: string;
  /** Version of the tables; 0: there are none yet. */
  schema: number;
  keys: number;
  retention: Retention;
}

const timeoutMs = 5000;

/** Reads what a database holds, and leaves it as it was. Throws `KeysError` if commands could not use it. */
export async function inspectPostgres(url: string, env: Environment): Promise<PostgresInspection> {
  const pool = new DatabasePool(parseDatabaseUrl(url), { env, timeoutMs, maxConnections: 1 });
  const { shown } = pool.address;
  try {
    return await pool.use(async (session) => {
      const schema = await versionOf(session, shown);
      await probe(session, shown, schema);
      if (schema === 0) return { shown, schema, keys: 0, retention: defaultRetention };
      return { shown, schema, ...(await runWork(session, shown, content())) };
    });
  } finally {
    await pool.close();
  }
}

function* content(): Work<Pick<PostgresInspection, 'keys' | 'retention'>> {
  const row = yield* get('SELECT COUNT(*) AS count FROM keys');
  return { keys: Number(row?.count), retention: yield* logRetention() };
}
