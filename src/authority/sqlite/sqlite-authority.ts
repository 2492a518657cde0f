import { Authority } from '../authority.ts';
import type { Organisation } from '../decision.ts';
import type { FileSettings } from '../store/store.ts';
import { SqliteStore } from './sqlite-store.ts';

/** The authority of this machine, in a file. */
export function openSqliteAuthority(
  settings: FileSettings,
  now: () => Date,
  organisation: Organisation = {},
): Authority {
  return new Authority({ store: new SqliteStore(settings), now, organisation });
}
