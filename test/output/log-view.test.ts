import { Chalk } from 'chalk';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import type { LogEntry } from '../../src/keys/ports.ts';
import { stepsBetween } from '../../src/output/charts/time-steps.ts';
import { logChart } from '../../src/output/views/log-chart.ts';
import { logView } from '../../src/output/views/logs.ts';

const now = Date.parse('2026-11-20T12:00:00Z');
const minuteMs = 60_000;

function terminal(width: number, unicode = true, level: 0 | 1 = 0) {
  return { width, style: new Chalk({ level }), now: new Date(now), unicode };
}

/** Newest first, each a step before the last. */
function entries(
  count: number,
  stepMs: number,
  statuses: readonly (number | undefined)[] = [200],
): LogEntry[] {
  return Array.from({ length: count }, (_, index) => {
    const statusCode = statuses[(index * 7) % statuses.length];
    const timestamp = new Date(now - index * stepMs - ((index * 7919) % 97) * 1000).toISOString();
    return { timestamp, method: 'GET', path: '/v1/models', ...(statusCode !== undefined && { statusCode }) };
  });
}

const mixed = [200, 200, 200, 200, 429, 200, 304, 200, 500, 200, 200, 200, 401];

test('a histogram by status is above the entries', async () => {
  expect(
    await logView(entries(3, minuteMs, [200, 200, 503]), terminal(80), new Map()),
  ).toMatchInlineSnapshot(`
    "entries per 15 seconds, 2026-11-20T11:57:33Z to 2026-11-20T12:00:00Z
    1 ┤███ ░░░                                 ░░░
      │███ ░░░                                 ░░░
      │███ ░░░                                 ░░░
      │███ ░░░                                 ░░░
    0 └────────────────────────────────────────────
       11:57:30    11:58:15    11:59:00    11:59:45
    ░ 2xx 2 · █ 5xx 1

    TIME                  STATUS  METHOD  PATH
    2026-11-20T12:00:00Z  200     GET     /v1/models
    2026-11-20T11:57:58Z  200     GET     /v1/models
    2026-11-20T11:57:33Z  503     GET     /v1/models
    "
  `);
});

test('the histogram fits any width, and tells classes apart without colour', () => {
  expect(logChart(entries(50, minuteMs, mixed), terminal(60))).toMatchInlineSnapshot(`
    "entries per 5 minutes
    6 ┤    ░░░                 ░░░
      │░░░ ░░░ ░░░     ░░░ ░░░ ░░░ ░░░
      │░░░ ░░░ ░░░     ░░░ ░░░ ░░░ ░░░
      │░░░ ░░░ ░░░ ░░░ ░░░ ░░░ ░░░ ░░░ ░░░ ░░░
    3 ┤░░░ ░░░ ▒▒▒ ░░░ ░░░ ░░░ ░░░ ░░░ ░░░ ░░░
      │░░░ ░░░ ▓▓▓ ░░░ ░░░ ▓▓▓ ░░░ ░░░ ░░░ ░░░
      │░░░ ░░░ ▓▓▓ ░░░ ▒▒▒ ▓▓▓ ░░░ ▒▒▒ ░░░ ░░░
      │▓▓▓ ███ ▓▓▓ ░░░ ███ ▓▓▓ ███ ▓▓▓ ▓▓▓ ███ ░░░
    0 └────────────────────────────────────────────
       11:10   11:20   11:30   11:40   11:50
    ░ 2xx 36 · ▒ 3xx 3 · ▓ 4xx 7 · █ 5xx 4

    "
  `);
  expect(logChart(entries(50, 17 * minuteMs, mixed), terminal(80, false))).toMatchInlineSnapshot(`
    "entries per hour, 2026-11-19T22:06:29Z to 2026-11-20T12:00:00Z
    4 +...     ...     ...     ...     ...     ...     ...
      |... ... ... ... ... ... ... ... ... ... ... ... ... ...
    2 +... ... ... --- ... ... ... ... ... ... --- ... ... ...
      |xxx ... ### xxx xxx ### --- xxx xxx ### xxx xxx ... ### ...
    0 +------------------------------------------------------------
       11-19 22:00     11-20 02:00     11-20 06:00     11-20 10:00
    . 2xx 36 · - 3xx 3 · x 4xx 7 · # 5xx 4

    "
  `);
  expect(logChart(entries(300, 300 * minuteMs, mixed), terminal(100))).toMatchInlineSnapshot(`
    "entries per day, 2026-09-19T04:59:49Z to 2026-11-20T12:00:00Z
    5 ┤ ░░░░ ░░░░ ░░░░ ░░░░ ░░░░ ░░░░ ░░░░ ░░░░ ░░░░ ░░░░ ░░░░ ░░░░ ░
      │ ░░░░ ░░░░ ░░░░ ░░░░ ░░░░ ░░░░ ░░░░ ░░░░ ░░░░ ░░░░ ░░░░ ░░░░ ░
      │░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░
      │░░░▒░░░░░░░░░░░░░░░░░░▒░░░░░░░░░░░░░░░░░░▒░░░░░░░▒░░░░░░░░░░░░░
      │▒░░▒░░░░▒░░▒░▒░░▒░░▒░░▒░▒░░▒░░▒░▒░░▒░░▒░░▒░▒░░▒░░▒░▒░░▒░░▒░▒░░░
      │▒░░▓░░▓░▒░░▒░▒▓░▒░░▒░░▓░▒░░▒░░▒░▒▓░▒░░▒░░▓░▒░░▒░░▓░▒▓░▒░░▒░▒▓░░
      │▓▓█▓█▒▓█▓▓█▓▓█▓█▓▓█▓▓█▓█▓▓█▓▓█▓▓█▓█▓▓█▓▓█▓█▓▓█▓▓█▓░█▓█▓▓█▓▓█▓█░
      │▓▓█▓█▒▓█▓▓█▓▓█▓█▓▓█▓▓█▓█▓▓█▓▓█▓▓█▓█▓▓█▓▓█▓█▓▓█▓▓█▓░█▓█▓▓█▓▓█▓█░
    0 └───────────────────────────────────────────────────────────────
       09-19  09-26  10-03  10-10  10-17  10-24  10-31  11-07  11-14
    ░ 2xx 208 · ▒ 3xx 23 · ▓ 4xx 46 · █ 5xx 23

    "
  `);
});

