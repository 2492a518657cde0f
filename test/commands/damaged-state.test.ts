import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { withEscrow } from '../support/escrow.ts';
import { Sandbox } from '../support/sandbox.ts';
import { folders, ids, operations, prefixes, secrets, Transcript } from '../support/transcript.ts';

/* What commands do where a file of the journal or of the escrow is not what it was. */

const now = new Date('2026-11-20T12:00:00Z');
const filters = [secrets, prefixes, ids, operations, folders];

/** A create whose secret waits in escrow, for the folder of its sink is gone; the id of its operation. */
async function waiting(box: Sandbox, name: string): Promise<string> {
  box.expectSecretIn(name);
  box.expectSecretIn(`${name}-old`);
  writeFileSync(join(box.cwd, `${name}.sh`), `cat > /dev/null; [ -e ${name}-go ] || exit 1`);
  const run = await box.keys(['create', name, '--to', `exec:sh ${name}.sh`, '--json'], { now });
  expect(run.exit).toBe(5);
  return JSON.parse(run.stderr).error.operation;
}

async function live(box: Sandbox): Promise<string[]> {
  const keys = JSON.parse((await box.keys(['list', '--json'])).stdout) as { name: string }[];
  return keys.map(({ name }) => name).sort();
}

const damages: [what: string, content: string | Buffer, reason: string][] = [
  ['null', 'null\n', 'its first line does not describe an operation'],
  ['binary', Buffer.from([0, 1, 2, 255, 10]), 'it is not text'],
  ['of a later version', '{"version":2}\n', 'it was written by a later version of keys'],
  [
    'of the wrong types',
    '{"version":1,"plan":7,"setting":[]}\n',
    'its first line does not describe an operation',
  ],
];

describe.each(damages)('a file of the journal that is %s', (_, content, reason) => {
  test('is reported, and every command works with the others', async () => {
    const box = withEscrow(new Sandbox());
    box.expectSecretIn('other');
    await waiting(box, 'ci');
    writeFileSync(join(box.cwd, 'ci-go'), '');
    const folder = join(box.home, 'state', 'operations');
    writeFileSync(join(folder, 'bad22222.jsonl'), content);
    const story = new Transcript(box, [{ word: 'reason', pattern: new RegExp(reason, 'g') }, ...filters]);
    const shows = (...args: string[]) => story.keys(args, { now });
    expect(await shows('list')).toMatchInlineSnapshot(`
      "$ keys list
      exit 0
      --- stdout
      [id 1]	ci		active	[prefix]	2026-11-20T12:00:00.000Z				read			0			requests=0,tokens=0	false	local	local
      --- stderr
      warning: [folder 1]/state/operations/[operation 1].jsonl cannot be read as an operation: [reason]
      --- files
      ci-go (644): 
      ci.sh (644): cat > /dev/null; [ -e ci-go ] || exit 1
      "
    `);
    expect(await shows('create', 'other', '--to', 'file:other')).toMatchInlineSnapshot(`
      "$ keys create other --to file:other
      exit 0
      --- stdout
      [id 2]	other		active	[prefix]	2026-11-20T12:00:00.000Z				read			0			requests=0,tokens=0	false	local	local
      --- stderr
      warning: [folder 1]/state/operations/[operation 1].jsonl cannot be read as an operation: [reason]
      warning: the create of ci (local) is unfinished: keys recover [operation 2]
      delivered to file:other and read back
      --- files
      ci-go (644): 
      ci.sh (644): cat > /dev/null; [ -e ci-go ] || exit 1
      other (600): [secret 1]
      "
    `);
    expect(await shows('rotate', 'other', '--to', 'file:other', '--grace', '0')).toMatchInlineSnapshot(`
      "$ keys rotate other --to file:other --grace 0
      exit 0
      --- stdout
      other	[id 2]	[id 3]	true	2026-11-20T12:00:00.000Z	true
      --- stderr
      warning: [folder 1]/state/operations/[operation 1].jsonl cannot be read as an operation: [reason]
      delivered to file:other and read back
      the old key [id 2] is revoked
      --- files
      ci-go (644): 
      ci.sh (644): cat > /dev/null; [ -e ci-go ] || exit 1
      other (600): [secret 2]
      "
    `);
    expect(await shows('recover', '--list')).toMatchInlineSnapshot(`
      "$ keys recover --list
      exit 5
      --- stdout
      [operation 2]	open	create	ci	[id 1]	2026-11-20T12:00:00.000Z	local	exec:sh ci.sh
      --- stderr
      warning: [folder 1]/state/operations/[operation 1].jsonl cannot be read as an operation: [reason]
      --- files
      ci-go (644): 
      ci.sh (644): cat > /dev/null; [ -e ci-go ] || exit 1
      other (600): [secret 2]
      "
    `);
    expect(await shows('recover', 'bad22222', '--yes')).toMatchInlineSnapshot(`
      "$ keys recover [operation 1] --yes
      exit 5
      --- stderr
      error: [folder 1]/state/operations/[operation 1].jsonl cannot be read as an operation: [reason]
      hint: ls -l '[folder 1]/state/operations/[operation 1].jsonl'
      hint: find out what it was about; once that is settled, remove it
      --- files
      ci-go (644): 
      ci.sh (644): cat > /dev/null; [ -e ci-go ] || exit 1
      other (600): [secret 2]
      "
    `);
    expect(await shows('recover', '--all', '--yes', '--json')).toMatchInlineSnapshot(`
      "$ keys recover --all --yes --json
      exit 5
      --- stdout
      [
        {
          "operation": "[operation 2]",
          "kind": "create",
          "name": "ci",
          "id": "[id 1]",
          "at": "2026-11-20T12:00:00.000Z",
          "profile": "local",
          "provider": "local",
          "sinks": [
            "exec:sh ci.sh"
          ],
          "escrow": "file",
          "delivered": [
            {
              "sink": "exec:sh ci.sh",
              "verified": false
            }
          ],
          "outcome": "delivered"
        }
      ]
      --- stderr
      warning: [folder 1]/state/operations/[operation 1].jsonl cannot be read as an operation: [reason]
      delivered to exec:sh ci.sh
      --- files
      ci-go (644): 
      ci.sh (644): cat > /dev/null; [ -e ci-go ] || exit 1
      other (600): [secret 2]
      "
    `);
    expect(await shows('recover', '--all', '--yes')).toMatchInlineSnapshot(`
      "$ keys recover --all --yes
      exit 5
      --- stderr
      warning: [folder 1]/state/operations/[operation 1].jsonl cannot be read as an operation: [reason]
      nothing else is unfinished
      --- files
      ci-go (644): 
      ci.sh (644): cat > /dev/null; [ -e ci-go ] || exit 1
      other (600): [secret 2]
      "
    `);
    expect(readdirSync(folder)).toEqual(['bad22222.jsonl']);
    const doctor = await box.keys(['doctor']);
    expect(doctor).toMatchObject({ exit: 8, stdout: expect.stringContaining('bad22222.jsonl') });
  });
});

