import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { holdFileLock } from '../../src/platform/files/file-lock.ts';
import { refusedKeys } from '../support/embedded-authority.ts';
import { withEscrow, withProfiles } from '../support/escrow.ts';
import { KeyApi } from '../support/key-api.ts';
import type { FakeRunOptions } from '../support/sandbox.ts';
import { Sandbox } from '../support/sandbox.ts';
import { seedKey, seedUse } from '../support/seed.ts';
import { StandIns } from '../support/stand-in.ts';
import { escapes, folders, ids, secrets, Transcript } from '../support/transcript.ts';

const start = new Date('2026-11-22T12:00:00Z');
const later = (days: number) => new Date(start.getTime() + days * 86_400_000);

const twoKeys = `keys:
  ci:
    description: deploys
    expires: 90d
    permissions: [read]
    budgetUsd: 25
    labels: { team: search }
    to: [ "env:.env#API_KEY" ]
    rotate: { olderThan: 60d, grace: 7d }
  web:
    to: [ "file:web.key" ]
`;

interface Acted {
  action: string;
  name: string;
  keyId?: string;
  newKeyId?: string;
  changes?: { field: string; from: unknown; to: unknown }[];
  reason?: string;
  done?: boolean;
  error?: { code: string; message: string };
}

/** A folder with a file of keys, whose secrets go to these places. */
function boxWith(yaml: string, places: readonly string[] = ['.env', 'web.key']): Sandbox {
  const box = withEscrow(new Sandbox());
  for (const place of places) box.expectSecretIn(place);
  box.write('keys.yaml', yaml);
  return box;
}

async function plan(box: Sandbox, args: readonly string[] = [], options: FakeRunOptions = {}) {
  const run = await box.keys(['plan', ...args, '--json'], { now: start, ...options });
  expect([0, 8], run.stderr).toContain(run.exit);
  const { actions, toDo } = JSON.parse(run.stdout) as { actions: Acted[]; toDo: number };
  expect(run.exit).toBe(toDo > 0 ? 8 : 0);
  return { actions, toDo, ...run };
}

async function apply(box: Sandbox, args: readonly string[] = [], options: FakeRunOptions = {}) {
  const run = await box.keys(['apply', ...args, '--yes', '--json'], { now: start, ...options });
  const actions = run.stdout === '' ? [] : (JSON.parse(run.stdout) as { actions: Acted[] }).actions;
  return { actions, kinds: actions.map(({ action, name }) => `${action} ${name}`), ...run };
}

async function listed(box: Sandbox, options: FakeRunOptions = {}) {
  const { stdout } = await box.keys(['list', '--status', 'all', '--json'], { now: start, ...options });
  return JSON.parse(stdout) as {
    id: string;
    name: string;
    status: string;
    budgetUsd: number;
    labels: object;
  }[];
}

/** A work tree whose remote is this repository. */
function cloneOf(repository: string, folder: string): void {
  mkdirSync(join(folder, '.git'), { recursive: true });
  const url = `https://ci:EXAMPLE@example.com/acme/${repository}.git`;
  writeFileSync(join(folder, '.git', 'config'), `[remote "origin"]\n\turl = ${url}\n`);
}

function kinds(actions: readonly Acted[]): string[] {
  return actions.map(({ action, name }) => `${action} ${name}`);
}

