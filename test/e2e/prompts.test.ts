import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Environment } from '../../src/platform/env.ts';
import { spec } from '../support/authority.ts';
import { declaration, fileOf } from '../support/declaration.ts';
import { withAuthority } from '../support/embedded-authority.ts';
import { withEscrow } from '../support/escrow.ts';
import { Sandbox } from '../support/sandbox.ts';
import { StandIns } from '../support/stand-in.ts';
import { bashIn, keysIn } from '../support/terminal.ts';
import { ids, operations, prefixes, Transcript, times } from '../support/transcript.ts';
import { UnrealServer } from '../support/unreal-server.ts';

const filters = [prefixes, ids, times, operations];

interface Scene {
  box: Sandbox;
  env?: Environment;
}

/** Keys whose secrets wait in escrow. */
async function withSecretsInEscrow(count = 1): Promise<Scene> {
  const box = withEscrow(new Sandbox());
  const vendors = new StandIns().add('deliver', { code: 1 });
  const env = { PATH: `${vendors.folder}:${process.env.PATH}` };
  for (const name of ['w1', 'w2', 'w3'].slice(0, count))
    expect((await box.keys(['create', name, '--to', 'exec:deliver'], { env })).exit).toBe(5);
  return { box, env };
}

async function withKeys(names: readonly string[]): Promise<Scene> {
  const box = new Sandbox();
  await withAuthority(box, async (authority) => {
    for (const name of names) await authority.create(spec({ name }));
  });
  return { box };
}

/** A declaration that is installed, and another one of the same id. */
async function withInstalledProvider(): Promise<Scene> {
  const scene = await withKeys(['ci']);
  scene.box.ownProvider(declaration);
  scene.box.write('my-api.json', fileOf({ name: 'Another API' }));
  return scene;
}

/** A file that asks for a key, and once for one that it no longer names. */
async function withFile(): Promise<Scene> {
  const scene = await withKeys(['ci']);
  scene.box.expectSecretIn('key');
  scene.box.write('keys.yaml', 'keys: { app: { to: ["file:key"] } }\n');
  return scene;
}

async function withLeftOver(): Promise<Scene> {
  const scene = await withFile();
  expect((await scene.box.program(['apply', '--yes'])).exit).toBe(0);
  scene.box.write('keys.yaml', 'keys: { ci: }\n');
  return scene;
}

const prompts: [what: string, args: string[], shows: string, make: () => Promise<Scene>, answer?: string][] =
  [
    ['the name of a new key', ['create'], 'Name of the key', () => withKeys(['ci'])],
    ['a revocation', ['revoke', 'ci'], 'Type ci to revoke it', () => withKeys(['ci'])],
    ['the key to show', ['show'], 'Which key of local?', () => withKeys(['ci'])],
    ['the keys to revoke', ['revoke'], 'Which keys of local?', () => withKeys(['ci'])],
    ['the profile to use', ['profile', 'use'], 'Which profile?', () => withKeys(['ci'])],
    ['the provider to show', ['provider', 'show'], 'Which provider?', () => withKeys(['ci'])],
    ['several revocations', ['revoke', 'ci', 'cd'], 'Type 2 to revoke', () => withKeys(['ci', 'cd'])],
    ['the provider of a login', ['login'], 'Which provider?', () => withKeys(['ci'])],
    ['the URL of a login', ['login', '--provider', 'authority'], 'URL of', () => withKeys(['ci'])],
    ['the token of a login', ['login', '--provider', 'unreal'], 'Session token for', () => withKeys(['ci'])],
    ['the id of a new provider', ['provider', 'new'], 'Id of the provider', () => withKeys(['ci'])],
    [
      'the replacement of a provider',
      ['provider', 'add', 'my-api.json'],
      'Replace your provider',
      withInstalledProvider,
    ],
    ['a plan', ['apply'], 'Do this?', withFile],
    ['a plan that revokes', ['apply', '--prune'], 'Type 1 to revoke', withLeftOver],
    ['the value to verify', ['verify'], 'API key', () => withKeys(['ci'])],
    ['the value to find', ['find'], 'API key', () => withKeys(['ci'])],
    ['what to recover', ['recover'], 'Which ones?', () => withSecretsInEscrow(2)],
    ['how to recover', ['recover'], 'leave it in escrow', () => withSecretsInEscrow()],
  ];

async function records(box: Sandbox): Promise<unknown> {
  return JSON.parse((await box.keys(['list', '--status', 'all', '--json', 'id,status'])).stdout);
}

