import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { exits } from '../../src/base/error-codes.ts';
import { withEscrow } from '../support/escrow.ts';
import { projectRoot, Sandbox } from '../support/sandbox.ts';
import { seedKey } from '../support/seed.ts';
import { folders, Transcript } from '../support/transcript.ts';

const now = new Date('2026-11-20T12:00:00Z');
const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));

/** The version of `keys` and the system, and the version of Node.js. */
const versions = { word: 'version', pattern: /(?<=keys )\d[\w.-]* on \w+ \w+|(?<=Node\.js )[\d.]+/g };
const stack = { word: 'stack', pattern: /error: {5}at .*(?:\nerror: {5}at .*)*/g };

test.each([['--version'], ['-V'], ['-v'], ['--json', '--version'], ['list', '-V'], ['list', '-v']])(
  '%s %s prints the version',
  async (...args) => {
    expect(await new Sandbox().keys(args)).toEqual({ exit: 0, stdout: `${version}\n`, stderr: '' });
  },
);

test('without a command, prints help on stderr: exit 2', async () => {
  expect(await new Transcript(new Sandbox(), []).keys([])).toMatchInlineSnapshot(`
    "$ keys
    exit 2
    --- stderr
    Usage: keys <command> [flags]

    Manage API keys: no secret lost, no secret leaked.

    Examples:
      keys create ci --expires 90d --to env:.env#API_KEY
      keys rotate ci --to env:.env#API_KEY
      keys login --provider openrouter

    Keys:
      create            create a key; its secret is shown or delivered once
      list              list keys, newest first; revoked keys only with --status
      show              show everything about one key except its secret
      update            change a key; its secret stays the same
      rename            give a key another name; short for update --name
      revoke            revoke keys; they stop working at once, for good
      rotate            replace a key; the old one keeps working for a grace period
      recover           finish what was interrupted: deliver a secret from escrow,
                        or revoke a key whose secret is lost
      logs              show how keys were used, newest first
      usage             show total requests, tokens and spend, by key or by day

    Policy and fleets:
      plan              show what keys apply would do to make every key as keys.yaml
                        says
      apply             make every key as keys.yaml says: create, change, rotate
      export            write the keys that exist as keys.yaml, to stdout
      audit             check keys against a policy: expiry, age, use, permissions,
                        and where their secrets are
      leaks             search files and the history of git for values of keys that
                        have leaked

    Use of secrets:
      verify            check whether a key works, without using up its budget
      find              find the key that a secret belongs to, without sending the
                        secret anywhere
      run               run a program with secrets in its environment, and nowhere
                        else
      snippet           print code that calls the API with a key; it reads the
                        secret from an environment variable

    Profiles and logins:
      login             store a session token for a profile, after checking it with
                        the API
      logout            end the session and remove its token
      status            show the profile in use, whether it is logged in, and what
                        its provider can do
      whoami            show whose the session is: user, role and expiry, where the
                        API tells them
      profile list      list the profiles and show which one is in use
      profile use       make a profile the current one
      profile remove    remove a profile and its session token; keys at the provider
                        are not touched

    Providers:
      provider list     list the supported providers
      provider show     show what a provider can do
      provider check    check the declaration of your own provider
      provider new      write the declaration of your own provider, from answers to
                        questions
      provider add      install the declaration of your own provider, after checking
                        it
      api               call the profile's API directly, with its session token
      open              open the web page on which the profile's provider lists its
                        keys

    The embedded authority:
      backup            back up the embedded authority to one file, even while keys
                        serve runs
      restore           replace the embedded authority with a backup
      serve             serve the embedded authority over HTTP: an API to manage
                        keys, and one to check them
      session create    create a session token, with which a user manages keys over
                        HTTP
      session list      list the sessions of users who manage keys over HTTP
      session revoke    end a session at once; its token stops working

    This program:
      config list       list the settings
      config get        print one setting
      config set        change one setting, after checking it
      config unset      remove one setting: its default applies
      config edit       open the settings in your editor (VISUAL or EDITOR)
      doctor            check this installation: Node.js, folders, permissions,
                        configuration, database and escrow
      completion        complete commands, flags and the names of keys in your shell
      docs              read a page of the documentation, or list the pages
      help              show the help of a command or of a topic

    Topics:
      help flags        flags of every command
      help exit-codes   exit codes and what they mean
      help environment  environment variables that keys reads
      help formats      output formats (--format)
      help sinks        where to deliver the secret of a new key (--to)
      help providers    key-management APIs that keys supports
      help errors       error codes and their exit codes

    More: keys help <command>
    "
  `);
});

