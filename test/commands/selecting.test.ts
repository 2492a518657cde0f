import { describe, expect, test } from 'vitest';
import { Sandbox } from '../support/sandbox.ts';
import { seedKey } from '../support/seed.ts';

const now = new Date('2026-11-20T12:00:00Z');
const daysAgo = (days: number) => new Date(now.getTime() - days * 86_400_000);

async function fleet(): Promise<Sandbox> {
  const box = new Sandbox();
  await seedKey(box, daysAgo(100), { name: 'ci-web', labels: { team: 'search' } });
  await seedKey(box, daysAgo(50), { name: 'ci-api', labels: { team: 'ads' } });
  await seedKey(box, daysAgo(1), { name: 'team/web', labels: { team: 'search', tier: 'gold' } });
  return box;
}

async function namesOf(box: Sandbox, ...filters: string[]): Promise<string[]> {
  const { stdout, exit } = await box.keys(['list', '--json', 'name', ...filters], { now });
  expect(exit).toBe(0);
  return (JSON.parse(stdout) as { name: string }[]).map(({ name }) => name);
}

describe('list', () => {
  test.each([
    [
      ['--name-glob', 'ci-*'],
      ['ci-api', 'ci-web'],
    ],
    [
      ['--name-glob', '*web'],
      ['team/web', 'ci-web'],
    ],
    [
      ['--name-glob', 'ci-{web,api}'],
      ['ci-api', 'ci-web'],
    ],
    [
      ['--name-glob', 'ci-???'],
      ['ci-api', 'ci-web'],
    ],
    [['--name-glob', '!ci-*'], []],
    [['--name-glob', 'CI-*'], []],
    [
      ['--label', 'team=search'],
      ['team/web', 'ci-web'],
    ],
    [['--label', 'team=search', '--label', 'tier=gold'], ['team/web']],
    [['--label', 'toString='], []],
    [
      ['--created-since', '60d'],
      ['team/web', 'ci-api'],
    ],
    [['--created-since', '2026-11-19'], ['team/web']],
    [['--name-glob', 'ci-*', '--label', 'team=ads'], ['ci-api']],
    [['--name-glob', 'ci-*', '--limit', '1'], ['ci-api']],
  ])('%j', async (filters, names) => {
    expect(await namesOf(await fleet(), ...filters)).toEqual(names);
  });

  test.each([[['--name-glob', '']], [['--label', 'team']], [['--created-since', 'later']]])(
    '%j is refused: exit 2',
    async (filters) => {
      expect(await new Sandbox().keys(['list', ...filters])).toMatchObject({ exit: 2, stdout: '' });
    },
  );
});

describe('revoke', () => {
  test('by label, with the number that a dry run has shown', async () => {
    const box = await fleet();
    const filter = ['--label', 'team=search'];
    const dry = await box.keys(['revoke', ...filter, '--dry-run', '--json'], { now });
    expect(JSON.parse(dry.stdout)).toMatchObject([
      { name: 'team/web', revoked: false, dryRun: true },
      { name: 'ci-web', revoked: false, dryRun: true },
    ]);
    expect(await box.keys(['revoke', ...filter, '--confirm', '3'], { now })).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining("--confirm says '3', but 2 keys are selected; nothing was revoked"),
    });
    const run = await box.keys(['revoke', ...filter, '--confirm', '2', '--json', 'name,revoked,changed'], {
      now,
    });
    expect(run.exit).toBe(0);
    expect(JSON.parse(run.stdout)).toEqual([
      { name: 'team/web', revoked: true, changed: true },
      { name: 'ci-web', revoked: true, changed: true },
    ]);
    expect(await namesOf(box)).toEqual(['ci-api']);
  });

  test('without a terminal, --yes or --confirm: exit 2, and nothing is revoked', async () => {
    const box = await fleet();
    const run = await box.keys(['revoke', '--name-glob', '*'], { now });
    expect(run).toMatchObject({ exit: 2, stderr: expect.stringContaining('--confirm 3') });
    expect(await namesOf(box)).toHaveLength(3);
  });

  test('nothing matches: exit 0, an empty list', async () => {
    const run = await (await fleet()).keys(['revoke', '--name-glob', 'x*', '--yes', '--json'], { now });
    expect(run).toEqual({ exit: 0, stdout: '[]\n', stderr: 'no matching keys: nothing was revoked\n' });
  });

  // A variable of a script that is not set: every key has that text in its name.
  test.each([[['--search', '']], [['--search', ' ']], [['--search=', '--status', 'all']]])(
    '%j selects nothing on purpose: exit 2, and nothing is revoked or changed',
    async (filters) => {
      const box = await fleet();
      for (const command of [['revoke'], ['update', '--disable']])
        expect(await box.keys([...command, ...filters, '--yes'], { now })).toMatchObject({
          exit: 2,
          stderr: expect.stringContaining('--search is empty'),
        });
      expect(await namesOf(box, '--status', 'active')).toHaveLength(3);
    },
  );

  test('keys are named or selected, not both: exit 2', async () => {
    const run = await (await fleet()).keys(['revoke', 'ci-web', '--unused', '1d', '--yes'], { now });
    expect(run).toMatchObject({ exit: 2, stderr: expect.stringContaining('--unused selects keys') });
  });
});

describe('update', () => {
  test('every selected key, once', async () => {
    const box = await fleet();
    const filter = ['update', '--name-glob', 'ci-*', '--rate-limit', '60'];
    expect(await box.keys(filter, { now })).toMatchObject({ exit: 2, stdout: '' });
    const dry = await box.keys([...filter, '--dry-run', '--json', 'name,changed,dryRun'], { now });
    expect(JSON.parse(dry.stdout)).toEqual([
      { name: 'ci-api', changed: false, dryRun: true },
      { name: 'ci-web', changed: false, dryRun: true },
    ]);
    const run = await box.keys([...filter, '--yes', '--json', 'name,rateLimitRpm,changed'], { now });
    expect(JSON.parse(run.stdout)).toEqual([
      { name: 'ci-api', rateLimitRpm: 60, changed: true },
      { name: 'ci-web', rateLimitRpm: 60, changed: true },
    ]);
  });

  test('--label selects without a key and sets with one; --set-label always sets', async () => {
    const box = await fleet();
    await box.keys(['update', 'ci-api', '--label', 'team=search'], { now });
    const run = await box.keys(
      ['update', '--label', 'team=search', '--set-label', 'team=core', '--confirm', '3', '--json', 'labels'],
      { now },
    );
    expect(JSON.parse(run.stdout)).toEqual([
      { labels: { team: 'core', tier: 'gold' } },
      { labels: { team: 'core' } },
      { labels: { team: 'core' } },
    ]);
  });

  test.each([
    [['--label', 'team=search']],
    [['--label', 'team=search', '--name', 'one', '--yes']],
    [['ci-web', '--status', 'active', '--disable']],
    [['--disable']],
  ])('%j is refused: exit 2', async (args) => {
    const box = await fleet();
    expect(await box.keys(['update', ...args], { now })).toMatchObject({ exit: 2, stdout: '' });
  });

  test('a dry run of one key changes nothing', async () => {
    const box = await fleet();
    const run = await box.keys(['update', 'ci-web', '--name', 'x', '--dry-run', '--json', 'name,dryRun'], {
      now,
    });
    expect(JSON.parse(run.stdout)).toEqual({ name: 'ci-web', dryRun: true });
    expect(await namesOf(box, '--name-glob', 'x')).toEqual([]);
  });
});
