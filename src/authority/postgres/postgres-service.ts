import type { Organisation } from '../decision.ts';
import { AuthorityService } from '../service.ts';
import type { PoolOptions } from './database-pool.ts';
import { PostgresStore } from './postgres-store.ts';
import { PostgresUseGate } from './postgres-use-gate.ts';

/** The authority for one of several servers that share a database. `url`: as in `parseDatabaseUrl`. */
export function openPostgresService(
  url: string,
  options: PoolOptions,
  now: () => Date,
  organisation: Organisation = {},
): AuthorityService {
  const store = new PostgresStore(url, options);
  const gate = new PostgresUseGate(store, { now, organisation });
  return new AuthorityService({ store, gate, now, organisation });
}
