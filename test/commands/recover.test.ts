import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { withEscrow } from '../support/escrow.ts';
import { resetAfterHeaders, resetBeforeReply, truncated } from '../support/fault-server.ts';
import type { FakeRunOptions, Run } from '../support/sandbox.ts';
import { Sandbox } from '../support/sandbox.ts';
import type { Filter } from '../support/transcript.ts';
import { folders, ids, operations, ports, prefixes, secrets, Transcript } from '../support/transcript.ts';
import { UnrealServer } from '../support/unreal-server.ts';

const brokenPipe: FakeRunOptions = { breakStdout: { at: 1, code: 'EPIPE' } };

const now = new Date('2026-11-20T12:00:00Z');
const later = new Date('2026-11-20T13:00:00Z');
const filters = [secrets, prefixes, ids, operations, folders];

/** `keys …` in a sandbox, as a whole transcript. */
function shows(box: Sandbox, args: readonly string[], options: FakeRunOptions = {}): Promise<string> {
  return new Transcript(box, filters).keys(args, { now, ...options });
}

function errorOf({ stderr }: Run): { code: string; message: string; hint: string; operation: string } {
  return JSON.parse(stderr).error;
}

/** What `keys <args> --json` prints. */
async function json<T>(box: Sandbox, args: string[], options: FakeRunOptions = {}): Promise<T> {
  return JSON.parse((await box.keys([...args, '--json'], options)).stdout) as T;
}

interface Row {
  operation: string;
  outcome: string;
  id?: string;
  reason?: string;
  candidates?: { id: string }[];
}

/** A create whose secret could not be printed: it waits in escrow. */
async function stopped(box: Sandbox, name = 'ci', to: string[] = []): Promise<{ operation: string }> {
  const run = await box.keys(['create', name, ...to, '--json'], { ...brokenPipe, now });
  expect(run.exit).toBe(5);
  return { operation: errorOf(run).operation };
}

function operationsOf(box: Sandbox): string[] {
  return readdirSync(join(box.home, 'state', 'operations'));
}

async function statusOf(box: Sandbox, name: string): Promise<string[]> {
  const keys = await json<{ name: string; status: string }[]>(box, ['list', '--status', 'all']);
  return keys.filter((key) => key.name === name).map(({ status }) => status);
}

test('with nothing unfinished there is nothing to do', async () => {
  const box = new Sandbox();
  for (const args of [['recover'], ['recover', '--all', '--yes'], ['recover', '--list']]) {
    expect((await box.keys([...args, '--json'])).stdout).toBe('[]\n');
    expect((await box.keys(args)).exit).toBe(0);
  }
  expect(await shows(box, ['recover', 'nothing1'])).toMatchInlineSnapshot(`
    "$ keys recover [operation 1]
    exit 3
    --- stderr
    error: no unfinished operation has the id 'nothing1'; it may be finished
    hint: keys recover --list
    "
  `);
});

