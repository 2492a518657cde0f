import { KeysError } from '../../base/errors.ts';
import type { DatabaseSession } from './database-pool.ts';
import { migrations } from './tables.ts';

/*
 * Several servers may start at once: one migrates while the others wait for its advisory lock, each migration is committed
 * with its version, and the first one only in a database that holds no tables of another program.
 */

/** Any number that no other program is likely to use for a lock of this database. */
const lockId = 7_310_233_158_003;

/** Our marker: no other program has a table of this name and comment. */
const marker = 'keys_authority';
const markerText = 'the authority of keys-cli';

/** Brings the tables to this version. Throws `authority_newer`, and `authority_foreign` for tables of another program. */
export async function migrate(session: DatabaseSession, shown: string): Promise<void> {
  if ((await versionOf(session, shown)) === migrations.length) return;
  await session.query('BEGIN');
  try {
    await session.query('SELECT pg_advisory_xact_lock($1)', [lockId]);
    // Read again: another process may have migrated while this one waited for the lock.
    const version = await versionOf(session, shown);
    if (version === 0) await createMarker(session, shown);
    for (const statement of migrations.slice(version).flat()) await session.query(statement);
    await session.query(`UPDATE ${marker} SET version = $1`, [migrations.length]);
    await session.query('COMMIT');
  } catch (error) {
    await session.rollback();
    throw error;
  }
}

/** The number of migrations that the database has. Throws `authority_newer` if it has more than there are. */
export async function versionOf(session: DatabaseSession, shown: string): Promise<number> {
  // Not to_regclass, which may not see a table that was made while this process waited for the lock.
  const { rows } = await session.query(
    `SELECT obj_description(oid, 'pg_class') AS comment FROM pg_class
     WHERE relname = $1 AND relnamespace = current_schema()::regnamespace`,
    [marker],
  );
  if (!rows[0]) return 0;
  if (rows[0].comment !== markerText) throw foreign(shown, marker);
  const [row] = (await session.query(`SELECT version FROM ${marker}`)).rows;
  const version = Number(row?.version);
  if (version > migrations.length) throw newer(shown);
  return version;
}

/** Does what a migration begins with, and takes it back: throws what would keep commands from changing anything. */
export async function probe(session: DatabaseSession, shown: string, version: number): Promise<void> {
  await session.query('BEGIN');
  try {
    if (version === 0) await createMarker(session, shown);
    await session.query(`UPDATE ${marker} SET version = version`);
  } finally {
    await session.rollback();
  }
}

async function createMarker(session: DatabaseSession, shown: string): Promise<void> {
  const { rows } = await session.query(
    `SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')
     AND relname IN ('keys', 'sessions', 'users', 'uses', 'usage_days', 'spending', 'slots', 'replies', 'settings', 'commits') LIMIT 1`,
  );
  if (rows[0]) throw foreign(shown, String(rows[0].relname));
  await session.query(`CREATE TABLE ${marker} (version BIGINT NOT NULL)`);
  await session.query(`COMMENT ON TABLE ${marker} IS '${markerText}'`);
  await session.query(`INSERT INTO ${marker} VALUES (0)`);
}

function foreign(shown: string, table: string): KeysError {
  return new KeysError({
    code: 'authority_foreign',
    message: `the database ${shown} has a table '${table}' of another program; nothing was changed`,
    hints: ['name a database of its own: createdb <name>'],
  });
}

function newer(shown: string): KeysError {
  return new KeysError({
    code: 'authority_newer',
    message: `the authority's database ${shown} was written by a newer version of keys`,
    hints: ['update keys to that version or a later one'],
  });
}
