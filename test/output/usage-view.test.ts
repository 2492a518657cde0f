import { Chalk } from 'chalk';
import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import type { UsageRow } from '../../src/keys/ports.ts';
import { addDays } from '../../src/output/charts/periods.ts';
import type { UsageScope } from '../../src/output/views/usage.ts';
import { usageView } from '../../src/output/views/usage.ts';

const now = new Date('2026-11-20T12:00:00Z');

function draw(rows: readonly UsageRow[], scope: Partial<UsageScope> = {}, width = 80, unicode = true) {
  const terminal = { width, style: new Chalk({ level: 0 }), now, unicode };
  return usageView(rows, { by: 'day', from: undefined, ...scope }, terminal);
}

/** The last so many days, every sixth without use. */
function days(count: number): UsageRow[] {
  return Array.from({ length: count }, (_, index) => ({
    date: addDays('2026-11-20', index - count + 1),
    requests: (index * 7919) % 997,
    tokens: index * 1000,
    spentUsd: index / 8,
  })).filter((_, index) => index % 6 !== 4);
}

const keys: UsageRow[] = [
  { keyId: 'abcdEFGH12345671', name: 'nightly-summariser', requests: 17, tokens: 200_000, spentUsd: 3.2 },
  { keyId: 'abcdEFGH12345670', name: 'production-api', requests: 120_345, tokens: 51_000_000, spentUsd: 2 },
  { keyId: 'abcdEFGH12345672', name: '本番🔑', requests: 54_000, tokens: 900_000, spentUsd: 1 },
  { keyId: null, requests: 0, tokens: 0, spentUsd: 0 },
];

function overview(text: string): string {
  return text.split('\nDAY ')[0] ?? '';
}

test('by day, a chart is above the numbers', async () => {
  expect(await draw(days(7), { from: '2026-11-10' })).toMatchInlineSnapshot(`
    "requests per day, 2026-11-10 to 2026-11-20 (UTC)
     1K ┤                              ▄▄▄▄▄ ▁▁▁▁▁
        │                              █████ █████ ▅▅▅▅▅
        │                              █████ █████ █████       ▆▆▆▆▆ ▂▂▂▂▂
        │                              █████ █████ █████       █████ █████
    500 ┤                              █████ █████ █████       █████ █████
        │                              █████ █████ █████       █████ █████
        │                              █████ █████ █████       █████ █████
        │                              █████ █████ █████       █████ █████
      0 └──────────────────────────────────────────────────────────────────
         11-10       11-12       11-14       11-16       11-18       11-20

    total 4,016 requests · average 365 a day · peak 940 on 2026-11-15
    17,000 tokens · $2.13

    DAY         REQUESTS  TOKENS  SPENT
    2026-11-14         0       0  $0.00
    2026-11-15       940   1,000  $0.13
    2026-11-16       883   2,000  $0.25
    2026-11-17       826   3,000  $0.38
    2026-11-19       712   5,000  $0.63
    2026-11-20       655   6,000  $0.75
    "
  `);
});

