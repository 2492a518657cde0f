import { test } from 'vitest';
import { interruptedAtEachCall } from '../support/interrupting.ts';

test.each([
  ['create', true, 1],
  ['create', false, 2],
  ['rotate', true, 2],
  ['rotate --all', true, 7],
  ['rotate --all', false, 9],
  ['apply', true, 7],
  ['apply', false, 9],
  ['revoke of several', true, 2],
  ['recover --all', true, 7],
] as const)(
  'Ctrl-C at the calls of %s, with an escrow: %s',
  (what, hasEscrow, stride) => interruptedAtEachCall(what, { hasEscrow, stride }),
  60_000,
);
