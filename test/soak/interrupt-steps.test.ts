import { test } from 'vitest';
import { commands, interruptedAtEachCall } from '../support/interrupting.ts';
import { randomOf, rounds } from '../support/rounds.ts';

const cases = Object.keys(commands).flatMap((what) =>
  [true, false].flatMap((hasEscrow) => [1, 2].map((times) => [what, hasEscrow, times] as const)),
);

test.each(cases)(
  'Ctrl-C at each call of %s, with an escrow: %s, typed %i times',
  (what, hasEscrow, times) => {
    const stride = Math.max(1, Math.round(10 / rounds));
    const first = 1 + Math.floor(randomOf(`${what} ${hasEscrow} ${times}`)() * stride);
    return interruptedAtEachCall(what, { hasEscrow, times, first, stride });
  },
  600_000,
);