test.each([
  ['--help'],
  ['-h'],
  ['help'],
  ['help', 'create'],
  ['create', '--help'],
  ['create', 'help'],
  ['list', 'help'],
  ['run', 'help'],
  ['provider', 'list', 'help'],
  ['provider', 'help'],
  ['help', 'provider', 'list'],
  ['help', 'provider'],
  ['provider', '--help'],
])('help: keys %s %s', async (...args) => {
  const run = await new Sandbox().keys(args);
  expect(run).toMatchObject({ exit: 0, stderr: '' });
  expect(run.stdout.split('\n').filter((line) => line.startsWith('Usage: keys'))).toHaveLength(1);
});

test('does not guess whether help or a key named help is meant', async () => {
  const lines = [
    ['create', 'help', '--to', 'file:a'],
    ['revoke', 'help', '--yes'],
    ['rotate', '--secret-only', 'help'],
  ];
  expect(await new Transcript(new Sandbox(), []).all(lines)).toMatchInlineSnapshot(`
    "$ keys create help --to file:a
    exit 2
    --- stderr
    error: 'help' shows help only without other arguments; for something named help: keys create … -- help
    hint: keys help create
    $ keys revoke help --yes
    exit 2
    --- stderr
    error: 'help' shows help only without other arguments; for something named help: keys revoke … -- help
    hint: keys help revoke
    $ keys rotate --secret-only help
    exit 2
    --- stderr
    error: 'help' shows help only without other arguments; for something named help: keys rotate … -- help
    hint: keys help rotate
    "
  `);
});

test('help after -- is a name', async () => {
  const box = new Sandbox();
  box.expectSecretIn('a');
  expect((await box.keys(['create', '--to', 'file:a', '--', 'help'])).exit).toBe(0);
  expect(JSON.parse((await box.keys(['list', '--json', 'name'])).stdout)).toEqual([{ name: 'help' }]);
});

test('help lists every command of the catalog, and each has a page with an example', async () => {
  const box = new Sandbox();
  const { catalog } = await import('../../src/commands/catalog.ts');
  const { stdout } = await box.keys(['help']);
  const listed = stdout
    .split('\n')
    .flatMap((line) => /^ {2}([a-z]+(?: [a-z-]+)?) {2,}/.exec(line)?.[1] ?? []);
  expect(listed.filter((name) => Object.hasOwn(catalog, name)).sort()).toEqual(Object.keys(catalog).sort());
  for (const name of Object.keys(catalog)) {
    const lines = (await box.keys(['help', ...name.split(' ')])).stdout.split('\n');
    expect(lines[lines.indexOf('Examples:') + 1]).toMatch(/^ {2}keys /);
  }
});

test.each(['flags', 'exit-codes', 'environment', 'formats', 'sinks', 'providers', 'errors'])(
  'help has the topic %s',
  async (topic) => {
    const run = await new Sandbox().keys(['help', topic]);
    expect(run.exit).toBe(0);
    expect(run.stdout.split('\n').length).toBeGreaterThan(3);
  },
);

test('the README has the exit codes of the program', () => {
  const rows = Object.values(exits).map(({ code, meaning }) => `| ${code} | ${meaning} |`);
  expect(readFileSync(join(projectRoot, 'README.md'), 'utf8')).toContain(rows.join('\n'));
});

test('refuses an unknown command and suggests a similar one', async () => {
  const lines = [['creat'], ['creat', '--json']];
  expect(await new Transcript(new Sandbox(), []).all(lines)).toMatchInlineSnapshot(`
    "$ keys creat
    exit 2
    --- stderr
    error: unknown command 'creat'
    hint: keys create
    hint: keys help
    $ keys creat --json
    exit 2
    --- stderr
    {"error":{"code":"usage","message":"unknown command 'creat'","hint":"keys create\\nkeys help"}}
    "
  `);
});

test('refuses an unknown flag, suggests a similar one, and does not report the word after it', async () => {
  const shows = new Transcript(new Sandbox(), []);
  expect(await shows.keys(['list', '--limt', '3', '--json'])).toMatchInlineSnapshot(`
    "$ keys list --limt 3 --json
    exit 2
    --- stderr
    {"error":{"code":"usage","message":"unknown flag --limt (did you mean --limit?)","hint":"keys help list"}}
    "
  `);
});

