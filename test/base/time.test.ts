import { describe, expect, test } from 'vitest';
import { InvalidValue } from '../../src/base/errors.ts';
import {
  after,
  before,
  parseDuration,
  parseExpiry,
  parsePast,
  parsePositiveDuration,
} from '../../src/base/time.ts';

const now = new Date('2026-11-20T12:34:56.789Z');
const day = 86_400_000;

function expiry(text: string): string | undefined {
  return parseExpiry(text, now)?.toISOString();
}

describe('a duration', () => {
  test.each([
    ['30s', 0, 30_000],
    ['5min', 0, 300_000],
    ['36h', 0, 1.5 * day],
    ['90d', 0, 90 * day],
    ['12w', 0, 84 * day],
    ['6mo', 6, 0],
    ['1y', 12, 0],
    ['0', 0, 0],
    ['0d', 0, 0],
    ['007d', 0, 7 * day],
    [' 90d ', 0, 90 * day],
  ])('%j is %d months and %d milliseconds', (text, months, milliseconds) => {
    expect(parseDuration(text)).toEqual({ months, milliseconds });
  });

  test.each([
    '',
    ' ',
    'd',
    '90',
    '1.5h',
    '-1d',
    '+1d',
    '1e3d',
    '90 d',
    '90D',
    '1d12h',
    '٣d',
    '1000000000d',
    '90days',
    'never',
    'P90D',
  ])('%j is refused', (text) => {
    expect(() => parseDuration(text)).toThrow(InvalidValue);
  });

  test.each(['5m', '5M'])('%j is ambiguous, and both readings are offered', (text) => {
    expect(() => parseDuration(text)).toThrow(
      `'${text}' is ambiguous: use 5min for minutes or 5mo for months`,
    );
  });

  test.each(['0', '0d', '0mo', '00'])('%j is refused if it must be positive', (text) => {
    expect(() => parsePositiveDuration(text)).toThrow(InvalidValue);
    expect(parsePositiveDuration('1s')).toEqual({ months: 0, milliseconds: 1000 });
  });
});

describe('a span of months', () => {
  test.each([
    ['2027-01-31', '1mo', '2027-02-28'],
    ['2028-01-31', '1mo', '2028-02-29'],
    ['2026-11-30', '3mo', '2027-02-28'],
    ['2026-12-31', '1mo', '2027-01-31'],
    ['2028-02-29', '1y', '2029-02-28'],
    ['2028-02-29', '4y', '2032-02-29'],
    ['2026-11-20', '6mo', '2027-05-20'],
  ])('from %s, %s later is %s', (start, span, end) => {
    expect(after(new Date(`${start}T10:00:00Z`), parseDuration(span))).toEqual(new Date(`${end}T10:00:00Z`));
  });

  test.each([
    ['2027-03-31', '1mo', '2027-02-28'],
    ['2027-01-15', '1mo', '2026-12-15'],
    ['2028-02-29', '1y', '2027-02-28'],
  ])('from %s, %s before is %s', (start, span, end) => {
    expect(before(new Date(`${start}T10:00:00Z`), parseDuration(span))).toEqual(new Date(`${end}T10:00:00Z`));
  });
});

