import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { withEscrow, withProfiles } from '../support/escrow.ts';
import { FaultServer, json } from '../support/fault-server.ts';
import { Sandbox } from '../support/sandbox.ts';
import { sarifFaults } from '../support/sarif-faults.ts';
import { seedKey, seedUse } from '../support/seed.ts';
import { folders, ids, operations, ports, Transcript } from '../support/transcript.ts';

const now = new Date('2026-11-20T12:00:00Z');
const terminal = { terminal: 80, now, env: { NO_COLOR: '1', LANG: 'en_US.UTF-8' } };
const day = (offset: number) => new Date(now.getTime() + offset * 86_400_000);
const filters = [ids, operations, folders, ports];

/** An account with a finding of each severity. */
async function account(): Promise<Sandbox> {
  const box = new Sandbox();
  await seedKey(box, day(-100), { name: 'old', expiresAt: day(-10) });
  const forgotten = await seedKey(box, day(-200), { name: 'forgotten', permissions: ['read', 'admin'] });
  await seedUse(box, day(-120), forgotten);
  await seedKey(box, day(-1), { name: 'sound', expiresAt: day(60) });
  return box;
}

async function findings(box: Sandbox, flags: readonly string[] = [], env: Record<string, string> = {}) {
  const run = await box.keys(['audit', ...flags, '--json'], { now, env });
  return { ...run, report: JSON.parse(run.stdout) };
}

test('an account in order: exit 0', async () => {
  const box = new Sandbox();
  await seedKey(box, day(-1), { name: 'ci', expiresAt: day(60) });
  expect(await new Transcript(box, filters).keys(['audit'], terminal)).toMatchInlineSnapshot(`
    "$ keys audit
    exit 0
    --- stdout
    nothing found in 1 key of 1 profile
    "
  `);
  expect(await new Transcript(box, filters).keys(['audit'], { now })).toMatchInlineSnapshot(`
    "$ keys audit
    exit 0
    "
  `);
  expect((await findings(box)).report).toEqual({ findings: [], checked: 1, unchecked: [] });
});

test('on a terminal: the counts, then the findings of each rule with the commands that fix them', async () => {
  const box = await account();
  const flags = ['--max-age', '90d', '--forbid-permission', 'admin'];
  expect(await new Transcript(box, filters).keys(['audit', ...flags], terminal)).toMatchInlineSnapshot(`
    "$ keys audit --max-age 90d --forbid-permission admin
    exit 8
    --- stdout
    1 error, 3 warnings, 1 info in 3 keys of 1 profile

    error  forbidden-permission: the key has a permission that the policy forbids
      forgotten has the permission admin, which the policy forbids
        keys update [id 1] --permission read

    warning  never-expires: the key never expires
      forgotten never expires
        keys update [id 1] --expires 90d

    warning  too-old: the key is older than the policy allows
      forgotten is older than 90d: created at 2026-05-04T12:00:00Z
        keys rotate forgotten

    warning  unused: the key has not been used for a long time
      forgotten has not been used for 90d: last at 2026-07-23T12:00:00Z
        keys revoke [id 1]

    info  expired: the key has expired and is still listed
      old expired at 2026-11-10T12:00:00Z and is still listed
        keys revoke [id 2]
    "
  `);
});

test('off a terminal: a line for each finding', async () => {
  expect(await new Transcript(await account(), filters).keys(['audit'], { now })).toMatchInlineSnapshot(`
    "$ keys audit
    exit 8
    --- stdout
    never-expires	warning	[id 1]	forgotten	local	forgotten never expires	keys update [id 1] --expires 90d
    unused	warning	[id 1]	forgotten	local	forgotten has not been used for 90d: last at 2026-07-23T12:00:00Z	keys revoke [id 1]
    expired	info	[id 2]	old	local	old expired at 2026-11-10T12:00:00Z and is still listed	keys revoke [id 2]
    "
  `);
});

test('many findings of a rule are cut, with the command that prints them all', async () => {
  const box = new Sandbox();
  for (let at = 0; at < 12; at += 1) await seedKey(box, day(-1), { name: `key-${at}` });
  const { stdout } = await box.keys(['audit', '--format', 'table', '--unused', '60d'], terminal);
  expect(stdout).toContain('  … and 9 more\n');
  expect(stdout).toContain('To see all findings: keys audit --unused 60d --format csv\n');
  expect(stdout.split('\n').length).toBeLessThan(24);
});

