import type { Environment } from '../../platform/env.ts';
import type { Retention } from '../log-retention.ts';
import { logRetention } from '../log-retention.ts';
import type { Work } from '../store/work.ts';
import { get } from '../store/work.ts';
import { PostgresStore } from './postgres-store.ts';

export interface PostgresInspection {
  /** The URL as it may be shown. */
  shown: string;
  keys: number;
  retention: Retention;
}

const timeoutMs = 5000;

/** Connects to a database and reads what it holds. Throws `KeysError` if it cannot be used. */
export async function inspectPostgres(url: string, env: Environment): Promise<PostgresInspection> {
  const store = new PostgresStore(url, { env, timeoutMs });
  try {
    return { shown: store.pool.address.shown, ...(await store.read(content)) };
  } finally {
    await store.close();
  }
}

function* content(): Work<Omit<PostgresInspection, 'shown'>> {
  const row = yield* get('SELECT COUNT(*) AS count FROM keys');
  return { keys: Number(row?.count), retention: yield* logRetention() };
}