describe('from nothing to true', () => {
  test('the plan comes first, then every key is created, then nothing is left to do', async () => {
    const box = boxWith(twoKeys);
    expect(kinds((await plan(box)).actions)).toEqual(['create ci', 'create web']);
    expect(await listed(box)).toEqual([]);
    const run = await apply(box);
    expect(run.exit, run.stderr).toBe(0);
    expect(run.actions).toMatchObject([
      { action: 'create', name: 'ci', done: true, newKeyId: expect.stringMatching(/^\w{16}$/) },
      { action: 'create', name: 'web', done: true },
    ]);
    expect(await listed(box)).toHaveLength(2);
    const value = /API_KEY=(\S+)/.exec(box.read('.env'))?.[1] ?? '';
    expect(await refusedKeys(box, [value, box.read('web.key').trim()], start)).toEqual([]);
    expect(await plan(box)).toMatchObject({ toDo: 0, exit: 0 });
    expect((await apply(box)).kinds).toEqual(['none ci', 'none web']);
    expect(await listed(box)).toHaveLength(2);
  });

  test('as a person sees it', async () => {
    const box = boxWith(twoKeys);
    const options = { now: start, terminal: 160, env: { LC_ALL: 'C.UTF-8', NO_COLOR: '1' } };
    const transcript = new Transcript(box, [secrets, ids, folders, escapes]);
    const parts = [await transcript.keys(['plan'], options)];
    await apply(box);
    box.write('keys.yaml', twoKeys.replace('25', '30').replace('web:', 'app:'));
    rmSync(join(box.cwd, '.env'));
    parts.push(await transcript.keys(['plan', '--prune'], options));
    parts.push(
      await transcript.keys(['apply', '--redeliver', '--yes', '--concurrency', '1'], {
        ...options,
        env: { LC_ALL: 'C', NO_COLOR: '1' },
      }),
    );
    expect(parts.join('\n')).toMatchInlineSnapshot(`
      "$ keys plan
      exit 8
      --- stdout
      + ci
          description: deploys
          permissions: read
          budget: 25
          labels: team=search
          expires: 2027-02-20T12:00:00Z
          to: env:.env#API_KEY
      + web
          to: file:web.key

      2 to create
      --- files
      keys.yaml (644): keys:
        ci:
          description: deploys
          expires: 90d
          permissions: [read]
          budgetUsd: 25
          labels: { team: search }
          to: [ "env:.env#API_KEY" ]
          rotate: { olderThan: 60d, grace: 7d }
        web:
          to: [ "file:web.key" ]

      $ keys plan --prune
      exit 8
      --- stdout
      ~ ci  env:.env#API_KEY does not hold its value: --redeliver replaces the key
          budget: 25 → 30
          to: env:.env#API_KEY (holds nothing)
      + app
          to: file:web.key
      - web [id 1]  not in the file

      1 to create, 1 to change, 1 to revoke
      --- files
      keys.yaml (644): keys:
        ci:
          description: deploys
          expires: 90d
          permissions: [read]
          budgetUsd: 30
          labels: { team: search }
          to: [ "env:.env#API_KEY" ]
          rotate: { olderThan: 60d, grace: 7d }
        app:
          to: [ "file:web.key" ]
      web.key (600): [secret 1]

      $ keys apply --redeliver --yes --concurrency 1
      exit 0
      --- stdout
      @ ci  [id 2] -> [id 3]; the old key ends in 7 days
      + app  [id 4]
      - web [id 1]  not in the file: --prune revokes it

      1 created, 1 rotated, 1 no longer in the file
      --- stderr
      @ ci  env:.env#API_KEY does not hold its value; the old key ends in 7 days
          budget: 25 -> 30
          to: env:.env#API_KEY (holds nothing)
      + app
          to: file:web.key
      - web [id 1]  not in the file: --prune revokes it

      1 to create, 1 to rotate, 1 no longer in the file

      [esc][2K------------------------ 0/2
      [esc][2K############------------ 1/2 ci
      [esc][2K######################## 2/2 app
      [esc][2K
      (no newline)
      --- files
      .env (600): API_KEY=[secret 2]
      keys.yaml (644): keys:
        ci:
          description: deploys
          expires: 90d
          permissions: [read]
          budgetUsd: 30
          labels: { team: search }
          to: [ "env:.env#API_KEY" ]
          rotate: { olderThan: 60d, grace: 7d }
        app:
          to: [ "file:web.key" ]
      web.key (600): [secret 3]
      "
    `);
  });

  test('in Markdown, for the summary of a job', async () => {
    const box = boxWith(twoKeys.replace('deploys', 'a | `b`'));
    const report = async (...args: string[]) =>
      new Transcript(box, [secrets, ids, folders]).keys([...args, '--format', 'markdown'], { now: start });
    await apply(box);
    box.write('keys.yaml', twoKeys);
    box.write('web.key', 'another value');
    expect(await report('plan', '--redeliver')).toMatchInlineSnapshot(`
      "$ keys plan --redeliver --format markdown
      exit 8
      --- stdout
      ## Keys: 1 to change, 1 to rotate

      |  | Key | Profile | What |
      | --- | --- | --- | --- |
      | ~ change | \`ci\` | \`local\` | description: \`\` a \\x7c \`b\` \`\` → \`deploys\` |
      | ↻ rotate | \`web\` | \`local\` | \`file:web.key does not hold its value; the old key ends in 7 days\`<br>to: \`file:web.key\` |
      --- files
      .env (600): API_KEY=[secret 1]
      keys.yaml (644): keys:
        ci:
          description: deploys
          expires: 90d
          permissions: [read]
          budgetUsd: 25
          labels: { team: search }
          to: [ "env:.env#API_KEY" ]
          rotate: { olderThan: 60d, grace: 7d }
        web:
          to: [ "file:web.key" ]
      web.key (600): another value
      "
    `);
  });

  test('off a terminal, a line for each action without decoration', async () => {
    const box = boxWith(twoKeys);
    const run = await box.keys(['plan'], { now: start });
    expect(run.stdout).toBe('create\tci\tlocal\t\t\ncreate\tweb\tlocal\t\t\n');
    const lines = (await box.keys(['apply', '--yes', '--format', 'ndjson'], { now: start })).stdout
      .trim()
      .split('\n');
    expect(lines.map((line) => JSON.parse(line) as Acted)).toMatchObject([{ done: true }, { done: true }]);
  });
});