describe('a secret that waits in escrow', () => {
  test('for a file is delivered as soon as the file can be written', async () => {
    const box = withEscrow(new Sandbox());
    const folder = join(box.cwd, 'place');
    mkdirSync(folder);
    // The folder is there when it is checked, and gone when it is written to.
    const to = ['--to', 'exec:rmdir place', '--to', 'file:place/key'];
    const story = new Transcript(box, filters);
    const recover = () => story.keys(['recover'], { now });
    expect(await story.keys(['create', 'ci', ...to, '--json'], { now })).toMatchInlineSnapshot(`
      "$ keys create ci --to 'exec:rmdir place' --to file:place/key --json
      exit 5
      --- stderr
      {"error":{"code":"in_escrow","message":"the secret of ci ([id 1]) is in exec:rmdir place, but was not delivered to file:place/key: the folder [folder 1]/place does not exist; it is in escrow (file [folder 2]/state/escrow/[operation 1])","hint":"mkdir -p -m 700 '[folder 1]/place'\\nkeys recover [operation 1]","operation":"[operation 1]"}}
      "
    `);
    expect(await recover()).toMatchInlineSnapshot(`
      "$ keys recover
      exit 5
      --- stderr
      error: the folder [folder 1]/place does not exist
      hint: mkdir -p -m 700 '[folder 1]/place'
      hint: keys recover [operation 1]
      "
    `);
    mkdirSync(folder);
    box.expectSecretIn('place/key');
    expect(await recover()).toMatchInlineSnapshot(`
      "$ keys recover
      exit 0
      --- stdout
      [operation 1]	delivered	create	ci	[id 1]	2026-11-20T12:00:00.000Z	local	exec:rmdir place,file:place/key
      --- stderr
      delivered to file:place/key and read back
      --- files
      place/key (600): [secret 1]
      "
    `);
    expect((await box.keys(['verify', '--from', 'file:place/key'])).exit).toBe(0);
    expect(operationsOf(box)).toEqual([]);
    expect(await recover()).toMatchInlineSnapshot(`
      "$ keys recover
      exit 0
      --- stderr
      nothing is unfinished
      --- files
      place/key (600): [secret 1]
      "
    `);
  });

  test('relative paths mean what they meant when it began', async () => {
    const box = withEscrow(new Sandbox());
    const { operation } = await stopped(box, 'ci', ['--to', 'stdout', '--to', 'env:.env#KEY']);
    box.expectSecretIn('.env');
    const list = await box.keys(['recover', '--list', '--json'], { now });
    expect(JSON.parse(list.stdout)[0].operation).toBe(operation);
    expect(new Transcript(box, filters).of(['recover', '--list', '--json'], list)).toMatchInlineSnapshot(`
      "$ keys recover --list --json
      exit 0
      --- stdout
      [
        {
          "operation": "[operation 1]",
          "kind": "create",
          "name": "ci",
          "id": "[id 1]",
          "at": "2026-11-20T12:00:00.000Z",
          "profile": "local",
          "provider": "local",
          "sinks": [
            "env:.env#KEY",
            "stdout"
          ],
          "escrow": "file",
          "delivered": [
            {
              "sink": "env:.env#KEY",
              "verified": true
            }
          ],
          "reason": "broken",
          "outcome": "open"
        }
      ]
      --- files
      .env (600): KEY=[secret 1]
      "
    `);
  });

  test('for stdout is printed if the command line allows it', async () => {
    const runs: string[] = [];
    for (const flag of ['--secret-only', '--json']) {
      const box = withEscrow(new Sandbox());
      const { operation } = await stopped(box);
      const story = new Transcript(box, filters);
      runs.push(await story.keys(['recover'], { now }));
      runs.push(await story.keys(['recover', operation, flag], { now, secretOnStdout: true }));
      expect(operationsOf(box)).toEqual([]);
    }
    expect(runs.join('\n')).toMatchInlineSnapshot(`
      "$ keys recover
      exit 5
      --- stdout
      [operation 1]	open	create	ci	[id 1]	2026-11-20T12:00:00.000Z	local	stdout
      --- stderr
      warning: [operation 1] is unfinished: its secret was to be printed: keys recover [operation 1] --to env:.env#API_KEY, or --secret-only, or --revoke

      $ keys recover [operation 1] --secret-only
      exit 0
      --- stdout
      [secret 1]

      $ keys recover
      exit 5
      --- stdout
      [operation 1]	open	create	ci	[id 1]	2026-11-20T12:00:00.000Z	local	stdout
      --- stderr
      warning: [operation 1] is unfinished: its secret was to be printed: keys recover [operation 1] --to env:.env#API_KEY, or --secret-only, or --revoke

      $ keys recover [operation 1] --json
      exit 0
      --- stdout
      {
        "operation": "[operation 1]",
        "kind": "create",
        "name": "ci",
        "id": "[id 1]",
        "at": "2026-11-20T12:00:00.000Z",
        "profile": "local",
        "provider": "local",
        "sinks": [
          "stdout"
        ],
        "escrow": "file",
        "delivered": [
          {
            "sink": "stdout",
            "verified": false
          }
        ],
        "outcome": "delivered",
        "secret": "[secret 1]"
      }
      "
    `);
  });

  test('is mentioned to whoever looks at keys on a terminal, and to no script', async () => {
    const box = withEscrow(new Sandbox());
    const { operation } = await stopped(box);
    const person = { now, terminal: 120, env: { NO_COLOR: '1' } };
    const reminder = `warning: the create of ci (local) is unfinished: keys recover ${operation}\n`;
    for (const args of [['list'], ['show', 'ci']]) {
      expect((await box.keys(args, person)).stderr).toBe(reminder);
      expect((await box.keys(args, { now })).stderr).toBe('');
    }
  });

  test('is framed on a terminal', async () => {
    const box = withEscrow(new Sandbox());
    await stopped(box);
    const args = ['recover', '--yes', '--no-color'];
    expect(await shows(box, args, { terminal: 90, secretOnStdout: true })).toMatchInlineSnapshot(`
      "$ keys recover --yes --no-color
      exit 0
      --- stdout
      Operation  [operation 1]  delivered
      Key        ci [id 1]
      Profile    local local
      Started    just now
      To         stdout (delivered)

      ── secret, shown only once ─────────────────────────────────────────────

      [secret 1]

      ────────────────────────────────────────────────────────────────────────
      --- stderr
      the secret is not shown again: store it now, then clear the scrollback (clear; in tmux:
        tmux clear-history)
      "
    `);
  });

  test('goes elsewhere with --to', async () => {
    const box = withEscrow(new Sandbox());
    const { operation } = await stopped(box);
    box.expectSecretIn('other');
    const args = ['recover', operation.slice(0, 5), '--to', 'file:other'];
    const start: Filter = {
      word: 'start of the id',
      pattern: new RegExp(`${operation.slice(0, 5)}(?= )`, 'g'),
    };
    expect(await new Transcript(box, [...filters, start]).keys(args, { now })).toMatchInlineSnapshot(`
      "$ keys recover [start of the id] --to file:other
      exit 0
      --- stdout
      [operation 1]	delivered	create	ci	[id 1]	2026-11-20T12:00:00.000Z	local	stdout
      --- stderr
      delivered to file:other and read back
      --- files
      other (600): [secret 1]
      "
    `);
    expect((await box.keys(['verify', '--from', 'file:other'])).exit).toBe(0);
  });

  test('is not kept back from --keep, which would lose it', async () => {
    const box = withEscrow(new Sandbox());
    const { operation } = await stopped(box);
    expect(await shows(box, ['recover', operation, '--keep'])).toMatchInlineSnapshot(`
      "$ keys recover [operation 1] --keep
      exit 2
      --- stderr
      error: --keep would lose the secret, which is in escrow: deliver it with --to
      "
    `);
    expect(operationsOf(box)).toHaveLength(1);
  });

  test('is worthless once its key was revoked', async () => {
    const box = withEscrow(new Sandbox());
    const { operation } = await stopped(box);
    await box.keys(['revoke', 'ci', '--yes']);
    expect(await shows(box, ['recover', operation, '--json'])).toMatchInlineSnapshot(`
      "$ keys recover [operation 1] --json
      exit 0
      --- stdout
      {
        "operation": "[operation 1]",
        "kind": "create",
        "name": "ci",
        "id": "[id 1]",
        "at": "2026-11-20T12:00:00.000Z",
        "profile": "local",
        "provider": "local",
        "sinks": [
          "stdout"
        ],
        "escrow": "file",
        "delivered": [],
        "outcome": "ended",
        "reason": "what it created is revoked or gone"
      }
      "
    `);
    expect(operationsOf(box)).toEqual([]);
  });

  test('goes with its key on --revoke', async () => {
    const box = withEscrow(new Sandbox());
    const { operation } = await stopped(box);
    expect(await shows(box, ['recover', operation, '--revoke', '--json'])).toMatchInlineSnapshot(`
      "$ keys recover [operation 1] --revoke --json
      exit 0
      --- stdout
      {
        "operation": "[operation 1]",
        "kind": "create",
        "name": "ci",
        "id": "[id 1]",
        "at": "2026-11-20T12:00:00.000Z",
        "profile": "local",
        "provider": "local",
        "sinks": [
          "stdout"
        ],
        "escrow": "file",
        "delivered": [],
        "outcome": "revoked"
      }
      --- stderr
      revoked the key [id 1]
      "
    `);
    expect(await statusOf(box, 'ci')).toEqual(['revoked']);
    expect(readdirSync(join(box.home, 'state', 'escrow'))).toEqual([]);
  });
});

