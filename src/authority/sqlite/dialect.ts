import type { Dialect } from '../store/dialect.ts';

export const sqlite: Dialect = {
  least: (one, other) => `MIN(${one}, ${other})`,
  greatest: (one, other) => `MAX(${one}, ${other})`,
  // SUM fails past 64 bits.
  sum: (column, max) => `CAST(MIN(TOTAL(${column}), ${max}) AS INTEGER)`,
  // An older version or another program may have written it.
  readable: (column) => `CAST(${column} AS BLOB)`,
  members: (json) => `json_each(${json})`,
  elements: (json) => `(SELECT key AS position, value FROM json_each(${json}))`,
  rows(json, columns) {
    const fields = Object.keys(columns).map((name, index) => `value ->> ${index} AS ${name}`);
    return `SELECT ${fields.join(', ')} FROM json_each(${json})`;
  },
  object: (key, value) => `json_group_object(${key}, ${value})`,
};