describe('drift', () => {
  test('of a field that the API can change is changed, and of others is left alone', async () => {
    const box = boxWith(twoKeys);
    await apply(box);
    const args = [
      'update',
      'ci',
      '--budget',
      '5',
      '--label',
      'team=infra',
      '--label',
      'own=1',
      '--rate-limit',
      '9',
    ];
    await box.keys(args, { now: start });
    const { actions } = await plan(box);
    expect(actions[0]).toMatchObject({
      action: 'change',
      changes: [
        { field: 'budgetUsd', from: 5, to: 25 },
        { field: 'labels', to: { team: 'search' } },
      ],
    });
    expect(await apply(box)).toMatchObject({ exit: 0, kinds: ['change ci', 'none web'] });
    const [key] = (await listed(box)).filter(({ name }) => name === 'ci');
    expect(key).toMatchObject({ budgetUsd: 25, labels: { team: 'search', own: '1' }, rateLimitRpm: 9 });
    expect((await plan(box)).toDo).toBe(0);
  });

  test('of a place is told of, and replaced only with --redeliver', async () => {
    const box = boxWith(twoKeys, ['.env', 'web.key', 'extra.key']);
    await apply(box);
    box.write('.env', 'API_KEY=sk_0000000000000000_something\n');
    const drifted = await apply(box);
    expect(drifted).toMatchObject({ exit: 5, kinds: ['refused ci', 'none web'] });
    expect(drifted.actions[0]).toMatchObject({
      done: false,
      changes: [{ field: 'to', from: 'another value', to: `env:${box.cwd}/.env#API_KEY` }],
      reason: expect.stringContaining('--redeliver'),
    });
    expect(await listed(box)).toHaveLength(2);
    expect(await apply(box, ['--redeliver'])).toMatchObject({ exit: 0, kinds: ['rotate ci', 'none web'] });
    expect((await plan(box)).toDo).toBe(0);
    // So is a place that the file has from now on.
    box.write('keys.yaml', twoKeys.replace('"file:web.key"', '"file:web.key", "file:extra.key"'));
    expect((await plan(box)).actions[1]).toMatchObject({ action: 'refused', changes: [{ from: null }] });
    expect(await apply(box, ['--redeliver'])).toMatchObject({ exit: 0, kinds: ['none ci', 'rotate web'] });
    expect(box.read('extra.key')).toBe(box.read('web.key'));
  });

  test('of a key that was revoked, disabled or has expired', async () => {
    const box = boxWith(`${twoKeys}    disabled: false\n`);
    await apply(box);
    await box.keys(['revoke', 'ci', '--yes'], { now: start });
    await box.keys(['update', 'web', '--disable'], { now: start });
    expect(kinds((await plan(box)).actions)).toEqual(['create ci', 'change web']);
    expect(await apply(box)).toMatchObject({ exit: 0 });
    expect((await plan(box)).toDo).toBe(0);
    const [expired] = (await plan(box, [], { now: later(91) })).actions;
    expect(expired).toMatchObject({ action: 'rotate', reason: expect.stringContaining('expired') });
    expect(await apply(box, [], { now: later(91) })).toMatchObject({ exit: 0 });
    const ci = (await listed(box, { now: later(91) })).filter(({ name }) => name === 'ci');
    expect(ci[0]).toMatchObject({ status: 'active', budgetUsd: 25, labels: { team: 'search' } });
  });
});

