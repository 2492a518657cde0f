import type { Connection } from './connection.ts';
import { clipped, textOf } from './stored-text.ts';

/** The texts of a log row, and how long each can be. */
const texts = { method: 20, path: 1000, ip: 64, model: 200 } as const;

/**
 * Repairs log rows that an earlier version has written as they came: texts that are no UTF-8, on which libsql ends the
 * process, and texts of any length. They are found and read as bytes.
 */
export function repairUses(database: Connection): void {
  for (const [column, longest] of Object.entries(texts)) {
    const suspect = `${column} GLOB '*[^' || char(1) || '-' || char(126) || ']*'
                     OR instr(CAST(${column} AS BLOB), x'00') > 0 OR length(CAST(${column} AS BLOB)) > ${longest}`;
    const start = `substr(CAST(${column} AS BLOB), 1, ${4 * longest})`;
    const rows = database.all(`SELECT id, ${start} AS bytes FROM uses WHERE ${suspect}`);
    for (const { id = null, bytes } of rows) {
      database.run(`UPDATE uses SET ${column} = ? WHERE id = ?`, clipped(textOf(bytes) ?? '', longest), id);
    }
  }
}
