import type { Dialect } from '../store/dialect.ts';

export const postgres: Dialect = {
  least: (one, other) => `LEAST(${one}, ${other})`,
  greatest: (one, other) => `GREATEST(${one}, ${other})`,
  sum: (column, max) => `CAST(LEAST(COALESCE(SUM(${column}), 0), ${max}) AS BIGINT)`,
  readable: (column) => `convert_to(${column}, 'UTF8')`,
  members: (json) => `json_each_text(CAST(${json} AS JSON))`,
  elements: (json) =>
    `(SELECT value, CAST(place - 1 AS BIGINT) AS position
      FROM json_array_elements_text(CAST(${json} AS JSON)) WITH ORDINALITY AS element (value, place))`,
  rows(json, columns) {
    const fields = Object.entries(columns).map(
      ([name, type], index) => `CAST(item ->> ${index} AS ${type === 'text' ? 'TEXT' : 'BIGINT'}) AS ${name}`,
    );
    return `SELECT ${fields.join(', ')} FROM json_array_elements(CAST(${json} AS JSON)) AS item`;
  },
  object: (key, value) => `CAST(json_object_agg(${key}, ${value}) AS TEXT)`,
};
