import type { Connection } from './connection.ts';
import { repairUses } from './repair-uses.ts';

/** One version step of the tables: SQL statements, or a function for what SQL alone cannot do. */
export type Migration = readonly string[] | ((connection: Connection) => void);

/** Fills the table `spending`, which is empty. */
export const sumMonths = `INSERT INTO spending
  SELECT substr(day, 1, 7), CAST(MIN(TOTAL(spent_micros), 9007199254740991) AS INTEGER) FROM usage_days GROUP BY 1`;

/**
 * The authority's tables, one migration per version; `user_version` of a database is the number of migrations it has. Never
 * edit a migration: append a new one. Times are milliseconds since the epoch, money is whole millionths of a US dollar,
 * lists and labels are JSON.
 */
export const migrations: readonly Migration[] = [
  [
    `CREATE TABLE keys (
      id TEXT PRIMARY KEY,
      name TEXT NOT NULL,
      description TEXT,
      prefix TEXT NOT NULL,
      secret_hash BLOB NOT NULL,
      created_at INTEGER NOT NULL,
      expires_at INTEGER,
      disabled INTEGER NOT NULL DEFAULT 0,
      revoked_at INTEGER,
      permissions TEXT NOT NULL,
      rate_limit_rpm INTEGER,
      budget_micros INTEGER,
      models TEXT NOT NULL,
      labels TEXT NOT NULL,
      last_used_at INTEGER,
      last_used_ip TEXT,
      requests INTEGER NOT NULL DEFAULT 0,
      tokens INTEGER NOT NULL DEFAULT 0,
      spent_micros INTEGER NOT NULL DEFAULT 0
    ) STRICT`,
    'CREATE INDEX keys_by_creation ON keys (created_at DESC, id DESC)',
    `CREATE TABLE uses (
      id INTEGER PRIMARY KEY,
      key_id TEXT NOT NULL REFERENCES keys (id),
      at INTEGER NOT NULL,
      method TEXT NOT NULL,
      path TEXT NOT NULL,
      status INTEGER NOT NULL,
      ip TEXT,
      model TEXT,
      requests INTEGER NOT NULL,
      tokens INTEGER NOT NULL,
      cost_micros INTEGER NOT NULL
    ) STRICT`,
    'CREATE INDEX uses_by_time ON uses (at, id)',
    'CREATE INDEX uses_by_key ON uses (key_id, at, id)',
    `CREATE TABLE usage_days (
      key_id TEXT NOT NULL REFERENCES keys (id),
      day TEXT NOT NULL,
      requests INTEGER NOT NULL,
      tokens INTEGER NOT NULL,
      spent_micros INTEGER NOT NULL,
      PRIMARY KEY (key_id, day)
    ) STRICT, WITHOUT ROWID`,
    'CREATE INDEX usage_days_by_day ON usage_days (day)',
    `CREATE TABLE admissions (
      key_id TEXT NOT NULL REFERENCES keys (id),
      at INTEGER NOT NULL
    ) STRICT`,
    'CREATE INDEX admissions_by_key ON admissions (key_id, at)',
  ],
  [
    `CREATE TABLE users (
      name TEXT PRIMARY KEY,
      role TEXT NOT NULL,
      created_at INTEGER NOT NULL
    ) STRICT`,
    `CREATE TABLE sessions (
      id TEXT PRIMARY KEY,
      user TEXT NOT NULL REFERENCES users (name),
      token_hash BLOB NOT NULL,
      created_at INTEGER NOT NULL,
      expires_at INTEGER,
      revoked_at INTEGER
    ) STRICT`,
    'CREATE INDEX sessions_by_user ON sessions (user, created_at DESC)',
    'ALTER TABLE keys ADD COLUMN owner TEXT REFERENCES users (name)',
    'ALTER TABLE keys ADD COLUMN single INTEGER NOT NULL DEFAULT 0',
    'ALTER TABLE keys ADD COLUMN replaced_by TEXT REFERENCES keys (id)',
    'ALTER TABLE keys ADD COLUMN stopped_at INTEGER',
    'CREATE INDEX keys_by_owner ON keys (owner, created_at DESC, id DESC)',
    'CREATE UNIQUE INDEX keys_by_hash ON keys (secret_hash)',
    'CREATE UNIQUE INDEX single_keys ON keys (owner) WHERE single = 1 AND revoked_at IS NULL',
    `CREATE TABLE replies (
      request_hash BLOB PRIMARY KEY,
      content_hash BLOB NOT NULL,
      at INTEGER NOT NULL,
      key_id TEXT NOT NULL REFERENCES keys (id),
      sealed_secret BLOB NOT NULL
    ) STRICT, WITHOUT ROWID`,
    'CREATE INDEX replies_by_time ON replies (at)',
    `CREATE TABLE places (
      key_id TEXT NOT NULL REFERENCES keys (id),
      at INTEGER NOT NULL,
      taken INTEGER NOT NULL,
      PRIMARY KEY (key_id, at)
    ) STRICT, WITHOUT ROWID`,
    'INSERT INTO places SELECT key_id, at, COUNT(*) FROM admissions GROUP BY key_id, at',
    'DROP TABLE admissions',
  ],
  repairUses,
  [
    'ALTER TABLE usage_days ADD COLUMN refused INTEGER NOT NULL DEFAULT 0',
    `CREATE TABLE settings (
      name TEXT PRIMARY KEY,
      value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID`,
  ],
  [
    'ALTER TABLE keys ADD COLUMN made_at INTEGER',
    'UPDATE keys SET made_at = created_at',
    'CREATE INDEX keys_by_name ON keys (name, created_at)',
  ],
  [
    'ALTER TABLE sessions ADD COLUMN parent TEXT REFERENCES sessions (id)',
    "ALTER TABLE sessions ADD COLUMN role TEXT NOT NULL DEFAULT 'user'",
    'UPDATE sessions SET role = (SELECT role FROM users WHERE name = sessions.user)',
    'CREATE INDEX sessions_by_parent ON sessions (parent)',
    'DELETE FROM replies',
  ],
  ['ALTER TABLE users ADD COLUMN ceiling TEXT', 'ALTER TABLE keys ADD COLUMN held TEXT'],
  ['CREATE INDEX active_keys ON keys (owner, expires_at) WHERE revoked_at IS NULL'],
  // What all keys have spent in a month, as the sum of its days: a server with a budget reads it after each change.
  [
    `CREATE TABLE spending (
      month TEXT PRIMARY KEY,
      micros INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`,
    sumMonths,
  ],
];