describe('in JSON', () => {
  test('findings are objects, of which fields can be selected', async () => {
    const box = await account();
    const { exit, report } = await findings(box);
    expect(exit).toBe(8);
    expect(report.checked).toBe(3);
    expect(report.findings[0]).toEqual({
      rule: 'never-expires',
      severity: 'warning',
      keyId: expect.stringMatching(/^\w{16}$/),
      name: 'forgotten',
      profile: 'local',
      message: 'forgotten never expires',
      fix: expect.stringMatching(/^keys update \w{16} --expires 90d$/),
    });
    const { stdout } = await box.keys(['audit', '--json', 'rule,name'], { now });
    expect(JSON.parse(stdout).findings[0]).toEqual({ rule: 'never-expires', name: 'forgotten' });
  });

  test('ndjson and csv have a line for each finding, and yaml the document', async () => {
    const box = await account();
    const { report } = await findings(box);
    const lines = (await box.keys(['audit', '--format', 'ndjson'], { now })).stdout.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual(report.findings);
    expect((await box.keys(['audit', '--format', 'csv'], { now })).stdout).toMatch(
      /^rule,severity,keyId,name,profile,message,fix\nnever-expires,warning,/,
    );
    expect(parse((await box.keys(['audit', '--format', 'yaml'], { now })).stdout)).toEqual(report);
  });
});

describe('--fail-on', () => {
  test.each([
    ['info', 8],
    ['warning', 8],
    ['error', 0],
  ])('%s: exit %i for a warning', async (severity, exit) => {
    expect((await findings(await account(), ['--fail-on', severity])).exit).toBe(exit);
  });

  test('without it, a finding of any severity is enough', async () => {
    const box = new Sandbox();
    await seedKey(box, day(-100), { name: 'old', expiresAt: day(-10) });
    const { exit, report } = await findings(box);
    expect(report.findings.map(({ severity }: { severity: string }) => severity)).toEqual(['info']);
    expect(exit).toBe(8);
    expect((await findings(box, ['--fail-on', 'warning'])).exit).toBe(0);
  });
});

test('every fault of the flags is named at once', async () => {
  const flags = [
    '--max-age',
    'old',
    '--require',
    'expiri,owner',
    '--forbid-permission',
    ',',
    '--fail-on',
    'all',
  ];
  expect(await new Transcript(new Sandbox(), []).keys(['audit', ...flags])).toMatchInlineSnapshot(`
    "$ keys audit --max-age old --require expiri,owner --forbid-permission , --fail-on all
    exit 2
    --- stderr
    error: --max-age: 'old' is not a duration: use one like 30s, 5min, 36h, 90d, 12w, 6mo, 1y
    error: --require: 'expiri' is not one of expiry, budget, rate-limit, description, permissions, models, labels (did you mean expiry?)
    error: --require: 'owner' is not one of expiry, budget, rate-limit, description, permissions, models, labels
    error: --forbid-permission: ',' is an empty list
    error: --fail-on: 'all' is not one of info, warning, error
    hint: keys help audit
    "
  `);
});

test('a misspelt permission is no all-clear', async () => {
  const { exit, stderr } = await findings(await account(), ['--forbid-permission', 'admn,webhook']);
  expect(exit).toBe(8);
  expect(stderr).toBe(
    "warning: the policy forbids the permission 'admn', which no key can have (did you mean admin?); there are read, write, admin, webhook\n",
  );
});

