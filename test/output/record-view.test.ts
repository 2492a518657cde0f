import { Chalk } from 'chalk';
import { expect, test } from 'vitest';
import { renderRecord } from '../../src/output/views/record.ts';

const terminal = { width: 40, style: new Chalk({ level: 0 }), now: new Date(), unicode: true };

test('a long value is broken between words, below its beginning', () => {
  const fields = 'sets name, description, expiresAt, permissions';
  expect(
    renderRecord(
      [
        ['Create', fields],
        ['Revoke', 'yes'],
        ['Logs', undefined],
      ],
      terminal,
    ),
  ).toBe('Create  sets name, description,\n        expiresAt, permissions\nRevoke  yes\n');
});

test('what has no spaces is not broken, and the spaces of a picture are kept', () => {
  const address = `https://example.com/${'a'.repeat(40)}`;
  expect(renderRecord([['URL', address]], terminal)).toBe(`URL  ${address}\n`);
  expect(renderRecord([['Use', `${' '.repeat(20)}⢸  0 to 3 requests a day`]], terminal)).toBe(
    `Use  ${' '.repeat(20)}⢸  0 to 3\n     requests a day\n`,
  );
});
