import { Chalk } from 'chalk';
import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import type { Key } from '../../src/keys/key.ts';
import { keyDetailView } from '../../src/output/views/key-detail.ts';
import { keyTable } from '../../src/output/views/key-list.ts';

const now = new Date('2026-11-20T12:00:00Z');
const day = (count: number) => new Date(now.getTime() + count * 86_400_000).toISOString();

const production: Key = {
  id: 'abcdEFGH12345670',
  name: 'production-api',
  status: 'expiring',
  createdAt: day(-80),
  expiresAt: day(10),
  lastUsedAt: day(-0.1),
  budgetUsd: 50,
  spentUsd: 41.2,
  usage: { requests: 120_345, tokens: 51_000_000 },
};
const keys: Key[] = [
  production,
  {
    ...production,
    id: 'abcdEFGH12345671',
    name: '本番🔑',
    status: 'active',
    expiresAt: day(365),
    spentUsd: 0,
  },
  { ...production, id: 'abcdEFGH12345672', name: 'ended', status: 'revoked', budgetUsd: null, spentUsd: 3 },
  { id: 'abcdEFGH12345673', name: 'little', status: 'active' },
];

const rising = Array.from({ length: 30 }, (_, index) => (index % 7 === 5 ? 0 : index * index));
const recentUse = new Map([
  ['abcdEFGH12345670', rising],
  ['abcdEFGH12345671', rising.map((_, index) => (index === 3 ? 1 : 0))],
]);

function terminal(width: number, unicode = true) {
  return { width, style: new Chalk({ level: 0 }), now, unicode };
}

test('a list draws recent use, budgets and the time left, where there is room', async () => {
  const list = (width: number, unicode = true) => keyTable(keys, terminal(width, unicode), { recentUse });
  expect(await list(160)).toMatchInlineSnapshot(`
    "NAME            ID                STATUS    EXPIRES     TIME LEFT   LAST USED    LAST 30 DAYS     REQUESTS   SPENT  BUDGET
    production-api  abcdEFGH12345670  expiring  in 10 days  █░░░░░░░░░  2 hours ago  ⢀⣀⡀⣀⣀⣀⢀⣀⣀⡄⣤⣴⣶⢰⣿   120,345  $41.20  ████████░░  82% of $50.00
    本番🔑          abcdEFGH12345671  active    in 1 year   ████████░░  2 hours ago   ⢸                120,345   $0.00  ░░░░░░░░░░   0% of $50.00
    ended           abcdEFGH12345672  revoked                           2 hours ago                    120,345   $3.00
    little          abcdEFGH12345673  active
    "
  `);
  expect(await list(140, false)).toMatchInlineSnapshot(`
    "NAME            ID                STATUS    EXPIRES     TIME LEFT   LAST USED    LAST 30 DAYS     REQUESTS   SPENT  BUDGET
    production-api  abcdEFGH12345670  expiring  in 10 days  #.........  2 hours ago  .......:-:=+*=@   120,345  $41.20  ########..  82%
    本番🔑          abcdEFGH12345671  active    in 1 year   ########..  2 hours ago   @                120,345   $0.00  ..........   0%
    ended           abcdEFGH12345672  revoked                           2 hours ago                    120,345   $3.00
    little          abcdEFGH12345673  active
    "
  `);
  expect(await list(100)).toMatchInlineSnapshot(`
    "NAME            ID                STATUS    EXPIRES     LAST USED    LAST 30 DAYS     REQUESTS
    production-api  abcdEFGH12345670  expiring  in 10 days  2 hours ago  ⢀⣀⡀⣀⣀⣀⢀⣀⣀⡄⣤⣴⣶⢰⣿   120,345
    本番🔑          abcdEFGH12345671  active    in 1 year   2 hours ago   ⢸                120,345
    ended           abcdEFGH12345672  revoked               2 hours ago                    120,345
    little          abcdEFGH12345673  active
    "
  `);
  expect(await list(80)).toMatchInlineSnapshot(`
    "NAME            ID                STATUS    EXPIRES     LAST USED    REQUESTS
    production-api  abcdEFGH12345670  expiring  in 10 days  2 hours ago   120,345
    本番🔑          abcdEFGH12345671  active    in 1 year   2 hours ago   120,345
    ended           abcdEFGH12345672  revoked               2 hours ago   120,345
    little          abcdEFGH12345673  active
    "
  `);
  expect(await list(60)).toMatchInlineSnapshot(`
    "NAME            ID                STATUS    EXPIRES
    production-api  abcdEFGH12345670  expiring  in 10 days
    本番🔑          abcdEFGH12345671  active    in 1 year
    ended           abcdEFGH12345672  revoked
    little          abcdEFGH12345673  active
    "
  `);
});

