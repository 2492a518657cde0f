import { Chalk } from 'chalk';
import { expect, test } from 'vitest';
import type { RotationRecord } from '../../src/keys/rotation/record.ts';
import { rotatedLine } from '../../src/output/views/rotated.ts';

test('the reason of a failure is broken between words, below the name', () => {
  const message = 'the secret was not delivered to exec:./deliver: ./deliver failed with exit code 3: boom';
  const record = { old: { name: 'deploy' }, new: null, error: { message } } as RotationRecord;
  const terminal = { width: 50, style: new Chalk({ level: 0 }), now: new Date(), unicode: true };
  expect(rotatedLine(record, terminal)).toBe(
    [
      'failed   deploy  the secret was not delivered to',
      '         exec:./deliver: ./deliver failed with',
      '         exit code 3: boom\n',
    ].join('\n'),
  );
});
