import { describe, expect, test } from 'vitest';
import { Interruption } from '../../src/platform/interruption.ts';

/** An interruption, and the exit codes with which the process would end. */
function interruption() {
  const codes: number[] = [];
  const { signal } = new AbortController();
  const io = { interrupt: signal, urgent: signal, endsWith: (code: number) => void codes.push(code) };
  return { one: new Interruption(io), codes };
}

describe('a change that certainly did not happen', () => {
  test('is forgotten: a request then cancels the command', () => {
    const { one, codes } = interruption();
    one.begin()();
    expect(one.hasBegun).toBe(false);
    one.ask();
    expect(one.dropped.aborted).toBe(true);
    expect(one.failure().failure.exit).toBe('interrupted');
    expect(codes.at(-1)).toBe(130);
  });

  test('is forgotten after the request, too', () => {
    const { one, codes } = interruption();
    const withdraw = one.begin();
    one.ask();
    expect([one.failure().failure.exit, codes.at(-1)]).toEqual(['unfinished', 5]);
    withdraw();
    expect([one.failure().failure.exit, codes.at(-1)]).toEqual(['interrupted', 130]);
  });

  test('leaves what else has begun', () => {
    const { one } = interruption();
    const withdraw = one.begin();
    one.begin();
    withdraw();
    withdraw();
    expect(one.hasBegun).toBe(true);
    one.ask();
    expect(one.dropped.aborted).toBe(false);
    expect(one.failure().failure.exit).toBe('unfinished');
  });
});