describe('rotation', () => {
  test('by age, every day the same command; the old key is retired by its own end', async () => {
    const box = boxWith(twoKeys);
    await apply(box);
    expect((await plan(box, [], { now: later(59) })).toDo).toBe(0);
    const { actions } = await plan(box, [], { now: later(60) });
    expect(actions[0]).toMatchObject({
      action: 'rotate',
      oldRevokeAt: later(67).toISOString(),
      reason: 'created 2026-11-22T12:00:00Z, which is more than 60d ago',
    });
    const run = await apply(box, [], { now: later(60) });
    expect(run).toMatchObject({ exit: 0, kinds: ['rotate ci', 'none web'] });
    expect(run.actions[0]).toMatchObject({ done: true, operation: expect.any(String) });
    expect((await plan(box, [], { now: later(61) })).toDo).toBe(0);
    const keys = await listed(box, { now: later(70) });
    expect(keys.filter(({ name }) => name === 'ci').map(({ status }) => status)).toEqual([
      'active',
      'expired',
    ]);
    expect(keys[0]).toMatchObject({
      labels: { team: 'search', 'applied-from': expect.stringMatching(/^work\/keys\.yaml@[0-9a-f]{12}$/) },
    });
  });

  test('retires a superseded key by the rules of a rotation, on a machine without state', async () => {
    const box = boxWith(twoKeys.replace('7d', '7d, whenIdle: 1d'));
    await apply(box);
    await apply(box, [], { now: later(60) });
    rmSync(join(box.home, 'state', 'operations'), { recursive: true });
    const [current, old] = (await listed(box, { now: later(60) })).filter(({ name }) => name === 'ci');
    seedUse(box, later(62), old?.id ?? '');
    expect((await plan(box, [], { now: new Date(later(62).getTime() + 60_000) })).toDo).toBe(0);
    seedUse(box, later(62), current?.id ?? '');
    const { actions } = await plan(box, [], { now: later(64) });
    expect(actions).toMatchObject([
      { action: 'none', name: 'ci' },
      { action: 'revoke', name: 'ci', keyId: old?.id },
      { action: 'none' },
    ]);
    expect(await apply(box, [], { now: later(64) })).toMatchObject({ exit: 0 });
    expect((await plan(box, [], { now: later(64) })).toDo).toBe(0);
  });
});

describe('what an earlier command has left unfinished', () => {
  const yaml = (more = '') => `keys: { ci: { budgetUsd: 5, to: ["exec:deliver"]${more} } }`;
  const broken = () => {
    const box = boxWith(yaml());
    const vendors = new StandIns().add('deliver', { code: 1 });
    return { box, vendors, env: { PATH: `${vendors.folder}:${process.env.PATH}` } };
  };

  test('a creation: its secret is delivered, and no second key is made', async () => {
    const { box, vendors, env } = broken();
    const failed = await apply(box, [], { env });
    expect(failed.exit).toBe(5);
    expect(failed.actions[0]).toMatchObject({ done: false, error: { code: 'in_escrow' } });
    expect(failed.stderr).toMatch(/^warning: ci: the secret of ci .* keys recover \w{8}$/m);
    expect((await plan(box, [], { env })).actions[0]).toMatchObject({
      action: 'create',
      reason: expect.stringContaining('an earlier creation is unfinished'),
    });
    expect((await apply(box, [], { env })).exit).toBe(5);
    vendors.add('deliver');
    expect(await apply(box, [], { env })).toMatchObject({ exit: 0, kinds: ['create ci'] });
    expect(await listed(box)).toHaveLength(1);
    expect((await plan(box, [], { env })).toDo).toBe(0);
    expect((await box.keys(['recover', '--list', '--json'])).stdout.trim()).toBe('[]');
  });

  test('a rotation that was begun for another state of the file', async () => {
    const { box, vendors, env } = broken();
    vendors.add('deliver');
    await apply(box, [], { env });
    vendors.add('deliver', { code: 1 });
    box.write('keys.yaml', yaml(', rotate: { olderThan: 60d, grace: 0 }'));
    expect((await apply(box, [], { env, now: later(60) })).exit).toBe(5);
    vendors.add('deliver');
    box.write('keys.yaml', yaml(', rotate: { olderThan: 60d, grace: 0 }').replace('5', '9'));
    expect(await apply(box, [], { env, now: later(61) })).toMatchObject({ exit: 0, kinds: ['rotate ci'] });
    const keys = await listed(box, { now: later(61) });
    expect(keys.map(({ status, budgetUsd }) => [status, budgetUsd])).toEqual([
      ['active', 9],
      ['revoked', 5],
    ]);
  });
});