describe('--all --yes', () => {
  test('delivers what it can, and revokes what cannot be delivered', async () => {
    const box = withEscrow(new Sandbox());
    await stopped(box, 'printed');
    mkdirSync(join(box.cwd, 'place'));
    const to = ['--to', 'exec:rmdir place', '--to', 'file:place/key'];
    await box.keys(['create', 'filed', ...to], { now: later });
    mkdirSync(join(box.cwd, 'place'));
    box.expectSecretIn('place/key');
    expect(await shows(box, ['recover', '--all', '--yes'])).toMatchInlineSnapshot(`
      "$ keys recover --all --yes
      exit 0
      --- stdout
      [operation 1]	revoked	create	printed	[id 1]	2026-11-20T12:00:00.000Z	local	stdout
      [operation 2]	delivered	create	filed	[id 2]	2026-11-20T13:00:00.000Z	local	exec:rmdir place,file:place/key
      --- stderr
      revoked the key [id 1]
      delivered to file:place/key and read back
      --- files
      place/key (600): [secret 1]
      "
    `);
    expect(await statusOf(box, 'printed')).toEqual(['revoked']);
    expect(await statusOf(box, 'filed')).toEqual(['active']);
    expect(operationsOf(box)).toEqual([]);
  });

  test('keeps a key that a file has, though it could not be printed as well', async () => {
    const box = withEscrow(new Sandbox());
    box.expectSecretIn('a.key');
    await stopped(box, 'ci', ['--to', 'file:a.key', '--to', 'stdout']);
    expect(await shows(box, ['recover', '--all', '--yes'])).toMatchInlineSnapshot(`
      "$ keys recover --all --yes
      exit 0
      --- stdout
      [operation 1]	delivered	create	ci	[id 1]	2026-11-20T12:00:00.000Z	local	file:a.key,stdout
      --- files
      a.key (600): [secret 1]
      "
    `);
    expect(await statusOf(box, 'ci')).toEqual(['active']);
    expect((await box.keys(['verify', '--from', 'file:a.key'])).exit).toBe(0);
  });

  test('leaves a secret in escrow whose sink fails again', async () => {
    const box = withEscrow(new Sandbox());
    mkdirSync(join(box.cwd, 'place'));
    const to = ['--to', 'exec:rmdir place', '--to', 'file:place/key'];
    await box.keys(['create', 'ci', ...to], { now });
    expect(await shows(box, ['recover', '--all', '--yes'])).toMatchInlineSnapshot(`
      "$ keys recover --all --yes
      exit 5
      --- stdout
      [operation 1]	open	create	ci	[id 1]	2026-11-20T12:00:00.000Z	local	exec:rmdir place,file:place/key
      --- stderr
      warning: [operation 1] is unfinished: the folder [folder 1]/place does not exist; mkdir -p -m 700 '[folder 1]/place'
      "
    `);
    expect(await statusOf(box, 'ci')).toEqual(['active']);
    expect(operationsOf(box)).toHaveLength(1);
  });
});