test('refuses a journal that is a file', async () => {
  const box = new Sandbox();
  mkdirSync(join(box.home, 'state'), { recursive: true, mode: 0o700 });
  writeFileSync(join(box.home, 'state', 'operations'), '');
  const story = new Transcript(box, filters);
  expect(await story.keys(['recover'])).toMatchInlineSnapshot(`
    "$ keys recover
    exit 2
    --- stderr
    error: [folder 1]/state/operations is not a folder
    hint: ls -ld [folder 1]/state/operations
    hint: or choose another folder with KEYS_HOME (keys help environment)
    "
  `);
  expect(await story.keys(['create', 'ci', '--to', 'file:ci'])).toMatchInlineSnapshot(`
    "$ keys create ci --to file:ci
    exit 2
    --- stderr
    error: [folder 1]/state/operations is not a folder
    hint: ls -ld [folder 1]/state/operations
    hint: or choose another folder with KEYS_HOME (keys help environment)
    "
  `);
  expect(await story.keys(['list'])).toMatchInlineSnapshot(`
    "$ keys list
    exit 2
    --- stderr
    error: [folder 1]/state/operations is not a folder
    hint: ls -ld [folder 1]/state/operations
    hint: or choose another folder with KEYS_HOME (keys help environment)
    "
  `);
});

