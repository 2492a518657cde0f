import { test } from 'vitest';
import { commands, interruptedAtEachCall } from '../support/interrupting.ts';

const cases = Object.keys(commands).flatMap((what) =>
  [true, false].flatMap((hasEscrow) => [1, 2].map((times) => [what, hasEscrow, times] as const)),
);

test.each(cases)(
  'Ctrl-C at each call of %s, with an escrow: %s, typed %i times',
  (what, hasEscrow, times) => interruptedAtEachCall(what, { hasEscrow, times }),
  600_000,
);