describe.each(prompts)('at the question for %s', (_, args, question, make) => {
  test.each([
    ['Ctrl-C', '\x03', 130, 'error: interrupted; nothing was changed'],
    ['Ctrl-D', '\x04', 1, 'error: declined: the input ended without an answer'],
  ])('%s changes nothing and is no success', async (_name, key, exit, error) => {
    const { box, env } = await make();
    const before = await records(box);
    const line = `"$0" "$1" ${args.join(' ')} && echo DEPLOYING`;
    const terminal = bashIn(box, line, { ...(env && { env }) });
    await terminal.shows(question);
    await terminal.rests();
    terminal.type(key);
    expect(await terminal.ended, terminal.output).toBe(exit);
    // The error is the last line: nothing was deployed.
    expect(terminal.screen.trimEnd().split('\n').at(-1)).toBe(error);
    expect(await records(box)).toEqual(before);
  });
});

test('the screen after Ctrl-C and after Ctrl-D at a question', async () => {
  const { box } = await withKeys(['ci']);
  const story = new Transcript(box, filters);
  const screens = [];
  for (const [label, key] of [
    ['Ctrl-C', '\x03'],
    ['Ctrl-D', '\x04'],
  ] as const) {
    const terminal = bashIn(box, '"$0" "$1" revoke ci && echo DEPLOYING');
    await terminal.shows('Type ci to revoke it');
    await terminal.rests();
    terminal.type(key);
    screens.push(await story.screen(`keys revoke ci && echo DEPLOYING  # ${label}`, terminal));
  }
  expect(screens.join('')).toMatchInlineSnapshot(`
    "$ keys revoke ci && echo DEPLOYING  # Ctrl-C
    exit 130
    --- screen
    ci  [id 1]  active  never used
    ? This is final (local). Type ci to revoke it:
    error: interrupted; nothing was changed
    $ keys revoke ci && echo DEPLOYING  # Ctrl-D
    exit 1
    --- screen
    ci  [id 1]  active  never used
    ? This is final (local). Type ci to revoke it:
    error: declined: the input ended without an answer
    "
  `);
});

test.each([
  ['create', 'Name of the key'],
  ['revoke ci', 'Type ci to revoke it'],
])('at the question of %s a terminal that hangs up does not confirm', async (args, question) => {
  const { box } = await withKeys(['ci']);
  const before = await records(box);
  // The program does not learn of it from a signal.
  const terminal = bashIn(box, `trap "" HUP; "$0" "$1" ${args} ; echo $? > code`);
  await terminal.shows(question);
  terminal.hangUp();
  await until(() => existsSync(join(box.cwd, 'code')) && box.read('code') !== '');
  expect(['1', '130']).toContain(box.read('code').trim());
  expect(await records(box)).toEqual(before);
});

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    if (tries > 250) throw new Error('timed out');
    await new Promise((resume) => setTimeout(resume, 20));
  }
}

test.each([['create'], ['revoke ci']])(
  'Ctrl-Z at the question of %s stops the command; fg asks again and takes the answer',
  async (args) => {
    const { box } = await withKeys(['ci']);
    const line = `set -m; "$0" "$1" ${args} --quiet --json; echo "stopped $?"; fg; echo "ended $?"`;
    const terminal = bashIn(box, line, { secretShown: true });
    const question = args === 'create' ? 'Name of the key' : 'Type ci to revoke it';
    await terminal.shows(question);
    await terminal.rests();
    terminal.type('c\x1a');
    await terminal.shows('stopped ');
    await terminal.shows(question, 2);
    await terminal.rests();
    terminal.type('ci\r');
    expect(await terminal.ended, terminal.output).toBe(0);
    expect(terminal.screen.trimEnd().split('\n').at(-1)).toBe('ended 0');
    expect(await records(box)).toHaveLength(args === 'create' ? 2 : 1);
  },
);