describe('a secret in escrow with one changed character', () => {
  async function damaged(): Promise<{ box: Sandbox; operation: string }> {
    const box = withEscrow(new Sandbox());
    const operation = await waiting(box, 'ci');
    const file = join(box.home, 'state', 'escrow', operation);
    const text = readFileSync(file, 'utf8');
    const at = text.indexOf('"secret":"') + 30;
    writeFileSync(file, text.slice(0, at) + (text[at] === 'a' ? 'b' : 'a') + text.slice(at + 1));
    writeFileSync(join(box.cwd, 'ci-go'), '');
    return { box, operation };
  }

  test('is not delivered, and its key is kept', async () => {
    const { box, operation } = await damaged();
    const shows = (...args: string[]) => new Transcript(box, filters).keys([...args, '--json'], { now });
    expect(await shows('recover', '--all', '--yes')).toMatchInlineSnapshot(`
      "$ keys recover --all --yes --json
      exit 5
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
            "exec:sh ci.sh"
          ],
          "escrow": "file",
          "delivered": [],
          "outcome": "open",
          "reason": "the secret in escrow (file [folder 1]/state/escrow/[operation 1]) is damaged and was not delivered; no key was revoked: keys recover [operation 1] --revoke, or --keep"
        }
      ]
      --- stderr
      warning: [operation 1] is unfinished: the secret in escrow (file [folder 1]/state/escrow/[operation 1]) is damaged and was not delivered; no key was revoked: keys recover [operation 1] --revoke, or --keep
      --- files
      ci-go (644): 
      ci.sh (644): cat > /dev/null; [ -e ci-go ] || exit 1
      "
    `);
    expect(await shows('recover', operation)).toMatchInlineSnapshot(`
      "$ keys recover [operation 1] --json
      exit 5
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
          "exec:sh ci.sh"
        ],
        "escrow": "file",
        "delivered": [],
        "outcome": "open",
        "reason": "the secret in escrow (file [folder 1]/state/escrow/[operation 1]) is damaged and was not delivered; no key was revoked: keys recover [operation 1] --revoke, or --keep"
      }
      --- stderr
      warning: [operation 1] is unfinished: the secret in escrow (file [folder 1]/state/escrow/[operation 1]) is damaged and was not delivered; no key was revoked: keys recover [operation 1] --revoke, or --keep
      --- files
      ci-go (644): 
      ci.sh (644): cat > /dev/null; [ -e ci-go ] || exit 1
      "
    `);
    expect(await shows('recover', operation, '--to', 'file:elsewhere')).toMatchInlineSnapshot(`
      "$ keys recover [operation 1] --to file:elsewhere --json
      exit 5
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
          "exec:sh ci.sh"
        ],
        "escrow": "file",
        "delivered": [],
        "outcome": "open",
        "reason": "the secret in escrow (file [folder 1]/state/escrow/[operation 1]) is damaged and was not delivered; no key was revoked: keys recover [operation 1] --revoke, or --keep"
      }
      --- stderr
      warning: [operation 1] is unfinished: the secret in escrow (file [folder 1]/state/escrow/[operation 1]) is damaged and was not delivered; no key was revoked: keys recover [operation 1] --revoke, or --keep
      --- files
      ci-go (644): 
      ci.sh (644): cat > /dev/null; [ -e ci-go ] || exit 1
      "
    `);
    expect(readdirSync(box.cwd)).not.toContain('elsewhere');
    expect(await live(box)).toEqual(['ci']);
  });

  test('is given up with its key if the user says so', async () => {
    const { box, operation } = await damaged();
    expect((await box.keys(['recover', operation, '--revoke', '--yes'])).exit).toBe(0);
    expect(await live(box)).toEqual([]);
    expect(readdirSync(join(box.home, 'state', 'operations'))).toEqual([]);
  });

  test('is given up and its key kept if the user says so', async () => {
    const { box, operation } = await damaged();
    expect((await box.keys(['recover', operation, '--keep'])).exit).toBe(0);
    expect(await live(box)).toEqual(['ci']);
  });
});

test('an unreadable journal is an error with its path', async () => {
  const box = withEscrow(new Sandbox());
  await waiting(box, 'ci');
  const folder = join(box.home, 'state', 'operations');
  // The code of every part is loaded as the user who may read it.
  await box.keys(['recover', '--list']);
  const run = await withoutPrivileges(box, async () => {
    chmodSync(folder, 0o000);
    return box.keys(['recover', '--all', '--yes']).finally(() => chmodSync(folder, 0o700));
  });
  expect(new Transcript(box, filters).of(['recover', '--all', '--yes'], run)).toMatchInlineSnapshot(`
    "$ keys recover --all --yes
    exit 5
    --- stderr
    error: the journal [folder 1]/state/operations cannot be read (EACCES)
    hint: ls -ld '[folder 1]/state/operations'
    --- files
    ci.sh (644): cat > /dev/null; [ -e ci-go ] || exit 1
    "
  `);
});

/** Does the work as a user to whom modes apply; root is none, and becomes another one for as long as that takes. */
async function withoutPrivileges<T>(box: Sandbox, work: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0 || !process.seteuid) return work();
  const nobody = 65_534;
  const root = dirname(box.home);
  for (const path of [
    root,
    ...readdirSync(root, { recursive: true }).map((name) => join(root, String(name))),
  ])
    chownSync(path, nobody, nobody);
  process.seteuid(nobody);
  try {
    return await work();
  } finally {
    process.seteuid(0);
  }
}

test('an unwritable token store is found before a key is created', async () => {
  const box = new Sandbox();
  const api = ['--profile', 'b', '--provider', 'unreal', '--url', 'http://127.0.0.1:9'];
  const login = ['login', ...api, '--with-token', '--store', 'file', '--no-verify'];
  expect(await box.keys(login, { stdin: 'tok-EXAMPLE\n' })).toMatchObject({ exit: 0 });
  expect((await box.keys(['profile', 'use', 'local'])).exit).toBe(0);
  writeFileSync(join(box.home, 'data', '.keys-tmp'), '');
  expect(await new Transcript(box, filters).keys(['create', 'ci', '--to', 'login:b'])).toMatchInlineSnapshot(`
    "$ keys create ci --to login:b
    exit 1
    --- stderr
    error: [folder 1]/data/.keys-tmp is not a folder of yours; nothing was written to it
    hint: ls -ld '[folder 1]/data/.keys-tmp'
    hint: if you do not need it: rm -r '[folder 1]/data/.keys-tmp'
    "
  `);
  expect(await live(box)).toEqual([]);
});
