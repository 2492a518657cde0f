import type { Organisation } from '../authority/decision.ts';
import type { AuthorityService } from '../authority/service.ts';
import type { Session, SessionSpec, Sessions } from '../authority/sessions.ts';
import { openSqliteService } from '../authority/sqlite/sqlite-service.ts';
import { isDatabaseUrl, mayHavePassword, passwordInUrl } from '../base/database-name.ts';
import { usageError } from '../base/errors.ts';
import type { Key } from '../keys/key.ts';
import type { Issuer, Subject } from '../keys/operations/issuer.ts';
import type { Context } from './context.ts';
import { absolute, databaseIn } from './database-in.ts';

/** Opens the embedded authority for the server and for session commands. Closed when the command ends. */
export async function openAuthority(
  context: Context,
  db: string | undefined,
  organisation: Organisation = {},
): Promise<AuthorityService> {
  const path = databaseOf(context, db);
  if (isDatabaseUrl(path)) {
    return (await import('./open-postgres.ts')).openSharedAuthority(context, path, organisation);
  }
  const { authorityDatabase, authorityMarker } = context.paths;
  const marker = path === authorityDatabase ? { marker: authorityMarker } : {};
  const settings = { path, ...marker, timeoutMs: context.timeout };
  const authority = openSqliteService(settings, () => context.now, organisation);
  context.atEnd(() => authority.close());
  return authority;
}

/** The database of the embedded authority: a URL without a password, or an absolute path. Throws `KeysError` (2). */
export function databaseOf({ io, paths }: Context, db: string | undefined): string {
  const database = db === undefined ? databaseIn(io) : absolute(db, io.cwd);
  if (database !== undefined && isDatabaseUrl(database) && mayHavePassword(database)) throw passwordInUrl();
  return database ?? paths.authorityDatabase;
}

/** As `databaseOf`. Throws `KeysError` (2) for a URL: what copies a file cannot copy a server's database. */
export function databaseFileOf(context: Context, db: string | undefined, hint: string): string {
  const database = databaseOf(context, db);
  if (!isDatabaseUrl(database)) return database;
  throw usageError(
    'the database is on a PostgreSQL server, whose own programs back it up and restore it',
    hint,
  );
}

/** Creates and revokes sessions the way keys are; a session is named after its user. */
export function sessionIssuer(sessions: Sessions): Issuer<SessionSpec & { name: string }> {
  const asKey = ({ id, user: name, status, createdAt }: Session): Key => ({ id, name, status, createdAt });
  return {
    async create(spec) {
      const { session, token } = await sessions.create(spec);
      return { key: asKey(session), secret: token };
    },
    revoke: (id) => sessions.revoke(id),
    list: async () => (await sessions.list()).map(asKey),
    async get(id) {
      const session = await sessions.get(id);
      return session && asKey(session);
    },
    capabilities: { endsLists: true, show: true, maxKeys: null, verify: false },
  };
}

export const sessionSubject: Subject = {
  kind: 'session',
  noun: 'session',
  revocation: (id) => `keys session revoke ${id}`,
};