describe('--all-profiles', () => {
  const keys = {
    data: [
      {
        id: 'k1',
        name: 'ci',
        status: 'active',
        created_at: '2026-11-01T00:00:00Z',
        expires_at: null,
        last_used_at: null,
        permissions: ['read'],
      },
    ],
  };
  const add = (box: Sandbox, profile: string, provider: string, url: string) =>
    box.keys(
      [
        'login',
        '--profile',
        profile,
        '--provider',
        provider,
        '--url',
        url,
        '--with-token',
        '--store',
        'file',
        '--no-verify',
      ],
      { stdin: 'tok-EXAMPLE', now },
    );

  test('a profile that cannot be audited is a finding, and the others are audited', async () => {
    const [box, server] = [new Sandbox(), await FaultServer.start()];
    await add(box, 'gone', 'unreal', 'http://127.0.0.1:9');
    await add(box, 'refused', 'unreal', server.origin);
    await add(box, 'work', 'authority', server.origin);
    await box.keys(['profile', 'use', 'local']);
    server.always('GET /keys?limit=100', json(200, keys));
    server.always('GET /session', json(200, { user: 'ada', expires_at: '2026-11-25T00:00:00Z' }));
    server.always('GET /v1/keys', json(401, {}));
    const { exit, report, stderr } = await findings(box, ['--all-profiles']);
    expect(exit).toBe(8);
    expect(stderr).toBe('');
    expect(report.checked).toBe(1);
    expect(report.findings).toEqual([
      {
        ...{ rule: 'unreachable', severity: 'error', keyId: null, name: null, profile: 'gone' },
        message: expect.stringMatching(/^gone could not be audited: .*127\.0\.0\.1:9/),
        fix: 'keys status --profile gone',
      },
      {
        ...{ rule: 'unreachable', severity: 'error', keyId: null, name: null, profile: 'refused' },
        message: expect.stringMatching(/^refused could not be audited: /),
        fix: expect.stringMatching(/^keys login --profile refused/),
      },
      {
        ...{ rule: 'session-ending', severity: 'warning', keyId: null, name: null, profile: 'work' },
        message: 'the session of work ends at 2026-11-25T00:00:00Z',
        fix: 'keys login --profile work',
      },
      {
        ...{ rule: 'never-expires', severity: 'warning', keyId: 'k1', name: 'ci', profile: 'work' },
        message: 'ci never expires',
        fix: 'keys update k1 --expires 90d --profile work',
      },
    ]);
  });

  test('on a terminal, each finding says which profile it is in', async () => {
    const box = await account();
    withProfiles(box, {
      other: { provider: 'local', url: null },
      work: { provider: 'unreal', url: null, store: 'file' },
    });
    expect(
      await new Transcript(box, filters).keys(['audit', '--all-profiles', '--unused', '500d'], terminal),
    ).toMatchInlineSnapshot(`
      "$ keys audit --all-profiles --unused 500d
      exit 8
      --- stdout
      1 error, 2 warnings, 2 info in 6 keys of 3 profiles

      error  unreachable: the account could not be audited
        work could not be audited: not logged in: no session token for the profile
          work at https://openai.ideomind.org
          keys login --profile work --provider unreal --url https://openai.ideomind.org/

      warning  never-expires: the key never expires (2)
        forgotten never expires (local)
          keys update [id 1] --expires 90d
        forgotten never expires (other)
          keys update [id 1] --expires 90d --profile other

      info  expired: the key has expired and is still listed (2)
        old expired at 2026-11-10T12:00:00Z and is still listed (local)
          keys revoke [id 2]
        old expired at 2026-11-10T12:00:00Z and is still listed (other)
          keys revoke [id 2] --profile other
      "
    `);
  });

  test('a profile whose provider is not declared is a finding, too', async () => {
    const box = new Sandbox();
    mkdirSync(join(box.home, 'config'), { recursive: true });
    box.write(
      '../home/config/config.json',
      JSON.stringify({ profiles: { lost: { provider: 'nothing', url: null } } }),
    );
    const { exit, report } = await findings(box, ['--all-profiles']);
    expect(exit).toBe(8);
    expect(report.findings).toMatchObject([{ rule: 'unreachable', profile: 'lost' }]);
  });

  test('a single profile that cannot be audited is an error', async () => {
    const [box, server] = [new Sandbox(), await FaultServer.start()];
    await add(box, 'work', 'authority', server.origin);
    server.always('GET /keys?limit=100', json(403, { error: { message: 'not allowed' } }));
    const run = await box.keys(['audit', '--json'], { now });
    expect(run.exit).toBe(4);
    expect(run.stdout).toBe('');
    expect(JSON.parse(run.stderr).error.code).toBe('forbidden');
  });

  test('what a provider does not report is said in every format', async () => {
    const [box, server] = [new Sandbox(), await FaultServer.start()];
    await add(box, 'work', 'unreal', server.origin);
    server.always('GET /v1/keys', json(200, { keys: [{ hash: 'h1', name: 'ci', created: 1_694_268_762 }] }));
    expect(await new Transcript(box, filters).keys(['audit'], terminal)).toMatchInlineSnapshot(`
      "$ keys audit
      exit 0
      --- stdout
      nothing found in 1 key of 1 profile, as far as could be checked

      Not checked, so not known to be in order:
        session-ending in work: the API does not tell when the session ends
        never-expires, expires-soon in work: expiresAt is not reported
        unused, never-used in work: lastUsedAt is not reported
      "
    `);
    const { report } = await findings(box);
    expect(report.unchecked).toContainEqual({
      ...{ rule: 'unused', profile: 'work', reason: 'lastUsedAt is not reported', count: 1 },
    });
    const { stderr } = await box.keys(['audit', '--format', 'csv'], { now });
    expect(stderr).toContain('not checked: unused, never-used in work: lastUsedAt is not reported\n');
    const { stdout } = await box.keys(['audit', '--format', 'markdown'], { now });
    expect(stdout).toContain('### Not checked\n\n- `session-ending in work: ');
  });
});