test('does not repeat a surplus argument that may be a secret meant for stdin', async () => {
  const box = new Sandbox();
  const lines = ['login', 'verify'].map((command) => [command, 'my-very-own-token']);
  for (const args of lines) expect((await box.keys(args)).stderr).not.toContain('my-very-own-token');
  expect(await new Transcript(box, []).all(lines)).toMatchInlineSnapshot(`
    "$ keys login my-very-own-token
    exit 2
    --- stderr
    error: unexpected argument (the first); this command takes none
    hint: keys help login
    $ keys verify my-very-own-token
    exit 2
    --- stderr
    error: unexpected argument (the first); this command takes none
    hint: keys help verify
    "
  `);
});

test('an error that has no hint of its own gets that of its code', async () => {
  const shows = new Transcript(new Sandbox(), [folders]);
  expect(await shows.keys(['restore', 'nothing.db', '--yes'])).toMatchInlineSnapshot(`
    "$ keys restore nothing.db --yes
    exit 1
    --- stderr
    error: [folder 1]/nothing.db does not exist
    hint: check the path
    "
  `);
});

test('refuses a flag without its value', async () => {
  const shows = new Transcript(new Sandbox(), []);
  expect(await shows.keys(['list', '--limit'])).toMatchInlineSnapshot(`
    "$ keys list --limit
    exit 2
    --- stderr
    error: --limit needs a value
    hint: keys help list
    "
  `);
});

test('global flags stand before or after the command', async () => {
  const box = new Sandbox();
  const id = await seedKey(box, new Date());
  for (const args of [
    ['--json', 'id', 'list'],
    ['list', '--json', 'id'],
    ['--format', 'json', 'list', '--json=id'],
  ]) {
    expect(JSON.parse((await box.keys(args)).stdout)).toEqual([{ id }]);
  }
});

test('status shows the profile, the provider and its capabilities', async () => {
  expect(await new Transcript(new Sandbox(), []).keys(['--json', 'status'])).toMatchInlineSnapshot(`
    "$ keys --json status
    exit 0
    --- stdout
    {
      "profile": "local",
      "provider": "local",
      "url": null,
      "tokenSource": null,
      "authenticated": true,
      "capabilities": {
        "overlap": "client",
        "expiry": "any",
        "uniqueNames": false,
        "maxKeys": null,
        "endsLists": true,
        "show": true,
        "create": true,
        "revoke": true,
        "usage": true,
        "logs": true,
        "logsByKey": true,
        "update": true,
        "disable": true,
        "verify": true,
        "createFields": [
          "name",
          "description",
          "expiresAt",
          "permissions",
          "rateLimitRpm",
          "budgetUsd",
          "models",
          "labels"
        ],
        "updateFields": [
          "name",
          "description",
          "expiresAt",
          "permissions",
          "rateLimitRpm",
          "budgetUsd",
          "models",
          "labels"
        ],
        "usageByDay": true,
        "reports": [
          "id",
          "name",
          "description",
          "status",
          "prefix",
          "createdAt",
          "expiresAt",
          "lastUsedAt",
          "lastUsedIp",
          "permissions",
          "rateLimitRpm",
          "budgetUsd",
          "spentUsd",
          "models",
          "labels",
          "usage",
          "superseded",
          "provider",
          "profile"
        ]
      }
    }
    "
  `);
});

test('the flag selects the profile, then the environment, then the configuration', async () => {
  const box = new Sandbox();
  const profiles = { work: { provider: 'local' }, home: { provider: 'local' }, ci: { provider: 'local' } };
  mkdirSync(join(box.home, 'config'), { recursive: true, mode: 0o700 });
  writeFileSync(
    join(box.home, 'config', 'config.json'),
    JSON.stringify({ currentProfile: 'home', profiles }),
  );
  const used = async (args: string[], env = {}) =>
    JSON.parse((await box.keys(['status', '--json', 'profile', ...args], { env })).stdout).profile;
  expect(await used([])).toBe('home');
  expect(await used([], { KEYS_PROFILE: 'work' })).toBe('work');
  expect(await used(['--profile', 'ci'], { KEYS_PROFILE: 'work' })).toBe('ci');
});

