import { clipped, textOf } from '../store/stored-text.ts';
import type { Connection } from './connection.ts';

/** The text columns of a log row, and their maximum lengths in characters. */
const maxLengths = { method: 20, path: 1000, ip: 64, model: 200 } as const;

/**
 * Repairs log rows that an earlier version wrote unchecked: texts that are not UTF-8, on which libsql aborts the process,
 * and texts of any length. They are searched and read as bytes.
 */
export function repairUses(connection: Connection): void {
  for (const [column, maxLength] of Object.entries(maxLengths)) {
    const suspect = `${column} GLOB '*[^' || char(1) || '-' || char(126) || ']*'
                     OR instr(CAST(${column} AS BLOB), x'00') > 0 OR length(CAST(${column} AS BLOB)) > ${maxLength}`;
    const start = `substr(CAST(${column} AS BLOB), 1, ${4 * maxLength})`;
    const rows = connection.all(`SELECT id, ${start} AS bytes FROM uses WHERE ${suspect}`);
    for (const { id = null, bytes } of rows) {
      connection.run(
        `UPDATE uses SET ${column} = ? WHERE id = ?`,
        clipped(textOf(bytes) ?? '', maxLength),
        id,
      );
    }
  }
}