describe('files of keys', () => {
  test('that others can read, or that git tracks, are findings', async () => {
    const box = new Sandbox();
    await seedKey(box, day(-1), { expiresAt: day(60) });
    const database = join(box.home, 'data', 'authority.db');
    chmodSync(database, 0o644);
    const git = (...args: string[]) => execFileSync('git', ['-C', box.home, ...args], { stdio: 'pipe' });
    git('init', '--quiet');
    git('add', 'data/authority.db');
    const { report } = await findings(box);
    expect(report.findings.filter(({ fix }: { fix: string }) => !/-(?:wal|shm)$/.test(fix))).toEqual([
      {
        ...{ rule: 'readable-by-others', severity: 'error', keyId: null, name: null, profile: null },
        message: `${database}, with the keys of the embedded authority, is accessible to other users (0644)`,
        fix: `chmod 600 ${database}`,
      },
      {
        ...{ rule: 'tracked-by-git', severity: 'error', keyId: null, name: null, profile: null },
        message: `${database}, with the keys of the embedded authority, is tracked by git`,
        fix: `git -C ${join(box.home, 'data')} rm --cached -- ${database}`,
      },
    ]);
  });

  test('an operation that was interrupted is a finding, and its secret in escrow stays', async () => {
    const box = withEscrow(new Sandbox());
    const broken = { breakStdout: { at: 1, code: 'EPIPE' }, now };
    const created = await box.keys(['create', 'ci', '--expires', '60d', '--json'], broken);
    expect(created.exit).toBe(5);
    const { report } = await findings(box);
    const { operation } = JSON.parse(created.stderr).error;
    expect(report.findings).toEqual([
      {
        ...{ rule: 'unfinished-operation', severity: 'warning', keyId: null, name: 'ci', profile: 'local' },
        message: 'the create of ci, begun at 2026-11-20T12:00:00Z, is unfinished',
        fix: `keys recover ${operation}`,
      },
    ]);
    expect((await box.keys(['recover', '--list', '--json'], { now })).stdout).toContain(operation);
  });
});