test('invalid profiles, providers and URLs are usage errors', async () => {
  const lines = [
    ['list', '--profile', 'other'],
    ['list', '--provider', 'unheard-of'],
    ['list', '--provider', 'opnai'],
    ['list', '--url', 'https://api.example.com'],
  ];
  expect(await new Transcript(new Sandbox(), []).all(lines)).toMatchInlineSnapshot(`
    "$ keys list --profile other
    exit 2
    --- stderr
    error: there is no profile 'other'
    hint: keys profile list
    hint: keys login --profile other --provider ID
    $ keys list --provider unheard-of
    exit 2
    --- stderr
    error: there is no provider 'unheard-of'
    hint: keys provider list
    $ keys list --provider opnai
    exit 2
    --- stderr
    error: there is no provider 'opnai' (did you mean openai?)
    hint: keys provider list
    $ keys list --url https://api.example.com
    exit 2
    --- stderr
    error: the provider local runs in this process and has no URL but that of its database
    hint: write it as postgres://user@host:port/database
    "
  `);
});

test('an invalid configuration is reported with the path of each problem', async () => {
  const box = new Sandbox();
  const file = join(box.home, 'config', 'config.json');
  mkdirSync(join(box.home, 'config'), { recursive: true });
  writeFileSync(file, JSON.stringify({ currentProfile: 7, profiles: { work: {} } }));
  const shows = new Transcript(box, [folders]);
  expect(await shows.keys(['list'])).toMatchInlineSnapshot(`
    "$ keys list
    exit 1
    --- stderr
    error: [folder 1]/config/config.json is not a valid configuration: currentProfile: is 7, expected string; profiles.work.provider: is required
    hint: fix the file, or move it aside to start over
    "
  `);
  writeFileSync(file, 'not json');
  expect(await shows.keys(['list'])).toMatchInlineSnapshot(`
    "$ keys list
    exit 1
    --- stderr
    error: [folder 1]/config/config.json is not a valid configuration: unexpected token 'o'
    hint: fix the file, or move it aside to start over
    "
  `);
});

test('provider list names the embedded authority first', async () => {
  const run = await new Sandbox().keys(['provider', 'list', '--json', 'id']);
  expect(JSON.parse(run.stdout)[0]).toEqual({ id: 'local' });
});

test('doctor finds no problem on a fresh machine, and changes nothing', async () => {
  const box = new Sandbox();
  const run = await box.keys(['doctor', '--json']);
  expect(run.exit).toBe(0);
  const checks = JSON.parse(run.stdout) as { check: string; status: string }[];
  expect(checks.map(({ check }) => check)).toEqual([
    'version',
    'node',
    'folders',
    'config',
    'authority',
    'escrow',
    'operations',
    'terminal',
  ]);
  const others = checks.filter(({ check }) => check !== 'escrow');
  expect(others.every(({ status }) => status === 'ok')).toBe(true);
});

