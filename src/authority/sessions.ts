import { KeysError } from '../base/errors.ts';
import { Secret } from '../base/secret.ts';
import type { Role } from './capabilities.ts';
import { roleIn } from './capabilities.ts';
import type { Connection, Row } from './database/connection.ts';
import type { DatabaseFile } from './database/database-file.ts';
import { sessionLimitReached } from './errors.ts';
import { idOf, matches, mint } from './key-format.ts';
import { optionalText, toTime } from './key-table.ts';

/** Whoever called with a session token that is good. */
export interface Caller {
  user: string;
  role: Role;
  sessionId: string;
}

export interface Session {
  id: string;
  user: string;
  role: Role;
  status: 'active' | 'expired' | 'revoked';
  createdAt: string;
  expiresAt: string | null;
}

export interface SessionSpec {
  user: string;
  /**
   * What the user is from now on. Absent: what it is already; for a new one `admin` where it has that name, else `user`.
   */
  role?: Role | undefined;
  expiresAt: Date | null;
  /** The session that asks for it, and with which it ends; absent: it was made on the machine itself. */
  parent?: string;
}

/** Why a session token is not accepted. */
export type SessionRejection = 'unknown' | 'expired' | 'revoked';

/** Who may manage keys over HTTP. Of a token only the SHA-256 is kept. Every method throws `KeysError`. */
export class Sessions {
  readonly #file: DatabaseFile;
  readonly #now: () => number;

  constructor(file: DatabaseFile, now: () => number) {
    this.#file = file;
    this.#now = now;
  }

  /** Makes a session, and its user where there is none of that name. The token is given out here and never again. */
  create({ user, role, expiresAt, parent }: SessionSpec): { session: Session; token: Secret } {
    const { id, value, hash } = mint('ses');
    const database = this.#file.writing;
    const now = this.#now();
    database.transaction(() => {
      const asking = parent === undefined ? undefined : rowOf(database, parent);
      // One that ends while it asks for another has none.
      if (parent !== undefined && asking?.revoked_at !== null) throw noSuchSession(parent);
      // No session gives what it has not: its user may have been made an admin since.
      const most = asking && asking.effective !== 'admin' ? String(asking.effective) : null;
      database.run(
        'INSERT INTO users (name, role, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
        user,
        role ?? (user === 'admin' ? 'admin' : 'user'),
        now,
      );
      if (role && most === null) database.run('UPDATE users SET role = ? WHERE name = ?', role, user);
      makeRoom(database, user, parent !== undefined, now);
      database.run(
        `INSERT INTO sessions (id, user, token_hash, created_at, expires_at, parent, role)
         SELECT ?, name, ?, ?, ?, ?, COALESCE(?, role) FROM users WHERE name = ?`,
        id,
        hash,
        now,
        expiresAt?.getTime() ?? null,
        parent ?? null,
        most,
        user,
      );
    });
    const row = rowOf(database, id);
    if (!row) throw new Error('a session that was just made is not there');
    return { session: toSession(row, now), token: new Secret(value) };
  }

  /** Newest first; of one user, or of all. */
  list(user: string | null = null): Session[] {
    const now = this.#now();
    return this.#file.reading
      .all(`${selection} WHERE ?1 IS NULL OR s.user = ?1 ORDER BY s.created_at DESC, s.id DESC`, user)
      .map((row) => toSession(row, now));
  }

  get(id: string): Session | undefined {
    const row = rowOf(this.#file.reading, id);
    return row && toSession(row, this.#now());
  }

  /** Ends a session at once, with all that were made with it; false where it had been ended before. */
  revoke(id: string): boolean {
    const database = this.#file.writing;
    if (!rowOf(database, id)) throw noSuchSession(id);
    const now = this.#now();
    return database.transaction(() => {
      // A tree of sessions ends together, also below one that has ended before.
      const ended = database.all(
        `WITH RECURSIVE tree (id) AS (
           SELECT ?2 UNION SELECT s.id FROM sessions s JOIN tree ON s.parent = tree.id
         )
         UPDATE sessions SET revoked_at = ?1 WHERE revoked_at IS NULL AND id IN (SELECT id FROM tree)
         RETURNING id`,
        now,
        id,
      );
      const ids = ended.map((row) => String(row.id));
      for (const session of ids) database.recordStatusChange({ session, at: now, revoked: true });
      return ids.includes(id);
    });
  }

  /** Whose token it is, or why it is not accepted. */
  identify(token: string): Caller | SessionRejection {
    const id = idOf('ses', token);
    const row = id === undefined ? undefined : rowOf(this.#file.reading, id);
    if (!(row?.token_hash instanceof Uint8Array) || !matches(token, row.token_hash)) return 'unknown';
    const { status, user, role } = toSession(row, this.#now());
    return status === 'active' ? { user, role, sessionId: String(row.id) } : status;
  }
}

/**
 * Who is made an admin is one with new sessions, and who is no longer one loses it with all. A reporter is one where either
 * says so: it can do less than a user.
 */
const selection = `SELECT s.*, CASE WHEN s.role = 'admin' AND u.role = 'admin' THEN 'admin'
                                    WHEN 'reporter' IN (s.role, u.role) THEN 'reporter' ELSE 'user' END AS effective
                   FROM sessions s JOIN users u ON u.name = s.user`;

/** Live sessions that a user may have by asking with one of them; those made on the machine are not limited. */
const mostLive = 100;

/** Milliseconds for which the end of a session can be looked up. */
const endedKept = 30 * 86_400_000;

/** Forgets sessions that ended long ago, or that a user has ended in great number. Throws `session_limit`. */
function makeRoom(database: Connection, user: string, isAsked: boolean, now: number): void {
  const count = (condition: string) =>
    Number(
      database.get(`SELECT COUNT(*) AS count FROM sessions WHERE user = ?1 AND ${condition}`, user, now)
        ?.count,
    );
  const isLive = 'revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?2)';
  if (isAsked && count(isLive) >= mostLive) throw sessionLimitReached(mostLive);
  const before = count(`NOT (${isLive})`) > 10 * mostLive ? now : now - endedKept;
  database.run(
    `DELETE FROM sessions WHERE user = ?1 AND MIN(COALESCE(revoked_at, ?3), COALESCE(expires_at, ?3)) <= ?2
       AND id NOT IN (SELECT parent FROM sessions WHERE parent IS NOT NULL)`,
    user,
    before,
    Number.MAX_SAFE_INTEGER,
  );
}

function rowOf(database: Connection, id: string): Row | undefined {
  return database.get(`${selection} WHERE s.id = ?`, id);
}

function toSession(row: Row, now: number): Session {
  const expired = row.expires_at !== null && Number(row.expires_at) <= now;
  return {
    id: String(row.id),
    user: String(row.user),
    role: roleIn(row.effective),
    status: row.revoked_at !== null ? 'revoked' : expired ? 'expired' : 'active',
    createdAt: toTime(Number(row.created_at)),
    expiresAt: optionalText(row.expires_at) && toTime(Number(row.expires_at)),
  };
}

function noSuchSession(id: string): KeysError {
  return new KeysError({
    code: 'no_such_session',
    message: `no session has the id '${id}'`,
    hints: ['keys session list'],
  });
}