test('a single failure among many entries is seen', () => {
  const [last, ...others] = entries(500, 1);
  const chart = logChart([{ ...last, statusCode: 500 } as LogEntry, ...others], terminal(60));
  expect(chart.split('█').length).toBeGreaterThan(2);
  expect(chart).toContain('░ 2xx 499 · █ 5xx 1');
});

test('statuses that are absent, or of no class, are drawn as others', () => {
  expect(logChart(entries(9, minuteMs, [undefined, 101, 999]), terminal(60))).toContain('▞ other 9');
});

test('there is no histogram of one entry, of none, or without times', async () => {
  expect(logChart([], terminal(80))).toBe('');
  expect(logChart(entries(1, 1), terminal(80))).toBe('');
  expect(logChart([...entries(1, 1), { timestamp: 'soon', method: 'GET', path: '/' }], terminal(80))).toBe(
    '',
  );
  expect(logChart(entries(40, minuteMs), terminal(5))).toBe('');
});

test('colours only repeat what the characters say', () => {
  const coloured = logChart(entries(50, minuteMs, mixed), terminal(80, true, 1));
  expect(coloured).toContain('\x1b[31m█');
  expect(coloured.replaceAll(/\x1b\[\d+m/g, '')).toBe(logChart(entries(50, minuteMs, mixed), terminal(80)));
});

test('no line is wider than the terminal, and every entry is counted', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 5e10 }), fc.integer({ min: 100, max: 599 })), {
        maxLength: 200,
      }),
      fc.integer({ min: 30, max: 200 }),
      fc.boolean(),
      (moments, width, unicode) => {
        const list = moments.map(([ago, statusCode]) => ({
          timestamp: new Date(now - ago).toISOString(),
          method: 'GET',
          path: '/',
          statusCode,
        }));
        const chart = logChart(list, terminal(width, unicode));
        for (const line of chart.split('\n')) expect(stringWidth(line)).toBeLessThanOrEqual(width);
      },
    ),
  );
});

test('steps are round, and as short as fits', () => {
  const names = [1, 30, 1000, 20_000, 3e6, 4e7].map(
    (seconds) => stepsBetween(now - seconds * 1000, now, 40)?.name,
  );
  expect(names).toEqual(['second', 'second', '30 seconds', '10 minutes', 'day', '14 days']);
  expect(stepsBetween(0, now, 1)).toBeUndefined();
});