test.each([
  ['Ctrl-C', '\x03'],
  ['Ctrl-D', '\x04'],
])('%s after one of several keys was revoked: exit 5, and the output tells what was done', async (_, key) => {
  const { box, env } = await withSecretsInEscrow(2);
  const terminal = keysIn(box, ['recover', '--all', '--json'], { ...(env && { env }), columns: 200 });
  await terminal.shows('leave it in escrow');
  await terminal.rests();
  terminal.type('\x1b[B\x1b[B\r');
  await terminal.shows('yes, revoke the key');
  await terminal.rests();
  terminal.type('\x1b[B\r');
  await terminal.shows('w2');
  await terminal.rests();
  terminal.type(key);
  const story = new Transcript(box, filters);
  expect(await story.screen('keys recover --all --json', terminal)).toMatchInlineSnapshot(`
    "$ keys recover --all --json
    exit 5
    --- screen
    ✔ The secret of w1 ([id 1]) is in escrow. revoke the key
    ✔ Revoke the key w1 ([id 1]) in local? Its secret will be lost. yes, revoke the key
    revoked the key [id 1]
    ? The secret of w2 ([id 2]) is in escrow.
    ❯ deliver it to exec:deliver
      deliver it elsewhere
      revoke the key
      leave it in escrow

    ↑↓ navigate • ⏎ select
    warning: [operation 1] is unfinished: not started: the command was interrupted
    [
      {
        "operation": "[operation 2]",
        "kind": "create",
        "name": "w1",
        "id": "[id 1]",
        "at": "[time]",
        "profile": "local",
        "provider": "local",
        "sinks": [
          "exec:deliver"
        ],
        "escrow": "file",
        "delivered": [],
        "outcome": "revoked"
      },
      {
        "operation": "[operation 1]",
        "kind": "create",
        "name": "w2",
        "id": "[id 2]",
        "at": "[time]",
        "profile": "local",
        "provider": "local",
        "sinks": [
          "exec:deliver"
        ],
        "escrow": "file",
        "delivered": [],
        "reason": "not started: the command was interrupted",
        "outcome": "open"
      }
    ]
    "
  `);
  const statuses = (await records(box)) as { status: string }[];
  expect(statuses.map(({ status }) => status).sort()).toEqual(['active', 'revoked']);
});

test.each(['SIGTERM', 'SIGHUP', 'SIGINT'] as const)(
  '%s at a question is an interrupt: exit 130',
  async (signal) => {
    const { box } = await withKeys(['ci']);
    const terminal = keysIn(box, ['revoke', 'ci']);
    await terminal.shows('Type ci to revoke it');
    await terminal.rests();
    terminal.kill(signal);
    expect(await new Transcript(box, filters).screen('keys revoke ci', terminal)).toMatchInlineSnapshot(`
      "$ keys revoke ci
      exit 130
      --- screen
      ci  [id 1]  active  never used
      ? This is final (local). Type ci to revoke it:
      error: interrupted; nothing was changed
      "
    `);
  },
);

test('Ctrl-\\ at a question is an interrupt: exit 130', async () => {
  const { box } = await withKeys(['ci']);
  const terminal = keysIn(box, ['revoke', 'ci']);
  await terminal.shows('Type ci to revoke it');
  await terminal.rests();
  terminal.type('\x1c');
  expect(await terminal.ended).toBe(130);
});

test('Ctrl-D on a line with text does not end the input', async () => {
  const { box } = await withKeys(['ci']);
  const terminal = keysIn(box, ['revoke', 'ci']);
  await terminal.shows('Type ci to revoke it');
  await terminal.rests();
  terminal.type('c\x04i\r');
  expect(await terminal.ended).toBe(0);
});

test('Enter alone never revokes, not even a key without a name', async () => {
  const [box, server] = [new Sandbox(), await UnrealServer.start()];
  server.add('');
  const hash = server.keys[0]?.hash ?? '';
  const env = { KEYS_PROVIDER: 'unreal', KEYS_URL: server.url, KEYS_TOKEN: 'tok-EXAMPLE' };
  const terminal = keysIn(box, ['revoke', hash], { env });
  await terminal.shows('to revoke it');
  await terminal.rests();
  terminal.type('\r');
  expect(await new Transcript(box, filters).screen(`keys revoke ${hash}`, terminal)).toMatchInlineSnapshot(`
    "$ keys revoke hash1abcdef
    exit 1
    --- screen
    hash1abcdef  hash1abcdef  active  never used
    ✔ This is final (unreal). Type hash1abcdef to revoke it:
    error: not confirmed: nothing was revoked
    "
  `);
  expect(server.keys).toHaveLength(1);
});

test('several rotations at once do not prompt; they report what needs an answer', async () => {
  const { box } = await withKeys(['a', 'b', 'c']);
  box.write('die.sh', 'kill -9 $PPID\n');
  for (const name of ['a', 'b', 'c'])
    expect((await box.program(['rotate', name, '--to', 'exec:sh die.sh'])).exit).toBe(null);
  const before = await records(box);
  const terminal = keysIn(box, ['rotate', 'a', 'b', 'c', '--to', 'exec:true {name}'], { columns: 400 });
  const story = new Transcript(
    box,
    filters.map(({ isNumbered: _, ...filter }) => filter),
  );
  const screen = await story.screen("keys rotate a b c --to 'exec:true {name}'", terminal);
  // The first to be done is shown first.
  const inOrder = screen.replace(/(?: *failed .*\n){3}/, (rows) =>
    rows
      .split(/(?<=\n)/)
      .sort()
      .join(''),
  );
  expect(inOrder).toMatchInlineSnapshot(`
    "$ keys rotate a b c --to 'exec:true {name}'
    exit 5
    --- screen
    failed   a  an earlier rotation of a is unfinished: exec:sh die.sh may have the secret of [id], so no key was revoked; look there, then run keys recover [operation] --keep, or --revoke
    failed   b  an earlier rotation of b is unfinished: exec:sh die.sh may have the secret of [id], so no key was revoked; look there, then run keys recover [operation] --keep, or --revoke
    failed   c  an earlier rotation of c is unfinished: exec:sh die.sh may have the secret of [id], so no key was revoked; look there, then run keys recover [operation] --keep, or --revoke

    3 failed
    --- files
    die.sh (644): kill -9 $PPID
    "
  `);
  // No prompt has hidden the cursor.
  expect(terminal.output).not.toContain('?25l');
  expect(await records(box)).toEqual(before);
});