describe('hostile names', () => {
  const hostile = [
    '\x1b[31m\x1b]0;owned\x07',
    'a\u202eb',
    '@everyone',
    '`code` <img src=x onerror=alert(1)>',
    '[link](https://evil.example.com)',
    'a | b',
    '::stop-commands::x',
    '##vso[task.setvariable]x',
    '=HYPERLINK("https://evil.example.com")',
    '{0}',
  ];
  const boxOfThem = async () => {
    const [box, server] = [new Sandbox(), await FaultServer.start()];
    await box.keys(
      [
        'login',
        '--profile',
        'work',
        '--provider',
        'authority',
        '--url',
        server.origin,
        '--with-token',
        '--store',
        'file',
        '--no-verify',
      ],
      { stdin: 'tok-EXAMPLE', now },
    );
    const data = hostile.map((name, at) => ({
      ...{
        id: at % 2 === 0 ? `id${at}` : name,
        name,
        status: 'active',
        expires_at: null,
        permissions: [name],
      },
      ...{ created_at: '2026-11-01T00:00:00Z', last_used_at: null },
    }));
    server.always('GET /keys?limit=100', json(200, { data }));
    server.always('GET /session', json(200, {}));
    return box;
  };
  const control = /[\x00-\x09\x0b-\x1f\x7f\u202e]/;

  test.each(['table', 'csv', 'tsv', 'json', 'ndjson', 'yaml', 'sarif', 'markdown'])(
    'are harmless in %s',
    async (format) => {
      const box = await boxOfThem();
      const { stdout, exit } = await box.keys(['audit', '--format', format, '--no-pager'], {
        ...{ now, env: { CI: 'true', NO_COLOR: '1' } },
      });
      expect(exit).toBe(8);
      expect(format === 'tsv' ? stdout.replaceAll('\t', '') : stdout).not.toMatch(control);
      expect(stdout).not.toMatch(/^\s*::/m);
      expect(stdout).not.toContain('##vso[');
      if (format === 'sarif') expect(sarifFaults(JSON.parse(stdout))).toEqual([]);
      if (format === 'json')
        expect(new Set(JSON.parse(stdout).findings.map(({ name }: { name: string }) => name))).toEqual(
          new Set(hostile),
        );
    },
  );

  test('are code in Markdown, and cells stay cells', async () => {
    const { stdout } = await (await boxOfThem()).keys(['audit', '--format', 'markdown'], { now });
    const rows = stdout.split('\n').filter((line) => line.startsWith('| '));
    expect(rows.length).toBeGreaterThan(hostile.length);
    for (const row of rows) expect(row.split('|')).toHaveLength(7);
    const prose = stdout.replaceAll(/(`+)(?!`)[\s\S]*?(?<!`)\1(?!`)/g, '');
    expect(prose).not.toMatch(/@everyone|evil|<img|\[link\]/);
  });
});

test('as SARIF, each finding has its rule and a path, and the document is valid', async () => {
  const box = await account();
  chmodSync(join(box.home, 'data', 'authority.db'), 0o644);
  const run = await box.keys(['audit', '--format', 'sarif', '--max-age', '90d'], { now });
  expect(run.exit).toBe(8);
  const document = JSON.parse(run.stdout);
  expect(sarifFaults(document)).toEqual([]);
  const { results, tool } = document.runs[0];
  expect(
    results.map(({ ruleId, level, locations }: Result) => [
      ruleId,
      level,
      locations[0]?.physicalLocation.artifactLocation.uri.replace(box.home, ''),
    ]),
  ).toMatchInlineSnapshot(`
    [
      [
        "readable-by-others",
        "error",
        "file:///data/authority.db",
      ],
      [
        "readable-by-others",
        "error",
        "file:///data/authority.db-wal",
      ],
      [
        "never-expires",
        "warning",
        "keys/local/forgotten",
      ],
      [
        "too-old",
        "warning",
        "keys/local/forgotten",
      ],
      [
        "unused",
        "warning",
        "keys/local/forgotten",
      ],
      [
        "expired",
        "note",
        "keys/local/old",
      ],
    ]
  `);
  for (const { ruleId, ruleIndex } of results) expect(tool.driver.rules[ruleIndex].id).toBe(ruleId);
});

interface Result {
  ruleId: string;
  level: string;
  locations: { physicalLocation: { artifactLocation: { uri: string } } }[];
}

test('--profile on the command line is part of the commands that fix', async () => {
  const box = await account();
  const { report } = await findings(box, ['--profile', 'local']);
  expect(report.findings[0].fix).not.toContain('--profile');
  withProfiles(box, { other: { provider: 'local', url: null } });
  const other = await findings(box, ['--profile', 'other']);
  expect(other.report.findings[0].fix).toMatch(/--profile other$/);
});

