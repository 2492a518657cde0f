import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { absoluteTime } from '../../src/base/time.ts';
import { relativeTime } from '../../src/output/relative-time.ts';
import { runs } from '../support/runs.ts';

const now = new Date('2026-11-20T12:00:00.000Z');
const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000];

function at(distance: number): string {
  return relativeTime(new Date(now.getTime() + distance).toISOString(), now);
}

describe('a time as a distance from now', () => {
  test.each([
    [0, 'just now'],
    [-56 * second, 'just now'],
    [56 * second, 'in less than a minute'],
    [minute, 'in 1 minute'],
    [-minute, '1 minute ago'],
    [56 * minute, 'in 56 minutes'],
    [58 * minute, 'in 1 hour'],
    [hour, 'in 1 hour'],
    [-5 * hour, '5 hours ago'],
    [day, 'in 1 day'],
    [-2 * day, '2 days ago'],
    [90 * day, 'in 90 days'],
    [119 * day, 'in 119 days'],
    [120 * day, 'in 4 months'],
    [-340 * day, '11 months ago'],
    [365 * day, 'in 1 year'],
    [-800 * day, '2 years ago'],
  ])('%d milliseconds: %s', (distance, text) => {
    expect(at(distance)).toBe(text);
  });

  test('a key just created for 90 days still expires in 90 days', () => {
    expect(at(90 * day - 5 * minute)).toBe('in 90 days');
  });

  test.each([
    [90 * day - 2 * hour, 'in 89 days'],
    [2 * day - hour, 'in 2 days'],
    [30 * day - hour, 'in 30 days'],
    [2 * day - 2 * hour, 'in 1 day'],
  ])('%d milliseconds are rounded down, except within the last twentieth: %s', (distance, text) => {
    expect(at(distance)).toBe(text);
  });

  test('never overstates by more than a twentieth of a unit', () => {
    const units: Record<string, number> = { minute, hour, day, month: 30 * day, year: 365 * day };
    fc.assert(
      fc.property(fc.integer({ min: minute, max: 4000 * day }), (distance) => {
        const [, count, unit = ''] = /^in (\d+) (\w+?)s?$/.exec(at(distance)) ?? [];
        const length = units[unit] ?? 0;
        expect(Number(count) * length).toBeLessThanOrEqual(distance + 0.05 * length);
        expect((Number(count) + 1) * length).toBeGreaterThan(distance);
      }),
      runs(200),
    );
  });
});

test.each([
  ['2027-02-18T12:00:00.000Z', '2027-02-18T12:00:00Z'],
  ['2027-02-18T12:00:00.123456Z', '2027-02-18T12:00:00Z'],
  ['2027-02-18T12:00:00Z', '2027-02-18T12:00:00Z'],
])('%s is printed as %s', (time, text) => {
  expect(absoluteTime(time)).toBe(text);
});
