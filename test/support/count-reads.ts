import type { Connection } from '../../src/authority/sqlite/connection.ts';
import type { Value } from '../../src/authority/store/work.ts';

export interface CountedReads {
  /** Passes everything on, and counts the rows that it returns. */
  connection: Connection;
  readonly rows: number;
  /** How SQLite carries out each statement. */
  plans(): string[];
}

export function countReads(original: Connection): CountedReads {
  const statements: { sql: string; values: Value[] }[] = [];
  let rowCount = 0;
  return {
    connection: {
      ...original,
      all(sql, ...values) {
        const rows = original.all(sql, ...values);
        statements.push({ sql, values });
        rowCount += rows.length;
        return rows;
      },
    },
    get rows() {
      return rowCount;
    },
    plans: () =>
      statements.flatMap(({ sql, values }) =>
        original.all(`EXPLAIN QUERY PLAN ${sql}`, ...values).map(({ detail }) => String(detail)),
      ),
  };
}