const hostile =
  'x\x1b[31mred\r\x9b2Jover\u202egnp\u200b\x1b]8;;https://example.com\x07link\nerror: forged \x85\u2066';

test('recover escapes control characters of names in every prompt', async () => {
  const box = withEscrow(new Sandbox());
  const vendors = new StandIns().add('deliver', { code: 1, stderr: 'no \x1b[2Jroom\u202e' });
  const env = { PATH: `${vendors.folder}:${process.env.PATH}` };
  for (const name of [hostile, `${hostile}2`])
    expect((await box.keys(['create', name, '--to', 'exec:deliver'], { env })).exit).toBe(5);
  const terminal = keysIn(box, ['recover'], { env, columns: 400 });
  await terminal.shows('Which ones?');
  await terminal.rests();
  terminal.type('\r');
  await terminal.shows('leave it in escrow');
  await terminal.rests();
  terminal.type('\x1b[B\x1b[B\r');
  await terminal.shows('Its secret will be lost');
  await terminal.rests();
  terminal.type('\r');
  expect(await new Transcript(box, filters).screen('keys recover', terminal)).toMatchInlineSnapshot(`
    "$ keys recover
    exit 5
    --- screen
    ✔ 2 operations are unfinished. Which ones? x\\x1b[31mred\\r\\x9b2Jover\\u202egnp\\u200b\\x1b]8;;https://example.com\\x07link\\nerror: f…
    ✔ The secret of x\\x1b[31mred\\r\\x9b2Jover\\u202egnp\\u200b\\x1b]8;;https://example.com\\x07link\\nerror: forged \\x85\\u2066 ([id 1]) is in escrow. revoke the key
    ✔ Revoke the key x\\x1b[31mred\\r\\x9b2Jover\\u202egnp\\u200b\\x1b]8;;https://example.com\\x07link\\nerror: forged \\x85\\u2066 ([id 1]) in local? Its secret will be lost. no, leave the secret in escrow
    Operation  [operation 1]  unfinished
    Key        x\\x1b[31mred\\r\\x9b2Jover\\u202egnp\\u200b\\x1b]8;;https://example.com\\x07link\\nerror: forged \\x85\\u2066 [id 1]
    Profile    local local
    Started    just now
    To         exec:deliver
    Escrow     in the file
    Reason     left as it is
    "
  `);
  for (const part of [
    '\x1b[31m',
    '\x9b',
    '\u202e',
    '\u200b',
    '\x1b]8',
    '\nerror: forged',
    '\x85',
    '\u2066',
    '\x1b[2Jroom',
  ])
    expect(terminal.output.replaceAll('\r\n', '\n')).not.toContain(part);
});

test('login asks for the second secret of a provider too, and shows neither', async () => {
  const { box } = await withKeys(['ci']);
  const twoKeys = {
    ...declaration,
    id: 'two-keys',
    headers: { 'x-app-key': '{secret.appKey}' },
    secrets: { appKey: { help: 'the application key', keep: true } },
  };
  box.ownProvider(twoKeys);
  const flags = [
    '--provider',
    'two-keys',
    '--url',
    'https://api.example.com',
    '--store',
    'file',
    '--no-verify',
  ];
  const terminal = keysIn(box, ['login', ...flags, '--json', 'secrets'], { columns: 200 });
  await terminal.shows('Session token for');
  await terminal.rests();
  terminal.type('tok-firstEXAMPLE\r');
  await terminal.shows('the application key');
  await terminal.rests();
  terminal.type('tok-secondEXAMPLE\r');
  expect(await terminal.ended, terminal.output).toBe(0);
  expect(terminal.output).not.toMatch(/EXAMPLE/);
  const tokens = JSON.parse(box.read(join(box.home, 'data', 'tokens.json')));
  expect(tokens).toEqual({
    'two-keys@https://api.example.com': 'tok-firstEXAMPLE',
    'two-keys@https://api.example.com#appKey': 'tok-secondEXAMPLE',
  });
});