describe('an expiry', () => {
  test.each([
    ['36h', '2026-11-22T00:34:56.000Z'],
    ['90d', '2027-02-18T12:34:56.000Z'],
    ['12w', '2027-02-12T12:34:56.000Z'],
    ['6mo', '2027-05-20T12:34:56.000Z'],
    ['1y', '2027-11-20T12:34:56.000Z'],
    ['2027-01-31', '2027-01-31T23:59:59.000Z'],
    ['2026-11-20', '2026-11-20T23:59:59.000Z'],
    ['2028-02-29', '2028-02-29T23:59:59.000Z'],
    ['2027-01-31T18:00:00Z', '2027-01-31T18:00:00.000Z'],
    ['2027-01-31t18:00:00z', '2027-01-31T18:00:00.000Z'],
    ['2027-01-31 18:00:00Z', '2027-01-31T18:00:00.000Z'],
    ['2027-01-31T18:00:00+02:00', '2027-01-31T16:00:00.000Z'],
    ['2027-01-31T18:00:00-05:30', '2027-01-31T23:30:00.000Z'],
    ['2027-01-31T18:00:00.250Z', '2027-01-31T18:00:00.250Z'],
    ['9999-12-31', '9999-12-31T23:59:59.000Z'],
    [' 2027-01-31 ', '2027-01-31T23:59:59.000Z'],
  ])('%j means %s', (text, moment) => {
    expect(expiry(text)).toBe(moment);
  });

  test('never means no expiry', () => {
    expect(parseExpiry('never', now)).toBeNull();
  });

  test.each([
    ['0', 'would expire at once'],
    ['0d', 'would expire at once'],
    ['0mo', 'would expire at once'],
    ['2026-11-19', 'is not in the future'],
    ['2026-11-20T12:34:56.789Z', 'is not in the future'],
    ['2026-11-20T13:34:56+02:00', 'is not in the future'],
    ['0001-01-01', 'is not in the future'],
    ['5m', 'is ambiguous'],
    ['2027-02-30', 'names a day that does not exist'],
    ['2027-02-29', 'names a day that does not exist'],
    ['2027-13-01', 'names a day that does not exist'],
    ['2027-00-10', 'names a day that does not exist'],
    ['2027-02-29T10:00:00Z', 'names a day that does not exist'],
    ['2027-01-31T25:00:00Z', 'names a time that does not exist'],
    ['2027-01-31T24:00:00Z', 'names a time that does not exist'],
    ['2027-01-31T10:60:00Z', 'names a time that does not exist'],
    ['2027-01-31T10:00:00+25:00', 'names a time that does not exist'],
    ['2027-01-31T18:00:00', 'has no time zone'],
    ['2027-01-31T18:00Z', 'is not an RFC 3339 time'],
    ['2027-01-31Z', 'is not an RFC 3339 time'],
    ['2027-01-31T18:00:00+0200', 'is not an RFC 3339 time'],
    ['8000y', 'is too far in the future'],
    ['999999999y', 'is too far in the future'],
    ['999999999d', 'is too far in the future'],
    ['9999-12-31T23:59:59-01:00', 'is too far in the future'],
    ['', 'is not a time'],
    ['tomorrow', 'is not a time'],
    ['Never', 'is not a time'],
    ['31.01.2027', 'is not a time'],
    ['1800000000', 'is not a time'],
    ['-90d', 'is not a time'],
  ])('%j is refused: %s', (text, reason) => {
    const attempt = () => parseExpiry(text, now);
    expect(attempt).toThrow(InvalidValue);
    expect(attempt).toThrow(reason);
  });
});

describe('a moment in the past', () => {
  test.each([
    ['7d', 'start', '2026-11-13T12:34:56.789Z'],
    ['1mo', 'end', '2026-10-20T12:34:56.789Z'],
    ['0', 'start', '2026-11-20T12:34:56.789Z'],
    ['2026-11-01', 'start', '2026-11-01T00:00:00.000Z'],
    ['2026-11-01', 'end', '2026-11-01T23:59:59.999Z'],
    ['2026-11-01T08:00:00+01:00', 'start', '2026-11-01T07:00:00.000Z'],
  ] as const)('%j as the %s of a range is %s', (text, edge, moment) => {
    expect(parsePast(text, now, edge).toISOString()).toBe(moment);
  });

  test.each(['', 'yesterday', 'never', '5m', '2026-02-30', '2026-11-01T08:00:00', '999999999y'])(
    '%j is refused',
    (text) => {
      expect(() => parsePast(text, now, 'start')).toThrow(InvalidValue);
    },
  );
});
