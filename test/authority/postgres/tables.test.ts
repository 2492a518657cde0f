import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../../src/authority/sqlite/open-database.ts';
import { testPostgres } from '../../support/postgres.ts';
import { lacksPostgres } from '../../support/postgres-programs.ts';
import { migratedDatabase } from '../../support/stores.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** What only one of the databases needs, or each in its own form. */
const ownTables = {
  sqlite: ['places', 'spending'],
  postgres: ['commits', 'keys_authority', 'slots', 'spending', 'uses_other'],
};

/** Each column as `table.column`, and whether it may be null. */
async function columnsOnSqlite(): Promise<string[]> {
  const connection = openDatabase(join(temporaryFolder(), 'authority.db'), 1000);
  onTestFinished(() => connection.close());
  return connection
    .all(
      `SELECT m.name || '.' || c.name AS name, c."notnull" OR c.pk > 0 AS required FROM sqlite_master m, pragma_table_info(m.name) c
       WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%'`,
    )
    .map(described);
}

async function columnsOnPostgres(): Promise<string[]> {
  const { name } = await migratedDatabase();
  const rows = await (await testPostgres()).run(
    name,
    `SELECT table_name || '.' || column_name AS name, (is_nullable = 'NO')::int AS required
     FROM information_schema.columns WHERE table_schema = 'public'`,
  );
  return rows.map(described);
}

function described({ name, required }: Record<string, unknown>): string {
  return `${name}${Number(required) === 1 ? '' : ' (or null)'}`;
}

test.skipIf(lacksPostgres())('both databases have the same columns', async () => {
  const common = (columns: string[], own: readonly string[]) =>
    columns.filter((column) => !own.some((table) => column.startsWith(`${table}.`))).sort();
  const onSqlite = common(await columnsOnSqlite(), ownTables.sqlite);
  expect(onSqlite.length).toBeGreaterThan(50);
  expect(common(await columnsOnPostgres(), ownTables.postgres)).toEqual(onSqlite);
});
