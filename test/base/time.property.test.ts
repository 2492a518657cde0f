import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InvalidValue } from '../../src/base/errors.ts';
import { after, before, parseDuration, parseExpiry, parsePast } from '../../src/base/time.ts';
import { runs } from '../support/runs.ts';

const now = new Date('2026-11-20T12:34:56.789Z');

const anyText = fc.oneof(
  fc.string(),
  fc.stringMatching(/^\d{1,10}(s|min|h|d|w|mo|y|m)$/),
  fc.stringMatching(/^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)?)?$/),
);

test('any text is a moment in the future, never, or an InvalidValue', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const result = attempt(() => parseExpiry(text, now));
      if (result === null || result instanceof InvalidValue) return;
      expect(result.getTime()).toBeGreaterThan(now.getTime());
      expect(result.toISOString()).toMatch(/^\d{4}-/);
    }),
    runs(300),
  );
});

test('any text is a valid moment for a filter, or an InvalidValue', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const result = attempt(() => parsePast(text, now, 'end'));
      if (!(result instanceof InvalidValue)) expect(result.toISOString()).toMatch(/Z$/);
    }),
    runs(300),
  );
});

test('adding and subtracting a fixed span returns to the same moment', () => {
  const fixed = fc
    .tuple(fc.nat(100_000), fc.constantFrom('s', 'min', 'h', 'd', 'w'))
    .map((parts) => parts.join(''));
  const moment = fc.date({ min: new Date('1990-01-01'), max: new Date('2100-01-01'), noInvalidDate: true });
  fc.assert(
    fc.property(moment, fixed, (start, text) => {
      const span = parseDuration(text);
      expect(before(after(start, span), span)).toEqual(start);
    }),
  );
});

test('a span of months keeps the time of day, and the day of the month if it exists', () => {
  const moment = fc.date({ min: new Date('1990-01-01'), max: new Date('2100-01-01'), noInvalidDate: true });
  fc.assert(
    fc.property(moment, fc.integer({ min: 1, max: 600 }), (start, months) => {
      const end = after(start, { months, milliseconds: 0 });
      const passed =
        (end.getUTCFullYear() - start.getUTCFullYear()) * 12 + end.getUTCMonth() - start.getUTCMonth();
      expect(passed).toBe(months);
      expect(end.toISOString().slice(10)).toBe(start.toISOString().slice(10));
      expect(end.getUTCDate()).toBeLessThanOrEqual(start.getUTCDate());
      if (start.getUTCDate() <= 28) expect(end.getUTCDate()).toBe(start.getUTCDate());
    }),
  );
});

/** The result of the work, or the InvalidValue that it throws. */
function attempt<T>(work: () => T): T | InvalidValue {
  try {
    return work();
  } catch (error) {
    if (error instanceof InvalidValue) return error;
    throw error;
  }
}