describe('what an API cannot honour', () => {
  const declared = (box: Sandbox, api: KeyApi) => {
    box.ownProvider(api.declaration as { id: string });
    withProfiles(box, { work: { provider: 'quirky', url: api.url, escrow: 'file' } });
    return { KEYS_PROFILE: 'work', KEYS_TOKEN: 'tok-EXAMPLE' };
  };

  test('is refused before anything happens; the other keys are made', async () => {
    const box = boxWith(twoKeys);
    const api = await KeyApi.start();
    const env = declared(box, api);
    const planned = await plan(box, [], { env });
    expect(planned.actions).toMatchObject([{ action: 'refused' }, { action: 'create' }]);
    expect(planned.actions[0]?.reason).toBe(
      'the provider quirky does not give a new key description, permissions, budgetUsd, labels, expiresAt',
    );
    expect(api.requests.filter((request) => !request.startsWith('GET'))).toEqual([]);
    expect(await apply(box, [], { env })).toMatchObject({ exit: 5, kinds: ['refused ci', 'create web'] });
    expect(api.keys.map(({ name }) => name)).toEqual(['web']);
    expect(await apply(box, [], { env })).toMatchObject({ exit: 2, kinds: ['refused ci', 'none web'] });
  });

  test.each(['a new key', 'a rotation'])(
    'gets %s of two machines once: the later key is revoked before its delivery',
    async (kind) => {
      const box = boxWith('keys: { ci: { to: ["file:ci.key"], rotate: { olderThan: 5d } } }', ['ci.key']);
      const api = await KeyApi.start();
      const env = declared(box, api);
      const now = new Date();
      const old = kind === 'a rotation' ? [api.add('ci', { ago: 10 * 86_400_000 })] : [];
      let first: { id: string } | undefined;
      api.onCreate = () => {
        first = api.add('ci');
        api.onCreate = undefined;
      };
      const run = await apply(box, [], { env, now });
      expect(run, run.stderr).toMatchObject({ exit: 6 });
      expect(run.actions[0]?.error).toEqual({
        code: 'created_elsewhere',
        message: `another process has just created ci (${first?.id}); the key that was created here (${api.revoked[0]?.id}) was revoked before its delivery`,
      });
      expect(api.keys).toEqual([...old, first]);
      expect(existsSync(join(box.cwd, 'ci.key'))).toBe(false);
      expect((await box.keys(['recover', '--list', '--json'], { env, now })).stdout).toBe('[]\n');
      expect(readdirSync(join(box.home, 'state', 'escrow'), { recursive: true })).toEqual([]);
    },
  );

  test('a key whose name the API drops is not created again and again', async () => {
    const box = boxWith('keys: { web: { to: ["file:web.key"] } }');
    const api = await KeyApi.start({ dropsNames: true });
    const env = declared(box, api);
    await apply(box, [], { env });
    const again = await apply(box, [], { env });
    expect(again).toMatchObject({ exit: 2, kinds: expect.arrayContaining(['refused web']) });
    expect(again.actions[0]?.reason).toContain('keeps no names');
    expect(api.keys).toHaveLength(1);
  });

  test('an account without room says so before anything happens', async () => {
    const box = boxWith('keys: { a: { to: ["file:.env"] }, web: { to: ["file:web.key"] } }');
    const api = await KeyApi.start({ single: true });
    const env = declared(box, api);
    expect((await plan(box, [], { env })).actions).toMatchObject([
      { action: 'create', name: 'a' },
      { action: 'refused', name: 'web', reason: 'the provider quirky allows 1 active key' },
    ]);
    expect(await apply(box, [], { env })).toMatchObject({ exit: 5 });
    expect(api.keys).toHaveLength(1);
  });

  test('a creation whose reply was lost is settled by the next run, and no key is left over', async () => {
    const box = boxWith('keys: { web: { to: ["file:web.key"] } }');
    const api = await KeyApi.start({ breaksDown: 'create' });
    const env = declared(box, api);
    expect((await apply(box, [], { env })).exit).toBe(5);
    expect(await apply(box, [], { env })).toMatchObject({ exit: 0, kinds: ['create web'] });
    expect(api.keys).toHaveLength(1);
    expect(api.works(box.read('web.key'))).toBe(true);
  });

  test('a key without an update is left as it is', async () => {
    const box = boxWith('keys: { web: { to: ["file:web.key"] } }');
    const api = await KeyApi.start();
    const env = declared(box, api);
    expect(await apply(box, [], { env })).toMatchObject({ exit: 0 });
    expect(await plan(box, [], { env })).toMatchObject({ toDo: 0 });
    box.write('keys.yaml', 'keys: { web: { to: ["file:web.key"], disabled: true } }');
    expect((await plan(box, [], { env })).actions).toMatchObject([{ action: 'refused' }]);
  });

  test('an account that cannot be asked fails it all before anything happens', async () => {
    const box = boxWith(`${twoKeys}    profile: work\n`);
    withProfiles(box, {
      work: { provider: 'authority', url: 'http://127.0.0.1:9/admin', tokenCommand: ['echo', 'tok'] },
    });
    const run = await box.keys(['apply', '--yes', '--timeout', '1s'], { now: start });
    expect(run).toMatchObject({ exit: 7, stdout: '' });
    expect(run.stderr).toContain('profile work: ');
    expect(run.stderr).toContain('nothing was changed');
    expect(await listed(box)).toEqual([]);
  });
});

