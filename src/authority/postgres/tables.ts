import { recordUses, reserveSlots } from './functions.ts';

/*
 * The authority's tables on PostgreSQL, one migration per version. Never edit a migration: append a new one. They have the
 * columns of the tables on SQLite (`sqlite/migrations.ts`), and the same units: times in milliseconds since the epoch, money in
 * millionths of a US dollar, lists and labels as JSON, conditions as 0 and 1. Text is compared byte by byte, as SQLite does.
 */

const text = 'TEXT COLLATE "C"';

export const migrations: readonly (readonly string[])[] = [
  [
    `CREATE TABLE users (
      name ${text} PRIMARY KEY,
      role ${text} NOT NULL,
      created_at BIGINT NOT NULL,
      ceiling ${text}
    )`,
    `CREATE TABLE sessions (
      id ${text} PRIMARY KEY,
      "user" ${text} NOT NULL REFERENCES users (name),
      token_hash BYTEA NOT NULL,
      created_at BIGINT NOT NULL,
      expires_at BIGINT,
      revoked_at BIGINT,
      parent ${text} REFERENCES sessions (id),
      role ${text} NOT NULL DEFAULT 'user'
    )`,
    'CREATE INDEX sessions_by_user ON sessions ("user", created_at DESC)',
    'CREATE INDEX sessions_by_parent ON sessions (parent)',
    // Room in each page: counters change with each batch of uses, and no index has to know.
    `CREATE TABLE keys (
      id ${text} PRIMARY KEY,
      name ${text} NOT NULL,
      description ${text},
      prefix ${text} NOT NULL,
      secret_hash BYTEA NOT NULL,
      created_at BIGINT NOT NULL,
      expires_at BIGINT,
      disabled BIGINT NOT NULL DEFAULT 0,
      revoked_at BIGINT,
      permissions ${text} NOT NULL,
      rate_limit_rpm BIGINT,
      budget_micros BIGINT,
      models ${text} NOT NULL,
      labels ${text} NOT NULL,
      last_used_at BIGINT,
      last_used_ip ${text},
      requests BIGINT NOT NULL DEFAULT 0,
      tokens BIGINT NOT NULL DEFAULT 0,
      spent_micros BIGINT NOT NULL DEFAULT 0,
      owner ${text} REFERENCES users (name),
      single BIGINT NOT NULL DEFAULT 0,
      replaced_by ${text} REFERENCES keys (id),
      stopped_at BIGINT,
      made_at BIGINT,
      held ${text}
    ) WITH (fillfactor = 70)`,
    'CREATE UNIQUE INDEX keys_by_hash ON keys (secret_hash)',
    'CREATE INDEX keys_by_creation ON keys (created_at DESC, id DESC)',
    'CREATE INDEX keys_by_owner ON keys (owner, created_at DESC, id DESC)',
    'CREATE INDEX keys_by_name ON keys (name, created_at)',
    'CREATE INDEX active_keys ON keys (owner, expires_at) WHERE revoked_at IS NULL',
    'CREATE UNIQUE INDEX single_keys ON keys (owner) WHERE single = 1 AND revoked_at IS NULL',
    // A partition per day, and one for all other times. Keys are never deleted, so rows need not prove that theirs exists.
    'CREATE SEQUENCE use_ids',
    `CREATE TABLE uses (
      id BIGINT NOT NULL DEFAULT nextval('use_ids'),
      key_id ${text} NOT NULL,
      at BIGINT NOT NULL,
      method ${text} NOT NULL,
      path ${text} NOT NULL,
      status BIGINT NOT NULL,
      ip ${text},
      model ${text},
      requests BIGINT NOT NULL,
      tokens BIGINT NOT NULL,
      cost_micros BIGINT NOT NULL
    ) PARTITION BY RANGE (at)`,
    'CREATE INDEX uses_by_time ON uses (at, id)',
    'CREATE INDEX uses_by_key ON uses (key_id, at, id)',
    'CREATE TABLE uses_other PARTITION OF uses DEFAULT',
    `CREATE TABLE usage_days (
      key_id ${text} NOT NULL,
      day ${text} NOT NULL,
      requests BIGINT NOT NULL,
      tokens BIGINT NOT NULL,
      spent_micros BIGINT NOT NULL,
      refused BIGINT NOT NULL DEFAULT 0,
      PRIMARY KEY (key_id, day)
    ) WITH (fillfactor = 70)`,
    'CREATE INDEX usage_days_by_day ON usage_days (day)',
    // What all keys have spent in a month, in parts: servers that write at the same time do not wait for each other.
    `CREATE TABLE spending (
      month ${text} NOT NULL,
      part BIGINT NOT NULL,
      micros BIGINT NOT NULL,
      PRIMARY KEY (month, part)
    ) WITH (fillfactor = 50)`,
    // The slots of the last minute, per key: when they were taken, and how many each time.
    `CREATE TABLE slots (
      key_id ${text} PRIMARY KEY,
      at BIGINT[] NOT NULL,
      taken BIGINT[] NOT NULL
    ) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000)`,
    `CREATE TABLE replies (
      request_hash BYTEA PRIMARY KEY,
      content_hash BYTEA NOT NULL,
      at BIGINT NOT NULL,
      key_id ${text} NOT NULL REFERENCES keys (id),
      sealed_secret BYTEA NOT NULL
    )`,
    'CREATE INDEX replies_by_time ON replies (at)',
    `CREATE TABLE settings (
      name ${text} PRIMARY KEY,
      value ${text} NOT NULL
    )`,
    // A row for each change, so that a server whose connection broke while it committed can find out whether it did.
    `CREATE TABLE commits (
      id UUID PRIMARY KEY,
      at BIGINT NOT NULL
    )`,
    'CREATE INDEX commits_by_time ON commits (at)',
    reserveSlots,
    recordUses,
    // Servers keep what they know of a key until they hear that it has changed; counters are no such change.
    `CREATE FUNCTION announce_key() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM pg_notify('keys_authority', NEW.id);
        RETURN NULL;
      END $$`,
    `CREATE TRIGGER announce_key AFTER UPDATE OF id, name, secret_hash, expires_at, disabled, revoked_at, permissions,
       rate_limit_rpm, budget_micros, models ON keys FOR EACH ROW EXECUTE FUNCTION announce_key()`,
  ],
];
