import { hostname, userInfo } from 'node:os';
import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import type { Environment } from '../../src/platform/env.ts';
import { spec } from '../support/authority.ts';
import { refusedKeys, withAuthority } from '../support/embedded-authority.ts';
import { withEscrow } from '../support/escrow.ts';
import { Sandbox } from '../support/sandbox.ts';
import { StandIns } from '../support/stand-in.ts';
import { bashIn, keysIn } from '../support/terminal.ts';
import { commandLine, ids, operations, prefixes, secrets, Transcript, times } from '../support/transcript.ts';

const colour = /\x1b\[[0-9;]*m/;
const filters = [secrets, prefixes, ids, times, operations];

test('create without a name asks for one, and Enter accepts every default', async () => {
  const box = new Sandbox();
  const name = `${userInfo().username}-${hostname().split('.')[0]}`;
  const terminal = keysIn(box, ['create'], { secretShown: true });
  for (const question of [name, 'expire?', 'may it do?', 'Limits?', 'secret go?', 'Create this key?']) {
    await terminal.shows(question);
    await terminal.rests();
    terminal.type('\r');
  }
  expect(await terminal.ended).toBe(0);
  expect(await names(box)).toEqual([name]);
});

test('the secret is shown once, alone on its line, with the reminder', async () => {
  const box = new Sandbox();
  const terminal = keysIn(box, ['create', 'ci', '--expires', '90d'], { secretShown: true });
  expect(await terminal.ended).toBe(0);

  const shown = terminal.output.match(secrets.pattern) ?? [];
  expect(shown).toHaveLength(1);
  expect(
    await new Transcript(box, filters).screen('keys create ci --expires 90d', terminal),
  ).toMatchInlineSnapshot(`
    "$ keys create ci --expires 90d
    exit 0
    --- screen
    Name         ci
    Id           [id 1]
    Status       active
    Prefix       [prefix]
    Created      just now ([time])
    Expires      in 90 days ([time])
    Last used    never
    Permissions  read
    Rate limit   none
    Budget       none, $0.00 spent
    Models       all
    Usage        0 requests, 0 tokens
    Profile      local (local)

    ── secret, shown only once ─────────────────────────────────────────────

    [secret 1]

    ────────────────────────────────────────────────────────────────────────
    the secret is not shown again: store it now, then clear the scrollback (clear; in tmux: tmux
      clear-history)
    "
  `);
  expect(await refusedKeys(box, shown)).toEqual([]);
});

test('revoke asks you to type the name, and then revokes the key', async () => {
  const box = await boxWith(['ci']);
  const terminal = keysIn(box, ['revoke', 'ci']);
  await terminal.shows('Type ci to revoke it');
  terminal.type('ci\r');
  expect(await terminal.ended).toBe(0);
  expect(await statuses(box)).toEqual(['revoked']);
});

test('a wrong answer revokes nothing', async () => {
  const box = await boxWith(['ci']);
  const terminal = keysIn(box, ['revoke', 'ci']);
  await terminal.shows('Type ci to revoke it');
  terminal.type('cd\r');
  expect(await new Transcript(box, filters).screen('keys revoke ci', terminal)).toMatchInlineSnapshot(`
    "$ keys revoke ci
    exit 1
    --- screen
    ci  [id 1]  active  never used
    ✔ This is final (local). Type ci to revoke it: cd
    error: not confirmed: nothing was revoked
    "
  `);
  expect(await statuses(box)).toEqual(['active']);
});

test.for([['create'], ['revoke', 'ci']])('Ctrl-C at the question of %s ends with 130', async (args) => {
  const box = await boxWith(['ci']);
  const terminal = keysIn(box, args);
  await terminal.shows(args.length === 1 ? 'Name of the key' : 'Type ci to revoke it');
  terminal.type('\x03');
  expect(await terminal.ended).toBe(130);
  expect(await statuses(box)).toEqual(['active']);
  expect(await names(box)).toEqual(['ci']);
});

/** What commands show that would print a secret, with this variable set. */
async function screensWith(variable: string): Promise<string> {
  const box = await boxWith(['ci']);
  const [name = '', value] = variable.split('=');
  const word = { word: 'variable', pattern: new RegExp(`${name}(?= is set)`, 'g') };
  const story = new Transcript(box, [...filters, word]);
  const screens = [];
  for (const args of [
    ['create', 'new'],
    ['rotate', 'ci'],
    ['session', 'create', '--user', 'ada'],
  ]) {
    const terminal = keysIn(box, args, { columns: 200, env: { [name]: value } });
    screens.push(await story.screen(commandLine(args), terminal));
  }
  expect(await names(box)).toEqual(['ci']);
  return screens.join('');
}

test.each(['CI=true', 'CI=1', 'CI=woodpecker', 'GITHUB_ACTIONS=true', 'TF_BUILD=True'])(
  'with %s a terminal gets no secret by default: it is a log',
  async (variable) => {
    expect(await screensWith(variable)).toMatchInlineSnapshot(`
      "$ keys create new
      exit 2
      --- screen
      error: this terminal is a CI log ([variable] is set), and no destination for the secret was given; no key was created
      hint: choose a sink: --to file:PATH or --to env:PATH#NAME (keys help sinks)
      hint: or print it: --json for the record with its secret, --secret-only for the secret alone
      $ keys rotate ci
      exit 2
      --- screen
      error: this terminal is a CI log ([variable] is set), and no destination for the secret was given; no key was created
      hint: choose a sink: --to file:PATH or --to env:PATH#NAME (keys help sinks)
      hint: or print it: --json for the record with its secret, --secret-only for the secret alone
      $ keys session create --user ada
      exit 2
      --- screen
      error: this terminal is a CI log ([variable] is set), and no destination for the secret was given; no session was created
      hint: choose a sink: --to file:PATH or --to env:PATH#NAME (keys help sinks)
      hint: or print it: --json for the record with its secret, --secret-only for the secret alone
      "
    `);
  },
);

test('with CLAUDECODE=1 a terminal gets no secret by default: an agent reads it', async () => {
  expect(await screensWith('CLAUDECODE=1')).toMatchInlineSnapshot(`
    "$ keys create new
    exit 2
    --- screen
    error: a coding agent reads this terminal ([variable] is set), and no destination for the secret was given; no key was created
    hint: choose a sink: --to file:PATH or --to env:PATH#NAME (keys help sinks)
    $ keys rotate ci
    exit 2
    --- screen
    error: a coding agent reads this terminal ([variable] is set), and no destination for the secret was given; no key was created
    hint: choose a sink: --to file:PATH or --to env:PATH#NAME (keys help sinks)
    $ keys session create --user ada
    exit 2
    --- screen
    error: a coding agent reads this terminal ([variable] is set), and no destination for the secret was given; no session was created
    hint: choose a sink: --to file:PATH or --to env:PATH#NAME (keys help sinks)
    "
  `);
});

test.each(['CI=', 'CI=false', 'CI=0'])('with %s a terminal gets the secret', async (variable) => {
  const box = new Sandbox();
  const [name = '', value] = variable.split('=');
  const terminal = keysIn(box, ['create', 'ci'], { env: { [name]: value }, secretShown: true });
  expect(await new Transcript(box, filters).screen('keys create ci', terminal)).toMatchInlineSnapshot(`
    "$ keys create ci
    exit 0
    --- screen
    Name         ci
    Id           [id 1]
    Status       active
    Prefix       [prefix]
    Created      just now ([time])
    Expires      never
    Last used    never
    Permissions  read
    Rate limit   none
    Budget       none, $0.00 spent
    Models       all
    Usage        0 requests, 0 tokens
    Profile      local (local)

    ── secret, shown only once ─────────────────────────────────────────────

    [secret 1]

    ────────────────────────────────────────────────────────────────────────
    the secret is not shown again: store it now, then clear the scrollback (clear; in tmux: tmux
      clear-history)
    "
  `);
});

test('with CI set nothing prompts, and a secret in escrow is not printed', async () => {
  const box = withEscrow(new Sandbox());
  const vendors = new StandIns().add('deliver', { code: 1 });
  const env = { PATH: `${vendors.folder}:${process.env.PATH}`, CI: 'true' };
  expect((await box.keys(['create', 'ci', '--to', 'exec:deliver'], { env })).exit).toBe(5);
  for (const args of [['verify'], ['find'], ['revoke', 'ci'], ['login', '--provider', 'unreal']])
    expect(await keysIn(box, args, { env }).ended).toBe(2);
  expect(await keysIn(box, ['recover'], { env }).ended).toBe(5);
  expect(await keysIn(box, ['rotate', 'ci'], { env }).ended).toBe(2);
});

const hostile = 'x\x1b[31mred\nnext\u202eesrever';

test('control and bidi characters of a name do not reach the terminal', async () => {
  const box = await boxWith([hostile]);
  const story = new Transcript(box, filters);
  const screens = [];
  for (const [label, args] of [
    ['keys list', ['list']],
    ['keys show HOSTILE', ['show', hostile]],
    ['keys list --json', ['list', '--json']],
    ['keys list --format csv', ['list', '--format', 'csv']],
  ] as const) {
    const terminal = keysIn(box, args, { columns: 200, env: { NO_COLOR: '1' } });
    screens.push(await story.screen(label, terminal));
    expect(terminal.output).not.toContain('\x1b');
    expect(terminal.output).not.toContain('\u202e');
    expect(terminal.output).not.toContain('red\r\n');
  }
  expect(screens.join('')).toMatchInlineSnapshot(`
    "$ keys list
    exit 0
    --- screen
    local
    1 active · 0 expired · 0 revoked · 0 requests · 0 tokens · $0.00 spent

    NAME                             ID                STATUS  EXPIRES  LAST USED  REQUESTS  SPENT  MODELS      DESCRIPTION
    x\\x1b[31mred\\nnext\\u202eesrever  [id 1]  active  never    never             0  $0.00  gpt-4o, o3  for x\\x1b[31mred\\nnext\\u202eesrever
    $ keys show HOSTILE
    exit 0
    --- screen
    Name         x\\x1b[31mred\\nnext\\u202eesrever
    Id           [id 1]
    Status       active
    Description  for x\\x1b[31mred\\nnext\\u202eesrever
    Prefix       [prefix]
    Created      just now ([time])
    Expires      never
    Last used    never
    Permissions  none
    Rate limit   none
    Budget       none, $0.00 spent
    Models       gpt-4o, o3
    Usage        0 requests, 0 tokens
    Recent use   no requests in 30 days
    Profile      local (local)
    $ keys list --json
    exit 0
    --- screen
    [
      {
        "id": "[id 1]",
        "name": "x\\u001b[31mred\\nnext\\u202eesrever",
        "description": "for x\\u001b[31mred\\nnext\\u202eesrever",
        "status": "active",
        "prefix": "[prefix]",
        "createdAt": "[time]",
        "expiresAt": null,
        "lastUsedAt": null,
        "lastUsedIp": null,
        "permissions": [],
        "rateLimitRpm": null,
        "budgetUsd": null,
        "spentUsd": 0,
        "models": [
          "gpt-4o",
          "o3"
        ],
        "labels": {},
        "usage": {
          "requests": 0,
          "tokens": 0
        },
        "superseded": false,
        "provider": "local",
        "profile": "local"
      }
    ]
    $ keys list --format csv
    exit 0
    --- screen
    id,name,description,status,prefix,createdAt,expiresAt,lastUsedAt,lastUsedIp,permissions,rateLimitRpm,budgetUsd,spentUsd,models,labels,usage,superseded,provider,profile
    [id 1],x\\x1b[31mred\\nnext\\u202eesrever,for x\\x1b[31mred\\nnext\\u202eesrever,active,[prefix],[time],,,,,,,0,"gpt-4o,o3",,"requests=0,tokens=0",false,local,local
    "
  `);
});

test('a prompt escapes control and bidi characters of a name', async () => {
  const box = await boxWith([hostile]);
  const terminal = keysIn(box, ['revoke', hostile]);
  await terminal.shows('to revoke it');
  terminal.type('no\r');
  expect(await new Transcript(box, filters).screen('keys revoke HOSTILE', terminal)).toMatchInlineSnapshot(`
    "$ keys revoke HOSTILE
    exit 1
    --- screen
    x\\x1b[31mred\\nnext\\u202eesrever  [id 1]  active  never used
    ✔ This is final (local). Type x\\x1b[31mred\\nnext\\u202eesrever to revoke it: no
    error: not confirmed: nothing was revoked
    "
  `);
  expect(terminal.output).not.toContain('\x1b[31mred');
  expect(terminal.output).not.toContain('\u202e');
});

test('without a terminal --json keeps the characters of a name', async () => {
  const box = await boxWith([hostile]);
  expect(await names(box)).toEqual([hostile]);
});

test('list is coloured on a terminal, and not with NO_COLOR or --no-color', async () => {
  const box = await boxWith(['ci']);
  const plain = keysIn(box, ['list']);
  await plain.ended;
  expect(plain.output).toMatch(colour);
  for (const [args, env] of [
    [['list'], { NO_COLOR: '1' }],
    [['list', '--no-color'], {}],
    [['list'], { TERM: 'dumb' }],
  ] as const) {
    const terminal = keysIn(box, args, { env });
    expect(await new Transcript(box, filters).screen('keys list', terminal)).toMatchInlineSnapshot(`
      "$ keys list
      exit 0
      --- screen
      local
      1 active · 0 expired · 0 revoked · 0 requests · 0 tokens · $0.00 spent

      NAME  ID                STATUS  EXPIRES  LAST USED  REQUESTS  SPENT  MODELS      DESCRIPTION
      ci    [id 1]  active  never    never             0  $0.00  gpt-4o, o3  for ci
      "
    `);
    expect(terminal.output).not.toContain('\x1b');
  }
});

test.for([120, 80, 50, 30])('no line of list is wider than a terminal of %i columns', async (columns) => {
  const box = await boxWith([
    'ci',
    'a-name-that-goes-on-and-on-until-it-is-wider-than-most-terminals-and-tables',
    '東京のサーバーの鍵は長い名前を持っている',
    '👩‍💻 déployé',
  ]);
  const terminal = keysIn(box, ['list', '--no-pager'], { columns });
  expect(await terminal.ended).toBe(0);
  const lines = linesOf(terminal.output);
  expect(lines.length).toBeGreaterThan(5);
  expect(lines.filter((line) => stringWidth(line) > columns)).toEqual([]);
});

test('with stdout in a pipe the prompt reaches the terminal, and the pipe gets only data', async () => {
  const box = await boxWith(['ci']);
  const terminal = bashIn(box, '"$0" "$1" revoke ci --json | cat > result.json');
  await terminal.shows('Type ci to revoke it');
  terminal.type('ci\r');
  expect(await terminal.ended).toBe(0);
  expect(new Transcript(box, filters).filtered(box.read('result.json'))).toMatchInlineSnapshot(`
    "{
      "id": "[id 1]",
      "name": "ci",
      "revoked": true,
      "changed": true
    }
    "
  `);
});

async function boxWith(keyNames: readonly string[]): Promise<Sandbox> {
  const box = new Sandbox();
  await withAuthority(box, async (authority) => {
    for (const name of keyNames) {
      await authority.create(spec({ name, description: `for ${name}`, models: ['gpt-4o', 'o3'] }));
    }
  });
  return box;
}

async function names(box: Sandbox): Promise<unknown[]> {
  return (await records(box)).map(({ name }) => name);
}

async function statuses(box: Sandbox): Promise<unknown[]> {
  return (await records(box)).map(({ status }) => status);
}

async function records(box: Sandbox): Promise<Record<string, unknown>[]> {
  const { stdout } = await box.keys(['list', '--status', 'all', '--json']);
  return JSON.parse(stdout) as Record<string, unknown>[];
}

/** What a user reads, line by line, as it was sent. */
function linesOf(output: string): string[] {
  return stripVTControlCharacters(output).split(/\r*\n/);
}

describe('recover in a terminal', () => {
  /** A key whose secret waits in escrow: its sink failed once, and works from now on. */
  async function waiting(): Promise<{ box: Sandbox; env: Environment; vendors: StandIns }> {
    const box = withEscrow(new Sandbox());
    const vendors = new StandIns().add('deliver', { code: 1 });
    const env = { PATH: `${vendors.folder}:${process.env.PATH}` };
    expect((await box.keys(['create', 'ci', '--to', 'exec:deliver'], { env })).exit).toBe(5);
    vendors.add('deliver');
    return { box, env, vendors };
  }

  test('offers to deliver, to revoke and to leave a secret in escrow; Enter delivers it', async () => {
    const { box, env, vendors } = await waiting();
    const terminal = keysIn(box, ['recover'], { env });
    await terminal.shows('leave it in escrow');
    await terminal.rests();
    const story = new Transcript(box, filters);
    expect(story.filtered(terminal.screen)).toMatchInlineSnapshot(`
      "? The secret of ci ([id 1]) is in escrow.
      ❯ deliver it to exec:deliver
        deliver it elsewhere
        revoke the key
        leave it in escrow

      ↑↓ navigate • ⏎ select
      "
    `);
    terminal.type('\r');
    expect(await story.screen('keys recover', terminal)).toMatchInlineSnapshot(`
      "$ keys recover
      exit 0
      --- screen
      ✔ The secret of ci ([id 1]) is in escrow. deliver it to exec:deliver
      delivered to exec:deliver
      Operation  [operation 1]  delivered
      Key        ci [id 1]
      Profile    local local
      Started    just now
      To         exec:deliver (delivered)
      "
    `);
    const [, second] = vendors.calls;
    expect(await refusedKeys(box, [second?.stdin ?? ''])).toEqual([]);
    expect(await statuses(box)).toEqual(['active']);
  });

  test('revokes the key if you choose that', async () => {
    const { box, env } = await waiting();
    const terminal = keysIn(box, ['recover'], { env });
    await terminal.shows('leave it in escrow');
    terminal.type('\x1b[B\x1b[B\r');
    await terminal.shows('yes, revoke the key');
    terminal.type('\x1b[B\r');
    expect(await terminal.ended).toBe(0);
    expect(await statuses(box)).toEqual(['revoked']);
  });

  test('Enter alone does not confirm a revocation', async () => {
    const { box, env } = await waiting();
    const terminal = keysIn(box, ['recover'], { env });
    await terminal.shows('leave it in escrow');
    terminal.type('\x1b[B\x1b[B\r');
    await terminal.shows('yes, revoke the key');
    terminal.type('\r');
    expect(await terminal.ended).toBe(5);
    expect(await statuses(box)).toEqual(['active']);
  });

  test('delivers to another sink, and asks again if the sink is not valid', async () => {
    const { box, env } = await waiting();
    box.expectSecretIn('other.key');
    const terminal = keysIn(box, ['recover'], { env });
    await terminal.shows('leave it in escrow');
    terminal.type('\x1b[B\r');
    await terminal.shows('Where to?');
    terminal.type('fil:other.key\r');
    await terminal.shows('warning: ');
    await terminal.rests();
    terminal.type('file:other.key\r');
    expect(await new Transcript(box, filters).screen('keys recover', terminal)).toMatchInlineSnapshot(`
      "$ keys recover
      exit 0
      --- screen
      ✔ The secret of ci ([id 1]) is in escrow. deliver it elsewhere
      ✔ Where to? (file:PATH, env:PATH#NAME and more: keys help sinks) fil:other.key
      warning: 'fil:other.key' is not a sink (did you mean file:other.key?)
      ✔ Where to? (file:PATH, env:PATH#NAME and more: keys help sinks) file:other.key
      delivered to file:other.key and read back
      Operation  [operation 1]  delivered
      Key        ci [id 1]
      Profile    local local
      Started    just now
      To         exec:deliver
      --- files
      other.key (600): [secret 1]
      "
    `);
    expect(await refusedKeys(box, [box.read('other.key').trim()])).toEqual([]);
    expect(await statuses(box)).toEqual(['active']);
  });

  test('rotate to another sink delivers there the secret that another sink refused', async () => {
    const { box, env, vendors } = await waiting();
    vendors.add('deliver', { code: 1 });
    expect((await box.program(['recover', '--all', '--yes'], { env })).exit).toBe(5);
    vendors.add('deliver');
    expect((await box.program(['recover', '--all', '--yes'], { env })).exit).toBe(0);
    vendors.add('deliver', { code: 1 });
    expect((await box.program(['rotate', 'ci', '--to', 'exec:deliver'], { env })).exit).toBe(5);
    box.expectSecretIn('.env');
    const run = await box.program(['rotate', 'ci', '--to', 'env:.env#API_KEY', '--json'], { env });
    expect(
      new Transcript(box, filters).of(['rotate', 'ci', '--to', 'env:.env#API_KEY', '--json'], run),
    ).toMatchInlineSnapshot(`
      "$ keys rotate ci --to env:.env#API_KEY --json
      exit 0
      --- stdout
      {
        "name": "ci",
        "old": null,
        "new": {
          "id": "[id 1]",
          "name": "ci",
          "description": null,
          "status": "active",
          "prefix": "[prefix]",
          "createdAt": "[time]",
          "expiresAt": null,
          "lastUsedAt": null,
          "lastUsedIp": null,
          "permissions": [
            "read"
          ],
          "rateLimitRpm": null,
          "budgetUsd": null,
          "spentUsd": 0,
          "models": [],
          "labels": {},
          "usage": {
            "requests": 0,
            "tokens": 0
          },
          "provider": "local",
          "profile": "local",
          "superseded": false
        },
        "oldId": "[id 2]",
        "newId": "[id 1]",
        "retired": [],
        "oldRevoked": false,
        "oldRevokeAt": "[time]",
        "verified": false,
        "changed": true,
        "delivered": [
          {
            "sink": "env:.env#API_KEY",
            "verified": true
          }
        ],
        "operation": "[operation 1]"
      }
      --- stderr
      delivered to env:.env#API_KEY and read back
      finished the interrupted rotation of ci: the old key [id 2] works until [time]
      --- files
      .env (600): API_KEY=[secret 1]
      "
    `);
    const value = /API_KEY="?'?([^"'\n]+)/.exec(box.read('.env'))?.[1] ?? '';
    expect(await refusedKeys(box, [value])).toEqual([]);
  });

  test('left in escrow, the secret stays there: exit 5', async () => {
    const { box, env } = await waiting();
    const terminal = keysIn(box, ['recover'], { env });
    await terminal.shows('leave it in escrow');
    terminal.type('\x1b[A\r');
    expect(await terminal.ended).toBe(5);
    expect(await statuses(box)).toEqual(['active']);
    expect((await box.program(['recover', '--all'], { env })).exit).toBe(0);
  });

  test('asks which of several', async () => {
    const { box, env, vendors } = await waiting();
    vendors.add('deliver', { code: 1 });
    await box.keys(['create', 'second', '--to', 'exec:deliver'], { env });
    vendors.add('deliver');
    const terminal = keysIn(box, ['recover'], { env });
    await terminal.shows('Which ones?');
    terminal.type('\x1b[B\r');
    await terminal.shows('leave it in escrow');
    terminal.type('\r');
    expect(await terminal.ended).toBe(0);
    const { stdout } = await box.program(['recover', '--list', '--json', 'name'], { env });
    expect(JSON.parse(stdout)).toEqual([{ name: 'ci' }]);
  });
});