test('a plan runs no command of the file', async () => {
  const box = boxWith('keys:\n  ci: { to: ["exec:touch ran"] }\n  new: { to: ["exec:touch ran new"] }\n');
  await seedKey(box, start, { name: 'ci' });
  expect(kinds((await plan(box, ['--redeliver'])).actions)).toEqual(['none ci', 'create new']);
  expect((await box.keys(['audit'], { now: start })).exit).toBe(8);
  expect(existsSync(join(box.cwd, 'ran'))).toBe(false);
});

test('a plan sends no login to a host that the file names and the login is not for', async () => {
  const box = boxWith('keys:\n  ci: { to: ["gitlab:gitlab.com/acme/app#A", "gitlab:acme/app#B"] }\n');
  await seedKey(box, start, { name: 'ci' });
  const programs = new StandIns().add('glab', { stdout: '{"value":"x"}' });
  const env = { PATH: programs.folder, GITLAB_TOKEN: 'glpat-EXAMPLE', GITLAB_HOST: 'gitlab.example.com' };
  const { actions, stderr } = await plan(box, [], { env });
  expect(actions).toMatchObject([{ action: 'refused', changes: [{ to: 'gitlab:acme/app#B' }] }]);
  expect(stderr).toBe(
    'warning: gitlab:gitlab.com/acme/app#A is not read: GITLAB_TOKEN is for gitlab.example.com, and would be sent to gitlab.com\n',
  );
  expect(programs.calls.map(({ args }) => args.join(' '))).toEqual([
    'variable get B --repo acme/app --output json',
  ]);
});

test('two entries for one key, one of which names the current profile: exit 2', async () => {
  const box = boxWith(
    'keys:\n  ci: { to: ["file:one"] }\n  also: { name: ci, profile: local, to: ["file:two"] }\n',
  );
  for (const command of [['plan'], ['apply', '--yes']]) {
    const run = await box.keys(command, { now: start });
    expect(run.exit).toBe(2);
    expect(run.stderr).toContain('error: two entries of the file are the key ci of the profile local');
  }
  expect(await listed(box)).toEqual([]);
});