describe('a command of the same name', () => {
  test('is refused while one is unfinished, and another name is not', async () => {
    const box = withEscrow(new Sandbox());
    const { operation } = await stopped(box);
    const story = new Transcript(box, filters);
    expect(story.filtered(`keys recover ${operation}`)).toBe('keys recover [operation 1]');
    expect(await story.keys(['create', 'ci', '--to', 'file:key', '--json'], { now })).toMatchInlineSnapshot(`
      "$ keys create ci --to file:key --json
      exit 5
      --- stderr
      {"error":{"code":"unfinished_before","message":"an earlier create of ci is unfinished; no key was created","hint":"keys recover [operation 1]","operation":"[operation 1]"}}
      "
    `);
    box.expectSecretIn('other');
    expect(await story.keys(['create', 'other', '--to', 'file:other'], { now })).toMatchInlineSnapshot(`
      "$ keys create other --to file:other
      exit 0
      --- stdout
      [id 1]	other		active	[prefix]	2026-11-20T12:00:00.000Z				read			0			requests=0,tokens=0	false	local	local
      --- stderr
      warning: the create of ci (local) is unfinished: keys recover [operation 1]
      delivered to file:other and read back
      --- files
      other (600): [secret 1]
      "
    `);
  });

  test('does not count a key whose secret is lost as found', async () => {
    const box = withEscrow(new Sandbox());
    await stopped(box);
    const args = ['create', 'ci', '--if-missing', '--to', 'file:key'];
    expect(await shows(box, args)).toMatchInlineSnapshot(`
      "$ keys create ci --if-missing --to file:key
      exit 5
      --- stderr
      error: an earlier create of ci is unfinished; no key was created
      hint: keys recover [operation 1]
      "
    `);
  });
});