test.skipIf(process.platform !== 'linux')(
  'doctor shows where undelivered secrets are kept, and what is unfinished',
  async () => {
    const findings = async (box: Sandbox, env: Record<string, string> = {}) => {
      const { stdout } = await box.keys(['doctor', '--json'], { env });
      const all = JSON.parse(stdout) as { check: string; status: string; message: string; hint?: string }[];
      return all.filter(({ check }) => check === 'escrow' || check === 'operations');
    };
    expect(await findings(new Sandbox())).toMatchObject([
      {
        status: 'warn',
        message: 'no keychain: a new key whose secret cannot be delivered is revoked',
        hint: 'to keep undelivered secrets in a private file, set "escrow": "file" for the profile local in config.json',
      },
      { status: 'ok' },
    ]);
    const bus = { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere' };
    expect(await findings(new Sandbox(), bus)).toMatchObject([{ message: 'the system keychain' }, {}]);
    const box = withEscrow(new Sandbox());
    await box.keys(['create', 'ci', '--to', 'exec:false']);
    expect(await findings(box)).toMatchObject([
      { status: 'ok', message: 'a file that only you can read' },
      { status: 'warn', message: '1 operation is unfinished', hint: 'keys recover' },
    ]);
  },
);

test('doctor finds files that other users can access: exit 8', async () => {
  const box = new Sandbox();
  await seedKey(box, new Date());
  chmodSync(join(box.home, 'data', 'authority.db'), 0o644);
  const shows = new Transcript(box, [folders, versions]);
  const bus = { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere' };
  const options = { now, terminal: 120, env: { NO_COLOR: '1', ...bus } };
  expect(await shows.keys(['doctor'], options)).toMatchInlineSnapshot(`
    "$ keys doctor
    exit 8
    --- stdout
    ok    version     keys [version]
    ok    node        Node.js [version]
    ok    folders     config in [folder 1]/config, data in [folder 1]/data
    ok    folder      [folder 1] is private (0700)
    ok    folder      [folder 1]/data is private (0700)
    fail  file        [folder 1]/data/authority.db is accessible to other users (0644)
                      chmod 600 '[folder 1]/data/authority.db'
    ok    file        [folder 1]/data/authority.db-wal is private (0600)
    ok    file        [folder 1]/data/authority.db-shm is private (0600)
    ok    config      no file; defaults apply
    ok    authority   [folder 1]/data/authority.db is intact: 1 key, schema 9, log kept for 90d
    ok    escrow      the system keychain
    ok    operations  nothing is unfinished
    ok    terminal    stdin is a terminal, stdout is a terminal, stderr is a terminal
    "
  `);
});

test('doctor finds an invalid database: exit 8', async () => {
  const box = new Sandbox();
  mkdirSync(join(box.home, 'data'), { recursive: true, mode: 0o700 });
  writeFileSync(
    join(box.home, 'data', 'authority.db'),
    'not a database at all, but long enough to look at'.repeat(50),
    {
      mode: 0o600,
    },
  );
  const shows = new Transcript(box, [folders, versions]);
  const bus = { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere' };
  expect(await shows.keys(['doctor'], { env: bus })).toMatchInlineSnapshot(`
    "$ keys doctor
    exit 8
    --- stdout
    version	ok	keys [version]	
    node	ok	Node.js [version]	
    folders	ok	config in [folder 1]/config, data in [folder 1]/data	
    folder	ok	[folder 1] is private (0700)	
    folder	ok	[folder 1]/data is private (0700)	
    file	ok	[folder 1]/data/authority.db is private (0600)	
    config	ok	no file; defaults apply	
    authority	fail	cannot use the authority's database [folder 1]/data/authority.db: file is not a database	check its permissions, or replace it with a backup: keys restore FILE
    escrow	ok	the system keychain	
    operations	ok	nothing is unfinished	
    terminal	ok	stdin is not a terminal, stdout is not a terminal, stderr is not a terminal	
    "
  `);
});

test('a reader that closes stdout early is no error', async () => {
  const box = new Sandbox();
  await seedKey(box, new Date());
  const run = await box.keys(['list'], { breakStdout: { at: 1, code: 'EPIPE' } });
  expect(run).toEqual({ exit: 0, stdout: '', stderr: '' });
});

test('a bug prints its stack and how to report it', async () => {
  const box = new Sandbox();
  await seedKey(box, new Date());
  const run = await box.keys(['list'], { breakStdout: { at: 1, code: 'EUNHEARDOF' } });
  const shows = new Transcript(box, [stack]);
  expect(shows.of(['list'], run)).toMatchInlineSnapshot(`
    "$ keys list
    exit 1
    --- stderr
    error: this is a bug in keys: an unexpected error occurred
    error: Error: broken
    [stack]
    hint: report it, with the lines above and the output of: keys doctor --json
    "
  `);
});

test('--debug prints the authority in use on stderr', async () => {
  const box = new Sandbox();
  expect(await new Transcript(box, [folders]).keys(['list', '--debug', '--json'])).toMatchInlineSnapshot(`
    "$ keys list --debug --json
    exit 0
    --- stdout
    []
    --- stderr
    debug: the embedded authority, [folder 1]/data/authority.db
    "
  `);
});

test('with --json, stderr holds only the error, without any warnings', async () => {
  const box = new Sandbox();
  await seedKey(box, new Date());
  mkdirSync(join(box.cwd, 'folder'));
  const args = ['create', 'ci', '--expires', '90d', '--to', 'file:folder', '--json'];
  expect(await new Transcript(box, [folders]).keys(args)).toMatchInlineSnapshot(`
    "$ keys create ci --expires 90d --to file:folder --json
    exit 1
    --- stderr
    {"error":{"code":"not_a_plain_file","message":"[folder 1]/folder is a folder: a secret is written only to a plain file","hint":"ls -ld '[folder 1]/folder'"}}
    "
  `);
});

test('Ctrl-C before the command has started prints no result: exit 130', async () => {
  const shows = new Transcript(new Sandbox(), []);
  const options = { interrupt: AbortSignal.abort() };
  expect(await shows.keys(['status', '--json'], options)).toMatchInlineSnapshot(`
    "$ keys status --json
    exit 130
    --- stderr
    {"error":{"code":"interrupted","message":"interrupted; nothing was changed"}}
    "
  `);
});