describe('keys.yaml', () => {
  const file = (text: string) => {
    const box = new Sandbox();
    box.write('keys.yaml', text);
    return box;
  };

  test('is the policy, and flags win', async () => {
    const box = file('audit: { maxAge: 30d, require: [description], failOn: error }\n');
    await seedKey(box, day(-40), { name: 'ci', expiresAt: day(60), description: 'deploys' });
    const rulesWith = async (...flags: string[]) => {
      const { exit, report } = await findings(box, flags);
      return [exit, ...report.findings.map(({ rule }: { rule: string }) => rule)];
    };
    expect(await rulesWith()).toEqual([0, 'too-old', 'never-used']);
    expect(await rulesWith('--max-age', '50d', '--unused', '50d')).toEqual([0]);
    expect(await rulesWith('--require', 'budget')).toEqual([8, 'required', 'too-old', 'never-used']);
    expect(await rulesWith('--fail-on', 'info')).toEqual([8, 'too-old', 'never-used']);
  });

  test('another file is named with --file', async () => {
    const box = new Sandbox();
    box.write('policies/strict.yaml', 'audit: { maxAge: 1d }\n');
    await seedKey(box, day(-2), { name: 'ci', expiresAt: day(60) });
    expect((await findings(box)).exit).toBe(0);
    expect((await findings(box, ['--file', 'policies/strict.yaml'])).exit).toBe(8);
    expect((await box.keys(['audit', '--file', 'missing.yaml'], { now })).exit).toBe(2);
  });

  test('is read without the variables that its places need', async () => {
    const box = file(
      `audit: { maxAge: 1d }\nkeys: { ci: { to: ["env:\${DEPLOY}/.env#A", "github:\${REPO}#B", "file:ci.key"] } }\n`,
    );
    await seedKey(box, day(-40), { name: 'ci', expiresAt: day(60) });
    const { exit, report, stderr } = await findings(box, []);
    expect([exit, report.findings.map(({ rule }: { rule: string }) => rule)]).toEqual([
      8,
      ['too-old', 'never-used'],
    ]);
    expect(stderr).toBe('keys.yaml has places that are not read: DEPLOY, REPO are not set\n');
    expect(report.unchecked).toContainEqual(
      expect.objectContaining({ rule: 'dead-value', reason: 'a variable in its place is not set', count: 2 }),
    );
    const { report: whole } = await findings(box, [], { DEPLOY: box.cwd, REPO: 'acme/app' });
    expect(whole.unchecked).toContainEqual(
      expect.objectContaining({ rule: 'dead-value', reason: 'only files are read', count: 1 }),
    );
  });

  test('every fault of it is named, with its line', async () => {
    const box = file('audit:\n  maxAge: old\n  requires: [expiry]\n  failOn: fatal\n');
    expect(await new Transcript(box, []).keys(['audit'], { now })).toMatchInlineSnapshot(`
      "$ keys audit
      exit 2
      --- stderr
      error: keys.yaml:2:11: audit.maxAge: 'old' is not a duration: use one like 30s, 5min, 36h, 90d, 12w, 6mo, 1y
      error: keys.yaml:3:3: audit.requires: is not a known field (did you mean require?)
      error: keys.yaml:4:11: audit.failOn: is not one of info, warning, error
      hint: see what the file can say: keys docs policy
      --- files
      keys.yaml (644): audit:
        maxAge: old
        requires: [expiry]
        failOn: fatal
      "
    `);
    const unknown = file('audit: { require: [expiri] }\n');
    expect(await new Transcript(unknown, []).keys(['audit'], { now })).toMatchInlineSnapshot(`
      "$ keys audit
      exit 2
      --- stderr
      error: keys.yaml:1:20: audit.require.0: 'expiri' is not one of expiry, budget, rate-limit, description, permissions, models, labels (did you mean expiry?)
      hint: see what the file can say: keys docs policy
      --- files
      keys.yaml (644): audit: { require: [expiri] }
      "
    `);
  });

  test('a place with a secret that does not work is a finding, at the line of its key', async () => {
    const box = file(
      'keys:\n  ci:\n    to: ["env:.env#API_KEY"]\n  other:\n    to: ["file:token.txt"]\n  absent:\n    to: ["file:absent.txt"]\n',
    );
    for (const path of ['.env', 'token.txt']) box.expectSecretIn(path);
    const { stdout } = await box.keys(
      ['create', 'ci', '--expires', '60d', '--to', 'env:.env#API_KEY', '--json', 'id'],
      { now },
    );
    await box.keys(['create', 'other', '--expires', '60d', '--to', 'file:token.txt'], { now });
    expect((await findings(box)).report.findings).toEqual([]);
    const { id } = JSON.parse(stdout);
    await box.keys(['revoke', id, '--yes'], { now });
    box.write('token.txt', 'sk-a1b2c3d4e5f6g7h8i9j01EXAMPLE');
    chmodSync(join(box.cwd, 'token.txt'), 0o640);
    const { report } = await findings(box);
    const env = `env:${join(box.cwd, '.env')}#API_KEY`;
    const token = join(box.cwd, 'token.txt');
    expect(report.findings).toEqual([
      {
        ...{ rule: 'dead-value', severity: 'error', keyId: id, name: 'ci', profile: 'local' },
        message: `${env} holds the secret of ci, which is revoked`,
        fix: `keys create ci --to '${env}'`,
      },
      {
        ...{ rule: 'dead-value', severity: 'error', keyId: null, name: 'other', profile: 'local' },
        message: `file:${token} holds a secret of no key of its account`,
        fix: `keys rotate other --to file:${token}`,
      },
      {
        ...{ rule: 'readable-by-others', severity: 'error', keyId: null, name: null, profile: 'local' },
        message: `${token}, with the secret of other, is accessible to other users (0640)`,
        fix: `chmod 600 ${token}`,
      },
    ]);
    const { stdout: sarif } = await box.keys(['audit', '--format', 'sarif'], { now });
    const [result] = JSON.parse(sarif).runs[0].results;
    expect(result.locations[0].physicalLocation).toEqual({
      artifactLocation: { uri: 'keys.yaml' },
      region: { startLine: 2, startColumn: 3 },
    });
  });

  test('a secret that was damaged is one of no key, and white space around a secret does no harm', async () => {
    const box = file('keys:\n  ci:\n    to: ["file:ci.txt"]\n');
    box.expectSecretIn('ci.txt');
    await box.keys(['create', 'ci', '--expires', '60d', '--to', 'file:ci.txt'], { now });
    const secret = box.read('ci.txt');
    const messagesWith = async (content: string) => {
      box.write('ci.txt', content);
      const { report } = await findings(box);
      return report.findings.map(({ message }: { message: string }) => message.replace(box.cwd, ''));
    };
    expect(await messagesWith(`${secret}\r\n`)).toEqual([]);
    expect(await messagesWith(secret.slice(0, -1))).toEqual([
      'file:/ci.txt holds a secret of no key of its account',
    ]);
    expect(await messagesWith('')).toEqual([]);
  });

  test('what is no secret and what a symbolic link leads to are not to be closed', async () => {
    const box = file('keys:\n  ci:\n    to: ["file:users", "file:link"]\n');
    await seedKey(box, day(-1), { name: 'ci', expiresAt: day(60) });
    box.write('users', 'root:x:0:0\ndaemon:x:1:1\n');
    symlinkSync('users', join(box.cwd, 'link'));
    chmodSync(join(box.cwd, 'users'), 0o644);
    const { report } = await findings(box);
    expect(report.findings.map(({ rule }: { rule: string }) => rule)).toEqual(['dead-value']);
  });

  test('a secret of an API that shows too little of its keys is not judged', async () => {
    const [box, server] = [file('keys:\n  ci:\n    to: ["file:ci.txt"]\n'), await FaultServer.start()];
    box.expectSecretIn('ci.txt');
    box.write('ci.txt', 'sk-a1b2c3d4e5f6g7h8i9j01EXAMPLE');
    chmodSync(join(box.cwd, 'ci.txt'), 0o600);
    const env = { KEYS_PROVIDER: 'unreal', KEYS_URL: server.origin, KEYS_TOKEN: 'tok-EXAMPLE' };
    server.always('GET /v1/keys', json(200, { keys: [{ hash: 'h1', name: 'ci', created: 1_694_268_762 }] }));
    const { stdout } = await box.keys(['audit', '--json'], { now, env });
    const { findings: found, unchecked } = JSON.parse(stdout);
    expect(found).toEqual([]);
    expect(unchecked).toContainEqual({
      ...{
        rule: 'dead-value',
        profile: 'unreal',
        reason: 'the API does not show enough of its keys',
        count: 1,
      },
    });
  });

  test('a place that is no file is not read, and not known to be in order', async () => {
    const box = file('keys:\n  ci:\n    to: ["keychain:ci", "exec:deliver", "github:team/app#CI"]\n');
    const { exit, report } = await findings(box);
    expect(exit).toBe(0);
    expect(report.unchecked).toEqual([
      { rule: 'dead-value', profile: 'local', reason: 'only files are read', count: 3 },
    ]);
  });

  test('a key with a known place is rotated to it', async () => {
    const box = file('keys:\n  ci:\n    to: ["env:.env#API_KEY"]\n');
    await seedKey(box, day(-1), { name: 'ci', expiresAt: day(5) });
    const { report } = await findings(box);
    expect(report.findings[0].fix).toBe(`keys rotate ci --to 'env:${join(box.cwd, '.env')}#API_KEY'`);
  });
});