test('by day, 90 days fit any width', async () => {
  const drawn = async (width: number, unicode: boolean) => overview(await draw(days(90), {}, width, unicode));
  expect(await drawn(60, true)).toMatchInlineSnapshot(`
    "requests per week, 2026-08-23 to 2026-11-20 (UTC)
      5K ┤   ▃▃             ▄▄             ▄▄
         │   ██             ██             ██
         │   ██    ▇▇       ██    ██ ▂▂    ██
         │   ██    ██ ▄▄    ██    ██ ██    ██
    2.5K ┤   ██ ▄▄ ██ ██ ▃▃ ██ ▄▄ ██ ██    ██ ▅▅
         │   ██ ██ ██ ██ ██ ██ ██ ██ ██    ██ ██
         │   ██ ██ ██ ██ ██ ██ ██ ██ ██ ▃▃ ██ ██ ▇▇
         │   ██ ██ ██ ██ ██ ██ ██ ██ ██ ██ ██ ██ ██
       0 └──────────────────────────────────────────
          08-17    09-07    09-28    10-19    11-09

    total 38,361 requests · average 426 a day
    peak 4,716 in the week of 2026-11-02 · 3,315,000 tokens
    $414.38
    "
  `);
  expect(await drawn(80, false)).toMatchInlineSnapshot(`
    "requests per week, 2026-08-23 to 2026-11-20 (UTC)
      5K +     ....                     ....                     ::::
         |     ####                     ####                     ####
         |     ####      ####           ####      #### ....      ####
         |     ####      #### ::::      ####      #### ####      ####
    2.5K +     #### .... #### #### .... #### :::: #### ####      #### ::::
         |     #### #### #### #### #### #### #### #### ####      #### ####
         |     #### #### #### #### #### #### #### #### #### .... #### #### ####
         |     #### #### #### #### #### #### #### #### #### #### #### #### ####
       0 +----------------------------------------------------------------------
          08-17     08-31     09-14     09-28     10-12     10-26     11-09

    total 38,361 requests · average 426 a day · peak 4,716 in the week of 2026-11-02
    3,315,000 tokens · $414.38
    "
  `);
  expect(await drawn(100, true)).toMatchInlineSnapshot(`
    "requests per day, 2026-08-23 to 2026-11-20 (UTC)
     1K ┤ ▄▁               ▆▂               █▄                ▆▂                ▄                 ▂
        │ ██▅              ██▇▃             ███▅▁             ██▇▃              ██▅▁              █
        │ ███ ▆▂           ████ ▄           █████ ▂           ████▇             ████▅             █
        │ ███ ██▆▃         ████ ██▄▁        █████ █▆▃         █████ █▄▁         █████ ▆▂          █
    500 ┤ ███ ████▇        ████ ████▅       █████ ███▇▃       █████ ███▅▁       █████ ██▇▃        █
        │ ███ █████ █▄     ████ █████ ▆▂    █████ █████ ▄     █████ █████ ▂     █████ █████       █
        │ ███ █████ ███▅▁  ████ █████ ██▇▃  █████ █████ ██▅▁  █████ █████ █▆▃   █████ █████ █▅▁   █
        │ ███ █████ █████ ▂████ █████ ████▇ █████ █████ ████▅ █████ █████ ███▇▄ █████ █████ ███▅▂ █
      0 └──────────────────────────────────────────────────────────────────────────────────────────
         08-23  08-30  09-06  09-13  09-20  09-27  10-04  10-11  10-18  10-25  11-01  11-08  11-15

    total 38,361 requests · average 426 a day · peak 996 on 2026-09-27 · 3,315,000 tokens · $414.38
    "
  `);
  expect(await drawn(160, false)).toMatchInlineSnapshot(`
    "requests per day, 2026-08-23 to 2026-11-20 (UTC)
     1K + :                :.               #:                :.                :                 .
        | ##:              ##:.             ###:              ##:.              ##:               #
        | ### :.           #### .           ##### .           #####             ####:             #
        | ### ##:.         #### ##:         ##### #:.         ##### #:          ##### :.          #
    500 + ### #####        #### ####:       ##### ####.       ##### ###:.       ##### ###.        #
        | ### ##### #:     #### ##### :.    ##### ##### .     ##### ##### .     ##### #####       #
        | ### ##### ###:   #### ##### ##:.  ##### ##### ##:   ##### ##### #:.   ##### ##### #:    #
        | ### ##### ##### .#### ##### ##### ##### ##### ####: ##### ##### ####. ##### ##### ###:. #
      0 +------------------------------------------------------------------------------------------
         08-23  08-30  09-06  09-13  09-20  09-27  10-04  10-11  10-18  10-25  11-01  11-08  11-15

    total 38,361 requests · average 426 a day · peak 996 on 2026-09-27 · 3,315,000 tokens · $414.38
    "
  `);
});

test('by day, spending is drawn where nothing else is reported', async () => {
  const spent = days(7).map(({ date = '', spentUsd = 0 }) => ({ date, spentUsd }));
  expect(overview(await draw(spent))).toMatchInlineSnapshot(`
    "US dollars spent per day, 2026-11-14 to 2026-11-20 (UTC)
    $0.80 ┤                                    ▄▄▄▄▄
          │                              ▂▂▂▂▂ █████
          │                              █████ █████
          │                              █████ █████
    $0.40 ┤                  ▆▆▆▆▆       █████ █████
          │            ▄▄▄▄▄ █████       █████ █████
          │      ▂▂▂▂▂ █████ █████       █████ █████
          │      █████ █████ █████       █████ █████
        0 └──────────────────────────────────────────
           11-14       11-16       11-18       11-20

    total $2.13 · average $0.30 a day · peak $0.75 on 2026-11-20
    "
  `);
});