describe('a create whose reply was lost', () => {
  async function world() {
    const [box, server] = [new Sandbox(), await UnrealServer.start()];
    const env = { KEYS_PROVIDER: 'unreal', KEYS_URL: server.url, KEYS_TOKEN: 'tok-EXAMPLE' };
    return { box, server, env };
  }

  test.each([
    ['a reset before it', resetBeforeReply],
    ['a reset in the middle of it', resetAfterHeaders],
    ['a body cut short', truncated(200, '{"name":"ci","key":"sk-')],
  ])('by %s is found by name and revoked', async (_, answer) => {
    const { box, server, env } = await world();
    server.lostReplies.push((response) => answer(response, {} as never));
    const resets: Filter = { word: 'code', pattern: /ECONNRESET/g };
    const story = new Transcript(box, [...filters, ports, resets]);
    const args = ['create', 'ci', '--to', 'file:key', '--json'];
    expect(await story.keys(args, { env, now })).toMatchInlineSnapshot(`
      "$ keys create ci --to file:key --json
      exit 5
      --- stderr
      {"error":{"code":"reply_lost","message":"the reply to POST /v1/keys was lost: http://127.0.0.1:[port 1] closed the connection before its reply was complete ([code]); the request may or may not have taken effect; the secret of the new key is lost: hash1abcdef","hint":"keys recover [operation 1]","operation":"[operation 1]"}}
      "
    `);
    expect(server.keys).toHaveLength(1);
    expect(await shows(box, ['recover'], { env })).toMatchInlineSnapshot(`
      "$ keys recover
      exit 5
      --- stdout
      [operation 1]	open	create	ci	hash1abcdef	2026-11-20T12:00:00.000Z	unreal	file:key
      --- stderr
      warning: [operation 1] is unfinished: the secret of the key hash1abcdef is lost: keys recover [operation 1] --yes revokes it
      "
    `);
    expect(server.keys).toHaveLength(1);
    expect((await box.keys(['recover', '--all', '--yes'], { env })).exit).toBe(0);
    expect(server.keys).toEqual([]);
    expect(operationsOf(box)).toEqual([]);
  });

  test('is not repeated, and nothing is guessed between several candidates', async () => {
    const { box, server, env } = await world();
    server.lostReplies.push((response) => {
      // Somebody else makes a key of the same name in the same moment.
      server.add('ci');
      resetBeforeReply(response, {} as never);
    });
    const run = await box.keys(['create', 'ci', '--to', 'file:key', '--json'], { env, now });
    const { operation } = errorOf(run);
    expect(server.requests.filter((request) => request.startsWith('POST'))).toHaveLength(1);
    const open = await box.keys(['recover', '--all', '--yes', '--json'], { env });
    expect(open.exit).toBe(5);
    const [row] = JSON.parse(open.stdout) as Row[];
    const ids = server.keys.map(({ hash }) => hash);
    expect(row?.candidates?.map(({ id }) => id).sort()).toEqual([...ids].sort());
    expect(server.keys).toHaveLength(2);

    const wrong = ['recover', operation, '--key', 'nothing1', '--yes'];
    expect(await shows(box, wrong, { env })).toMatchInlineSnapshot(`
      "$ keys recover [operation 1] --key nothing1 --yes
      exit 2
      --- stderr
      error: --key nothing1 is not one of the candidates
      hint: keys recover [operation 1] --key hash1abcdef --yes
      hint: keys recover [operation 1] --key hash2abcdef --yes
      "
    `);
    const [first = ''] = ids;
    expect((await box.keys(['recover', operation, '--key', first, '--yes'], { env })).exit).toBe(0);
    expect(server.keys.map(({ hash }) => hash)).toEqual(ids.slice(1));
    expect(operationsOf(box)).toEqual([]);
  });

  test('ends with --keep if the secret arrived after all', async () => {
    const { box, server, env } = await world();
    server.lostReplies.push((response) => resetBeforeReply(response, {} as never));
    const { operation } = errorOf(
      await box.keys(['create', 'ci', '--to', 'file:key', '--json'], { env, now }),
    );
    expect(await shows(box, ['recover', operation, '--keep'], { env })).toMatchInlineSnapshot(`
      "$ keys recover [operation 1] --keep
      exit 0
      --- stdout
      [operation 1]	kept	create	ci		2026-11-20T12:00:00.000Z	unreal	file:key
      "
    `);
    expect(server.keys).toHaveLength(1);
  });

  test('is recovered in its own profile, and its server gets no token but its own', async () => {
    const { box, server, env } = await world();
    const other = await UnrealServer.start();
    server.lostReplies.push((response) => resetBeforeReply(response, {} as never));
    await box.keys(['create', 'ci', '--to', 'file:key'], { env, now });
    const seen = server.requests.length;
    const elsewhere = { KEYS_PROVIDER: 'unreal', KEYS_URL: other.url, KEYS_TOKEN: 'tok-other-EXAMPLE' };
    const keychain: Filter = { word: 'keychain', pattern: /(?<=KEYS_TOKEN is not set, and ).*/g };
    const story = new Transcript(box, [...filters, keychain]);
    expect(await story.keys(['recover', '--all', '--yes'], { env: elsewhere, now })).toMatchInlineSnapshot(`
      "$ keys recover --all --yes
      exit 5
      --- stdout
      [operation 1]	open	create	ci		2026-11-20T12:00:00.000Z	unreal	file:key
      --- stderr
      warning: [operation 1] is unfinished: KEYS_TOKEN is not set, and [keychain]
      "
    `);
    expect(server.requests).toHaveLength(seen);
    expect(other.requests).toEqual([]);
  });
});

