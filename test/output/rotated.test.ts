import { Chalk } from 'chalk';
import { expect, test } from 'vitest';
import type { Key } from '../../src/keys/key.ts';
import type { RotationRecord } from '../../src/keys/rotation/record.ts';
import { unrotated } from '../../src/keys/rotation/record.ts';
import { rotatedLines } from '../../src/output/views/rotated.ts';

const terminal = { width: 80, style: new Chalk({ level: 0 }), now: new Date(), unicode: true };
const key = (name: string): Key => ({ id: `id-${name}`, name, status: 'active' });
const rotated = (name: string): RotationRecord => ({
  ...unrotated(key(name)),
  ...{ new: { ...key(name), id: `new-${name}` }, changed: true, oldRevoked: true },
});

test('failures come last, where a person sees them', () => {
  const failed = {
    ...unrotated(key('b')),
    error: { code: 'rejected', message: 'the API rejected the request' },
  };
  const pending = { ...unrotated(key('c')), pending: 'in escrow' };
  expect(rotatedLines([failed as RotationRecord, pending, rotated('a'), rotated('d')], terminal)).toBe(
    [
      'rotated  a  id-a → new-a  old key revoked',
      'rotated  d  id-d → new-d  old key revoked',
      'pending  c  in escrow',
      'failed   b  the API rejected the request',
      '',
    ].join('\n'),
  );
});