test('by day, odd rows are drawn as far as they can be', async () => {
  const drawn = (...rows: UsageRow[]) => draw(rows, {}, 60);
  expect(await drawn({ date: '2026-11-20' })).toBe('DAY\n2026-11-20\n');
  expect(await drawn({ date: 'yesterday', requests: 3 })).toMatchInlineSnapshot(`
    "total 3 requests · average 3 a day

    DAY        REQUESTS
    yesterday         3
    "
  `);
  expect(await drawn({ date: '0001-01-01', requests: 3 })).toMatchInlineSnapshot(`
    "total 3 requests · average 0.0 a day

    DAY         REQUESTS
    0001-01-01         3
    "
  `);
  expect(await drawn({ date: '2026-11-21', requests: 3 })).toMatchInlineSnapshot(`
    "requests per day, 2026-11-20 to 2026-11-21 (UTC)
    3 ┤      █████
      │      █████
      │      █████
      │      █████
      │      █████
      │      █████
      │      █████
      │      █████
    0 └────────────
       11-20

    total 3 requests · average 1.5 a day · peak 3 on 2026-11-21

    DAY         REQUESTS
    2026-11-21         3
    "
  `);
  expect(await drawn({ date: '2026-11-19', requests: 0 })).toMatchInlineSnapshot(`
    "requests per day, 2026-11-19 to 2026-11-20 (UTC)
    1 ┤
      │
      │
      │
      │
      │
      │
      │
    0 └────────────
       11-19

    total 0 requests · average 0 a day · peak 0

    DAY         REQUESTS
    2026-11-19         0
    "
  `);
});

test('by key, the greatest comes first, with a bar', async () => {
  expect(await draw(keys, { by: 'key' }, 100)).toMatchInlineSnapshot(`
    "total 174,362 requests · 52,100,000 tokens · $6.20 · 3 keys

    NAME                ID                REQUESTS      TOKENS  SPENT  SHARE OF REQUESTS
    production-api      abcdEFGH12345670   120,345  51,000,000  $2.00   69% ████████████████████████████
    本番🔑              abcdEFGH12345672    54,000     900,000  $1.00   30% ████████████▋
    nightly-summariser  abcdEFGH12345671        17     200,000  $3.20   <1% ▏
    no listed key                                0           0  $0.00
    "
  `);
  expect(await draw(keys, { by: 'key' }, 80, false)).toMatchInlineSnapshot(`
    "total 174,362 requests · 52,100,000 tokens · $6.20 · 3 keys

    NAME                REQUESTS      TOKENS  SPENT  SHARE OF REQUESTS
    production-api       120,345  51,000,000  $2.00   69% ##########################
    本番🔑                54,000     900,000  $1.00   30% ############
    nightly-summariser        17     200,000  $3.20   <1% #
    no listed key              0           0  $0.00
    "
  `);
  expect(await draw(keys, { by: 'key' }, 60)).toMatchInlineSnapshot(`
    "total 174,362 requests · 52,100,000 tokens · $6.20 · 3 keys

    NAME                REQUESTS      TOKENS  SPENT
    production-api       120,345  51,000,000  $2.00
    本番🔑                54,000     900,000  $1.00
    nightly-summariser        17     200,000  $3.20
    no listed key              0           0  $0.00
    "
  `);
});

test.each([40, 60, 80, 100, 160])('500 keys fit %d columns', async (width) => {
  const many = Array.from({ length: 500 }, (_, index) => ({ ...keys[index % 4], requests: index ** 4 }));
  for (const unicode of [true, false]) {
    const text = await draw(many as UsageRow[], { by: 'key' }, width, unicode);
    expect(Math.max(...text.split('\n').map((line) => stringWidth(line)))).toBeLessThanOrEqual(width);
  }
});

test('nothing is drawn of nothing', async () => {
  expect(await draw([])).toBe('no requests recorded\n');
  expect(await draw([], { by: 'key' })).toBe('no requests recorded\n');
});
