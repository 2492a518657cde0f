import { Authority } from '../authority/authority.ts';
import type { Organisation } from '../authority/decision.ts';
import { openPostgresService } from '../authority/postgres/postgres-service.ts';
import { PostgresStore } from '../authority/postgres/postgres-store.ts';
import type { AuthorityService } from '../authority/service.ts';
import type { Context } from './context.ts';

/* The embedded authority on a PostgreSQL database. Loaded for a database URL alone. */

/** For the commands of the profile `local`. Closed when the command ends. */
export async function openPostgresAuthority(context: Context, url: string): Promise<Authority> {
  const store = new PostgresStore(url, optionsOf(context));
  context.atEnd(() => store.close());
  await context.debug(`the embedded authority, ${store.pool.address.shown}`);
  return new Authority({ store, now: () => context.now });
}

/** For the server and for session commands. Closed when the command ends. */
export function openSharedAuthority(
  context: Context,
  url: string,
  organisation: Organisation,
): AuthorityService {
  const authority = openPostgresService(url, optionsOf(context), () => context.now, organisation);
  context.atEnd(() => authority.close());
  return authority;
}

function optionsOf(context: Context) {
  return { env: context.io.env, timeoutMs: context.timeout };
}
