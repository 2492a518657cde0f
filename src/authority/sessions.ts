import { Secret } from '../base/secret.ts';
import { noSuchSession, sessionLimitReached } from './errors.ts';
import type { MintedValue } from './key-format.ts';
import { idOf, matches, mint } from './key-format.ts';
import { optionalText, toTime } from './key-row.ts';
import type { Role } from './roles.ts';
import { parseRole } from './roles.ts';
import type { Store } from './store/store.ts';
import type { Row, Work } from './store/work.ts';
import { all, get, recordStatusChange, run } from './store/work.ts';

/** A caller with a valid session token. */
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
   * The user's role from now on. Absent: its current role; for a new user `admin` if that is its name, otherwise `user`.
   */
  role?: Role | undefined;
  expiresAt: Date | null;
  /** The session that requests this one, and ends it when it ends itself; absent for sessions created locally. */
  parent?: string;
}

/** Why a session token is rejected. */
export type SessionRejection = 'unknown' | 'expired' | 'revoked';

/** The sessions of users who manage keys over HTTP. Stores only the SHA-256 of a token. Every method throws `KeysError`. */
export class Sessions {
  readonly #store: Store;
  readonly #now: () => number;

  constructor(store: Store, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  /** Creates a session, and its user if necessary. The token is never returned again. */
  async create(spec: SessionSpec): Promise<{ session: Session; token: Secret }> {
    const mintedValue = mint('ses');
    const session = await this.#store.write(() => createSession(mintedValue, spec, this.#now()));
    return { session, token: new Secret(mintedValue.value) };
  }

  /** Newest first; of one user, or of all. */
  async list(user: string | null = null): Promise<Session[]> {
    const now = this.#now();
    const [filter, values] = user === null ? ['', []] : ['WHERE s."user" = ?', [user]];
    const sql = `${selection} ${filter} ORDER BY s.created_at DESC, s.id DESC`;
    return (await this.#store.read(() => all(sql, ...values))).map((row) => toSession(row, now));
  }

  async get(id: string): Promise<Session | undefined> {
    const row = await this.#store.read(() => rowOf(id));
    return row && toSession(row, this.#now());
  }

  /** Ends a session at once, with all sessions created through it. Returns false if it had already ended. */
  revoke(id: string): Promise<boolean> {
    return this.#store.write(() => endSession(id, this.#now()));
  }

  /** The caller with this token, or why the token is rejected. */
  async identify(token: string): Promise<Caller | SessionRejection> {
    const id = idOf('ses', token);
    const row = id === undefined ? undefined : await this.#store.read(() => rowOf(id));
    if (!(row?.token_hash instanceof Uint8Array) || !matches(token, row.token_hash)) return 'unknown';
    const { status, user, role } = toSession(row, this.#now());
    return status === 'active' ? { user, role, sessionId: String(row.id) } : status;
  }
}

/**
 * A user who becomes an admin is one in new sessions only; one who stops being an admin loses the role in all sessions. A
 * session is a reporter's if either the session or the user says so, because a reporter can do less than a user.
 */
const selection = `SELECT s.*, CASE WHEN s.role = 'admin' AND u.role = 'admin' THEN 'admin'
                                    WHEN 'reporter' IN (s.role, u.role) THEN 'reporter' ELSE 'user' END AS effective
                   FROM sessions s JOIN users u ON u.name = s."user"`;

/** Active sessions that a user may request through a session; sessions created locally are not limited. */
const maxActiveSessions = 100;

/** How long an ended session stays in the list. */
const endedRetentionMs = 30 * 86_400_000;

function* createSession(
  { id, hash }: MintedValue,
  { user, role, expiresAt, parent }: SessionSpec,
  now: number,
): Work<Session> {
  const maxRole = parent === undefined ? null : yield* maxRoleUnder(parent);
  yield* run(
    'INSERT INTO users (name, role, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
    user,
    role ?? (user === 'admin' ? 'admin' : 'user'),
    now,
  );
  if (role && maxRole === null) yield* run('UPDATE users SET role = ? WHERE name = ?', role, user);
  if (parent !== undefined) yield* requireRoom(user, now);
  yield* forgetEndedSessions(user, now);
  const owner = yield* get('SELECT role FROM users WHERE name = ?', user);
  yield* run(
    `INSERT INTO sessions (id, "user", token_hash, created_at, expires_at, parent, role)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
    id,
    user,
    hash,
    now,
    expiresAt?.getTime() ?? null,
    parent ?? null,
    maxRole ?? String(owner?.role),
  );
  const row = yield* rowOf(id);
  if (!row) throw new Error('a session that was just created is missing');
  return toSession(row, now);
}

function* endSession(id: string, now: number): Work<boolean> {
  if (!(yield* rowOf(id))) throw noSuchSession(id);
  // A tree of sessions ends together, even below one that has already ended.
  const endedRows = yield* all(
    `WITH RECURSIVE tree (id) AS (
       SELECT id FROM sessions WHERE id = ?2 UNION SELECT s.id FROM sessions s JOIN tree ON s.parent = tree.id
     )
     UPDATE sessions SET revoked_at = ?1 WHERE revoked_at IS NULL AND id IN (SELECT id FROM tree)
     RETURNING id`,
    now,
    id,
  );
  const ids = endedRows.map((row) => String(row.id));
  for (const session of ids) yield* recordStatusChange({ session, at: now, revoked: true });
  return ids.includes(id);
}

/** The role that a new session cannot exceed; null if the parent is an admin's. Throws `no_such_session`. */
function* maxRoleUnder(parent: string): Work<string | null> {
  const row = yield* rowOf(parent);
  // A session that ends while it requests another gets none.
  if (row?.revoked_at !== null) throw noSuchSession(parent);
  // Its user may have become an admin since; the session has not.
  return row.effective === 'admin' ? null : String(row.effective);
}

const isActive = 'revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?2)';

function* countSessions(user: string, condition: string, now: number): Work<number> {
  const sql = `SELECT COUNT(*) AS count FROM sessions WHERE "user" = ?1 AND ${condition}`;
  return Number((yield* get(sql, user, now))?.count);
}

/** Throws `session_limit`. */
function* requireRoom(user: string, now: number): Work<void> {
  if ((yield* countSessions(user, isActive, now)) >= maxActiveSessions) {
    throw sessionLimitReached(maxActiveSessions);
  }
}

/** Removes sessions that ended long ago; if a user has very many ended sessions, all of those. */
function* forgetEndedSessions(user: string, now: number): Work<void> {
  const hasTooMany = (yield* countSessions(user, `NOT (${isActive})`, now)) > 10 * maxActiveSessions;
  const latestEnd = hasTooMany ? now : now - endedRetentionMs;
  yield* run(
    `DELETE FROM sessions WHERE "user" = ?1 AND (revoked_at <= ?2 OR expires_at <= ?2)
       AND id NOT IN (SELECT parent FROM sessions WHERE parent IS NOT NULL)`,
    user,
    latestEnd,
  );
}

function* rowOf(id: string): Work<Row | undefined> {
  return yield* get(`${selection} WHERE s.id = ?`, id);
}

function toSession(row: Row, now: number): Session {
  const isExpired = row.expires_at !== null && Number(row.expires_at) <= now;
  return {
    id: String(row.id),
    user: String(row.user),
    role: parseRole(row.effective),
    status: row.revoked_at !== null ? 'revoked' : isExpired ? 'expired' : 'active',
    createdAt: toTime(Number(row.created_at)),
    expiresAt: optionalText(row.expires_at) && toTime(Number(row.expires_at)),
  };
}