describe('--prune', () => {
  const one = 'keys: { web: { to: ["file:web.key"] } }';

  test('revokes only what an apply of this file has created', async () => {
    const box = boxWith(twoKeys);
    await apply(box);
    const byHand = await seedKey(box, start, { name: 'hand' });
    const ofAnother = await seedKey(box, start, {
      name: 'bot',
      labels: { 'applied-from': 'other/keys.yaml' },
    });
    box.write('keys.yaml', one);
    expect((await plan(box)).actions).toMatchObject([
      { action: 'none', name: 'web' },
      { action: 'none', name: 'ci', reason: 'not in the file: --prune revokes it' },
    ]);
    expect((await plan(box)).toDo).toBe(0);
    expect(await apply(box)).toMatchObject({ exit: 0, kinds: ['none web', 'none ci'] });
    expect(kinds((await plan(box, ['--prune'])).actions)).toEqual(['none web', 'revoke ci']);
    expect(await apply(box, ['--prune'])).toMatchObject({ exit: 0, kinds: ['none web', 'revoke ci'] });
    const alive = (await listed(box)).filter(({ status }) => status !== 'revoked').map(({ id }) => id);
    expect(alive).toHaveLength(3);
    expect(alive).toEqual(expect.arrayContaining([byHand, ofAnother]));
  });

  test('leaves alone what a file of the same folder in another repository has created', async () => {
    const box = boxWith('', ['ci.key', 'web.key']);
    for (const [place, repository, name] of [
      ['a/infra', 'shop', 'web'],
      ['b/infra', 'search', 'ci'],
    ] as const) {
      const folder = join(box.cwd, place, 'deploy');
      cloneOf(repository, join(folder, '..'));
      mkdirSync(folder);
      writeFileSync(join(folder, 'keys.yaml'), `keys: { ${name}: { to: ["file:${box.cwd}/${name}.key"] } }`);
    }
    for (const file of ['a/infra/deploy/keys.yaml', 'b/infra/deploy/keys.yaml', 'a/infra/deploy/keys.yaml'])
      expect((await box.keys(['apply', file, '--prune', '--yes'], { now: start })).exit).toBe(0);
    // Both were created in the same millisecond, so their order in the list is that of their ids.
    const keys = (await listed(box)).sort((one, other) => one.name.localeCompare(other.name));
    expect(keys.map(({ name, status, labels }) => [name, status, labels])).toEqual([
      [
        'ci',
        expect.stringMatching(/^(?:active|expiring)$/),
        { 'applied-from': 'example.com/acme/search//deploy/keys.yaml' },
      ],
      [
        'web',
        expect.stringMatching(/^(?:active|expiring)$/),
        { 'applied-from': 'example.com/acme/shop//deploy/keys.yaml' },
      ],
    ]);
  });

  test('knows what another clone of the repository has created, in a folder of another name', async () => {
    const box = boxWith('', ['web.key', 'ci.key']);
    const file = (names: readonly string[]) =>
      `keys: { ${names.map((name) => `${name}: { to: ["file:${box.cwd}/${name}.key"] }`).join(', ')} }`;
    for (const [folder, names] of Object.entries({ laptop: ['web', 'ci'], build: ['web'] })) {
      cloneOf('shop', join(box.cwd, folder));
      writeFileSync(join(box.cwd, folder, 'keys.yaml'), file(names));
    }
    const laptop = ['apply', 'laptop/keys.yaml', '--yes'];
    expect((await box.keys(laptop, { now: start })).exit).toBe(0);
    expect(kinds((await plan(box, ['build/keys.yaml', '--prune'])).actions)).toEqual([
      'none web',
      'revoke ci',
    ]);
  });

  test('knows the label of an earlier version, and renews it with the next change', async () => {
    const box = boxWith('', ['web.key']);
    cloneOf('shop', join(box.cwd, 'infra'));
    const earlier = { 'applied-from': 'infra/keys.yaml', team: 'search' };
    for (const name of ['web', 'ci', 'old']) await seedKey(box, start, { name, labels: earlier });
    const file = 'keys:\n  ci: {}\n  web: { to: ["file:../web.key"] }\n';
    box.write('infra/keys.yaml', file.replace('{}', '{ description: deploys }'));
    const applied = await apply(box, ['infra/keys.yaml', '--redeliver']);
    expect(applied.kinds).toEqual(['change ci', 'rotate web', 'none old']);
    expect(applied.exit, applied.stdout).toBe(0);
    const name = 'example.com/acme/shop//keys.yaml';
    const labels = (await listed(box)).map((key) => [key.name, key.status, key.labels]);
    expect(labels).toContainEqual(['ci', 'active', { ...earlier, 'applied-from': name }]);
    expect(labels).toContainEqual(['web', 'active', { ...earlier, 'applied-from': name }]);
    expect(labels).toContainEqual(['old', 'active', earlier]);
    expect(kinds((await plan(box, ['infra/keys.yaml', '--prune'])).actions)).toContain('revoke old');
  });

  test('takes the right number in place of a prompt', async () => {
    const box = boxWith(twoKeys);
    await apply(box);
    box.write('keys.yaml', one);
    const confirmed = (n: string) => box.keys(['apply', '--prune', '--confirm', n], { now: start });
    const refused = await confirmed('2');
    expect(refused.exit).toBe(2);
    expect(refused.stderr).toContain("--confirm says '2', but 1 key");
    expect((await listed(box)).every(({ status }) => status === 'active' || status === 'expiring')).toBe(
      true,
    );
    expect((await confirmed('1')).exit).toBe(0);
  });

  test('without labels goes by a record of this machine, and leaves keys alone on another one', async () => {
    const box = boxWith('keys: { ci: { to: ["file:ci.key"] }, web: { to: ["file:web.key"] } }', [
      'ci.key',
      'web.key',
    ]);
    const api = await KeyApi.start();
    box.ownProvider(api.declaration as { id: string });
    withProfiles(box, { work: { provider: 'quirky', url: api.url, escrow: 'file' } });
    const env = { KEYS_PROFILE: 'work', KEYS_TOKEN: 'tok-EXAMPLE' };
    api.add('hand');
    await apply(box, [], { env });
    box.write('keys.yaml', one);
    expect(kinds((await plan(box, ['--prune'], { env })).actions)).toEqual(['none web', 'revoke ci']);
    // Earlier versions wrote it for the name of the folder alone.
    const records = join(box.home, 'state', 'applied');
    const [record = ''] = readdirSync(records).filter((name) => name.endsWith('.jsonl'));
    const scope = JSON.stringify(['work', new URL(api.url).href, 'work/keys.yaml']);
    const earlier = createHash('sha256').update(scope).digest('hex').slice(0, 16);
    renameSync(join(records, record), join(records, `${earlier}.jsonl`));
    expect(kinds((await plan(box, ['--prune'], { env })).actions)).toEqual(['none web', 'revoke ci']);
    const elsewhere = { ...env, KEYS_HOME: join(box.home, '..', 'elsewhere') };
    const copy = join(box.home, '..', 'elsewhere', 'config');
    const { cpSync } = await import('node:fs');
    cpSync(join(box.home, 'config'), copy, { recursive: true });
    expect(kinds((await plan(box, ['--prune'], { env: elsewhere })).actions)).toEqual(['none web']);
    expect(await apply(box, ['--prune'], { env })).toMatchObject({ exit: 0 });
    expect(api.keys.map(({ name }) => name).sort()).toEqual(['hand', 'web']);
  });
});