test('a session is recovered as a key is', async () => {
  const box = withEscrow(new Sandbox());
  const run = await box.keys(['session', 'create', '--user', 'alice', '--json'], { ...brokenPipe, now });
  expect(run.exit).toBe(5);
  const { operation } = errorOf(run);
  box.expectSecretIn('token');
  expect(await shows(box, ['recover', operation, '--to', 'file:token', '--json'])).toMatchInlineSnapshot(`
    "$ keys recover [operation 1] --to file:token --json
    exit 0
    --- stdout
    {
      "operation": "[operation 1]",
      "kind": "session",
      "name": "alice",
      "id": "[id 1]",
      "at": "2026-11-20T12:00:00.000Z",
      "profile": "local",
      "provider": "local",
      "sinks": [
        "stdout"
      ],
      "escrow": "file",
      "delivered": [
        {
          "sink": "file:token",
          "verified": true
        }
      ],
      "outcome": "delivered"
    }
    --- stderr
    delivered to file:token and read back
    --- files
    token (600): [secret 1]
    "
  `);
  expect(box.read('token')).toMatch(/^ses_/);
});

test('flags that contradict each other are refused', async () => {
  const recover = (...flags: string[]) => shows(new Sandbox(), ['recover', ...flags]);
  expect(await recover('--all', 'abcd2345')).toMatchInlineSnapshot(`
    "$ keys recover --all abcd2345
    exit 2
    --- stderr
    error: --all cannot be combined with the id of an operation
    hint: keys help recover
    "
  `);
  expect(await recover('--list', '--all')).toMatchInlineSnapshot(`
    "$ keys recover --list --all
    exit 2
    --- stderr
    error: --list cannot be combined with an action
    hint: keys help recover
    "
  `);
  expect(await recover('--revoke', '--keep')).toMatchInlineSnapshot(`
    "$ keys recover --revoke --keep
    exit 2
    --- stderr
    error: --revoke cannot be combined with --keep
    hint: keys help recover
    "
  `);
  expect(await recover('--all', '--to', 'file:a')).toMatchInlineSnapshot(`
    "$ keys recover --all --to file:a
    exit 2
    --- stderr
    error: --to applies to one operation: name it, and leave out --all
    hint: keys help recover
    "
  `);
});

test('a file in the journal that cannot be read is reported, and left alone', async () => {
  const box = new Sandbox();
  mkdirSync(join(box.home, 'state', 'operations'), { recursive: true });
  writeFileSync(join(box.home, 'state', 'operations', 'odd.jsonl'), '{"version":9}\n');
  expect(await shows(box, ['recover'])).toMatchInlineSnapshot(`
    "$ keys recover
    exit 5
    --- stderr
    warning: [folder 1]/state/operations/odd.jsonl cannot be read as an operation: it was written by a later version of keys
    nothing else is unfinished
    "
  `);
});