test.each([40, 60, 80, 100, 160])('500 keys fit %d columns', async (width) => {
  const many = Array.from(
    { length: 500 },
    (_, index) => ({ ...keys[index % 4], budgetUsd: index ** 5 }) as Key,
  );
  for (const unicode of [true, false]) {
    const text = await keyTable(many, terminal(width, unicode), { recentUse });
    expect(Math.max(...text.split('\n').map((line) => stringWidth(line)))).toBeLessThanOrEqual(width);
  }
});

test('a detail draws recent use, the budget and the time left', () => {
  const detail = (unicode: boolean, width = 100) =>
    keyDetailView(production, terminal(width, unicode), { recentUse: rising });
  expect(detail(true)).toMatchInlineSnapshot(`
    "Name        production-api
    Id          abcdEFGH12345670
    Status      expiring
    Created     80 days ago (2026-09-01T12:00:00Z)
    Expires     in 10 days (2026-11-30T12:00:00Z)
    Time left   ██░░░░░░░░░░░░░░░░░░ 11% of 90 days
    Last used   2 hours ago (2026-11-20T09:36:00Z)
    Budget      $41.20 of $50.00  ████████████████░░░░ 82%
    Usage       120,345 requests, 51,000,000 tokens
    Recent use  ·▁▁▁▁·▁▁▁▁▁▁·▂▂▂▂▃▃·▄▄▅▅▅▆·▇▇█  0 to 841 requests a day, 7,349 in 30 days
    "
  `);
  expect(detail(true, 80).split('\n').at(-2)).toMatchInlineSnapshot(
    `"Recent use  ⢀⣀⡀⣀⣀⣀⢀⣀⣀⡄⣤⣴⣶⢰⣿  0 to 841 requests a day, 7,349 in 30 days"`,
  );
  expect(detail(false)).toMatchInlineSnapshot(`
    "Name        production-api
    Id          abcdEFGH12345670
    Status      expiring
    Created     80 days ago (2026-09-01T12:00:00Z)
    Expires     in 10 days (2026-11-30T12:00:00Z)
    Time left   ##.................. 11% of 90 days
    Last used   2 hours ago (2026-11-20T09:36:00Z)
    Budget      $41.20 of $50.00  ################.... 82%
    Usage       120,345 requests, 51,000,000 tokens
    Recent use  _...._......_::::--_==+++*_##@  0 to 841 requests a day, 7,349 in 30 days
    "
  `);
});

test('a detail draws what is known', () => {
  const drawn = (fields: Partial<Key>, use?: readonly number[]) => {
    const text = keyDetailView({ ...production, ...fields }, terminal(80), { recentUse: use });
    return text.split('\n').filter((line) => /^(?:Time left|Recent use)/.test(line));
  };
  expect(
    drawn(
      {},
      rising.map(() => 0),
    )[1],
  ).toBe('Recent use  no requests in 30 days');
  expect(drawn({ expiresAt: null })).toEqual([]);
  expect(drawn({ createdAt: day(20) })).toEqual([]);
  expect(drawn({ status: 'revoked' })).toEqual([]);
  expect(drawn({ createdAt: day(-1 / 48), expiresAt: day(1 / 48) })).toEqual([
    'Time left  ██████████░░░░░░░░░░ 50% of 1 hour',
  ]);
});