describe('before anything happens', () => {
  test('without a terminal, --yes is missing', async () => {
    const box = boxWith(twoKeys);
    const run = await box.keys(['apply'], { now: start });
    expect(run).toMatchObject({ exit: 2, stdout: '' });
    expect(run.stderr).toContain('--yes');
    expect(await listed(box)).toEqual([]);
  });

  test.each([
    [['apply', '--dry-run'], 'see what it would do: keys plan'],
    [['plan', '--check=all'], 'see what it would do: keys plan'],
    [['apply', '-f', 'keys.yaml'], 'name the file without a flag: keys apply keys.yaml'],
    [['plan', '-'], 'to read it from stdin: keys plan /dev/stdin'],
    [['audit', 'keys.yaml'], 'keys audit --file keys.yaml'],
    [['export', 'keys.yaml'], 'it writes to stdout: keys export > keys.yaml'],
    [['export', '-o', 'keys.yaml'], 'it writes to stdout: keys export > keys.yaml'],
    [['leaks', '-'], 'to search stdin: keys leaks --stdin'],
  ])('%j: the hint is what was meant', async (args, hint) => {
    const run = await boxWith(twoKeys).keys(args, { now: start });
    expect(run).toMatchObject({ exit: 2, stdout: '' });
    expect(run.stderr).toContain(`hint: ${hint}\n`);
    expect(run.stderr).not.toContain('did you mean');
  });

  test('the plan has the colours of the terminal', async () => {
    const box = boxWith('keys: { ci: { to: ["file:web.key"] } }\n');
    const run = await box.keys(['apply', '--yes'], { now: start, terminal: 80, env: { TERM: 'xterm' } });
    expect(run.exit, run.stderr).toBe(0);
    expect(run.stderr).toContain('\x1b[32m+\x1b[39m \x1b[1mci');
    rmSync(join(box.cwd, 'web.key'));
    const words = ['apply', '--yes', '--redeliver', '--no-color'];
    const plain = await box.keys(words, { now: later(1), terminal: 80, env: { TERM: 'xterm' } });
    expect(plain.stderr).toContain('ci  file:web.key does not hold its value');
    expect(plain.stderr).not.toContain('\x1b[3');
  });

  test('a file with faults is refused with the line of each', async () => {
    const box = boxWith('keys:\n  ci:\n    expiry: 90d\n');
    const run = await box.keys(['apply', '--yes'], { now: start });
    expect(run.exit).toBe(2);
    expect(run.stderr).toContain('keys.yaml:3:5');
  });

  test('a second apply of the same file is refused', async () => {
    const box = boxWith(twoKeys);
    await apply(box);
    const place = createHash('sha256').update(join(box.cwd, 'keys.yaml')).digest('hex').slice(0, 16);
    const release = await holdFileLock(join(box.home, 'state', 'applied', `file-${place}`));
    const run = await apply(box);
    expect(run.exit).toBe(6);
    expect(run.stderr).toContain('apply_under_way');
    expect((await box.keys(['plan'], { now: start })).exit).toBe(0);
    release?.();
    expect((await apply(box)).exit).toBe(0);
  });
});
