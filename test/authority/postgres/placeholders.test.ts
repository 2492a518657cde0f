import { expect, test } from 'vitest';
import { numbered } from '../../../src/authority/postgres/placeholders.ts';

test.for([
  ['SELECT ?, ?', 'SELECT $1, $2'],
  ['SELECT ?2, ?1, ?', 'SELECT $2, $1, $3'],
  ["SELECT '?', ?, 'it''s ?'", "SELECT '?', $1, 'it''s ?'"],
  ['SELECT "?" -- ?\n, ? /* ? \n ? */, ?', 'SELECT "?" -- ?\n, $1 /* ? \n ? */, $2'],
  ["LIKE ? ESCAPE '\\'", "LIKE $1 ESCAPE '\\'"],
])('%s', ([sql = '', translation]) => {
  expect(numbered(sql)).toBe(translation);
  expect(numbered(sql)).toBe(translation);
});
