import { resolve } from 'node:path';
import type { Organisation } from '../authority/decision.ts';
import type { AuthorityService } from '../authority/service.ts';
import type { Session, SessionSpec, Sessions } from '../authority/sessions.ts';
import { openSqliteService } from '../authority/sqlite/sqlite-service.ts';
import type { Key } from '../keys/key.ts';
import type { Issuer, Subject } from '../keys/operations/issuer.ts';
import type { Context } from './context.ts';

/** Opens the embedded authority for the server and for session commands. Closed when the command ends. */
export function openAuthority(
  context: Context,
  db: string | undefined,
  organisation: Organisation = {},
): AuthorityService {
  const path = databaseOf(context, db);
  const marker = db === undefined ? { marker: context.paths.authorityMarker } : {};
  const settings = { path, ...marker, timeoutMs: context.timeout };
  const authority = openSqliteService(settings, () => context.now, organisation);
  context.atEnd(() => authority.close());
  return authority;
}

/** The database file of the embedded authority. */
export function databaseOf(context: Context, db: string | undefined): string {
  return db === undefined ? context.paths.authorityDatabase : resolve(context.io.cwd, db);
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
