import type { Organisation } from '../decision.ts';
import { AuthorityService } from '../service.ts';
import type { FileSettings } from '../store/store.ts';
import { SqliteStore } from './sqlite-store.ts';
import { SqliteUseGate } from './sqlite-use-gate.ts';

/** The authority for a server on this machine, in a file. */
export function openSqliteService(
  settings: FileSettings,
  now: () => Date,
  organisation: Organisation = {},
): AuthorityService {
  const store = new SqliteStore(settings);
  return new AuthorityService({
    store,
    gate: new SqliteUseGate(store, now, organisation),
    now,
    organisation,
  });
}
