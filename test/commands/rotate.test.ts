import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { refusedKeys, withAuthority } from '../support/embedded-authority.ts';
import { withEscrow } from '../support/escrow.ts';
import { FaultServer, json } from '../support/fault-server.ts';
import type { FakeRunOptions, Run } from '../support/sandbox.ts';
import { Sandbox } from '../support/sandbox.ts';
import { seedKey, seedUse } from '../support/seed.ts';
import { StandIns } from '../support/stand-in.ts';
import type { Filter } from '../support/transcript.ts';
import {
  escapes,
  folders,
  idColumns,
  ids,
  operations,
  prefixes,
  secrets,
  Transcript,
} from '../support/transcript.ts';
import { UnrealServer } from '../support/unreal-server.ts';

const start = new Date('2026-11-21T12:00:00Z');
const later = (days: number) => new Date(start.getTime() + days * 86_400_000);

const filters = [secrets, prefixes, idColumns, ids, operations, folders];

/** `keys …` in a sandbox, as a whole transcript. */
function shows(box: Sandbox, args: readonly string[], options: FakeRunOptions = {}): Promise<string> {
  return new Transcript(box, filters).keys(args, { now: start, ...options });
}

interface Listed {
  id: string;
  status: string;
  superseded: boolean;
  expiresAt: string | null;
  createdAt: string;
  labels: object;
  budgetUsd: number | null;
}

/** A key `ci` in the file `key`, made at `start`. */
async function boxWithKey(args: readonly string[] = [], options: FakeRunOptions = {}): Promise<Sandbox> {
  const box = withEscrow(new Sandbox());
  box.expectSecretIn('key');
  const run = await box.keys(['create', 'ci', '--to', 'file:key', ...args], { now: start, ...options });
  expect(run.exit, run.stderr).toBe(0);
  return box;
}

async function listed(box: Sandbox, options: FakeRunOptions = {}): Promise<Listed[]> {
  const { stdout } = await box.keys(['list', '--status', 'all', '--json'], { now: start, ...options });
  return JSON.parse(stdout) as Listed[];
}

function rotation(run: Run) {
  expect(run.exit, run.stderr).toBe(0);
  return JSON.parse(run.stdout);
}

describe('on the embedded authority', () => {
  test('the new key is like the old one and in its place; the old one ends after the grace', async () => {
    const box = await boxWithKey(['--expires', '90d', '--budget', '25', '--label', 'team=infra']);
    const before = box.read('key');
    const run = await box.keys(['rotate', 'ci', '--to', 'file:key', '--json'], { now: later(60) });
    const record = rotation(run);
    expect(record).toMatchObject({
      old: { name: 'ci', budgetUsd: 25, labels: { team: 'infra' } },
      new: { name: 'ci', status: 'active', budgetUsd: 25, labels: { team: 'infra' }, superseded: false },
      ...{ oldRevoked: false, verified: true, changed: true },
      oldRevokeAt: later(67).toISOString(),
      delivered: [{ sink: 'file:key', verified: true }],
    });
    expect(record.new.expiresAt).toBe(later(150).toISOString());
    expect(record).not.toHaveProperty('secret');
    const keys = await listed(box, { now: later(60) });
    expect(keys.map(({ id, superseded, expiresAt }) => [id, superseded, expiresAt])).toEqual([
      [record.new.id, false, later(150).toISOString()],
      [record.old.id, true, later(67).toISOString()],
    ]);
    expect(await refusedKeys(box, [before, box.read('key')], later(60))).toEqual([]);
    expect(box.read('key')).not.toBe(before);
    expect(box.leaks()).toEqual([]);
  });

  test('--grace 0 revokes the old key when the new one has arrived', async () => {
    const box = await boxWithKey();
    const before = box.read('key');
    const record = rotation(
      await box.keys(['rotate', 'ci', '--grace', '0', '--to', 'file:key', '--json'], { now: start }),
    );
    expect(record).toMatchObject({ oldRevoked: true, oldRevokeAt: start.toISOString() });
    expect(await refusedKeys(box, [before, box.read('key')])).toEqual([before]);
  });

  test('the secret is a field of the record where stdout is asked for it, and alone with --secret-only', async () => {
    const box = await boxWithKey();
    const args = ['rotate', 'ci', '--grace', '0', '--json'];
    const record = rotation(await box.keys(args, { secretOnStdout: true }));
    expect(record).toMatchObject({
      operation: expect.any(String),
      oldRevoked: true,
      verified: true,
      delivered: [{ sink: 'stdout', verified: false }],
    });
    expect(await refusedKeys(box, [record.secret])).toEqual([]);
    const bare = await box.keys(['rotate', 'ci', '--grace', '0', '--secret-only'], { secretOnStdout: true });
    expect(await refusedKeys(box, [bare.stdout.trim(), record.secret])).toEqual([record.secret]);
  });

  test('off a terminal nothing is printed unasked, and nothing has happened', async () => {
    const box = await boxWithKey();
    expect(await shows(box, ['rotate', 'ci'])).toMatchInlineSnapshot(`
      "$ keys rotate ci
      exit 2
      --- stderr
      error: stdout is not a terminal, and no destination for the secret was given; no key was created
      hint: choose a sink: --to file:PATH or --to env:PATH#NAME (keys help sinks)
      hint: or print it: --json for the record with its secret, --secret-only for the secret alone
      --- files
      key (600): [secret 1]
      "
    `);
    expect(await listed(box)).toHaveLength(1);
  });

  test('the same command every day does nothing until the key is due', async () => {
    const box = await boxWithKey(['--expires', '90d']);
    const args = ['rotate', 'ci', '--older-than', '60d', '--grace', '7d', '--to', 'file:key', '--json'];
    const counts: number[] = [];
    for (let day = 1; day <= 75; day += 1) {
      const record = rotation(await box.keys(args, { now: later(day) }));
      expect(record.changed, `day ${day}`).toBe(day === 60);
      if (day % 15 === 0)
        counts.push(
          (await listed(box, { now: later(day) })).filter(({ status }) => status === 'active').length,
        );
    }
    expect(counts).toEqual([1, 1, 1, 1, 1]);
    expect(await refusedKeys(box, [box.read('key')], later(75))).toEqual([]);
  });

  test('--due rotates what expires soon', async () => {
    const box = await boxWithKey(['--expires', '90d']);
    const args = ['rotate', 'ci', '--due', '14d', '--to', 'file:key', '--json'];
    expect(rotation(await box.keys(args, { now: later(75) })).changed).toBe(false);
    expect(rotation(await box.keys(args, { now: later(76) }))).toMatchObject({
      changed: true,
      oldRevokeAt: later(83).toISOString(),
    });
  });

  test.each([['ci'], ['--all']])(
    '--dry-run of %s needs no sink, and says that the real run does',
    async (what) => {
      const box = await boxWithKey();
      box.expectSecretIn('other-key');
      await box.keys(['create', 'web', '--to', 'file:other-key'], { now: start });
      const run = await box.keys(['rotate', what, '--dry-run']);
      expect(run.exit).toBe(0);
      expect(run.stdout).toContain('ci');
      expect(run.stderr.match(/without --dry-run this is refused: stdout is not a terminal/g)).toHaveLength(
        1,
      );
    },
  );

  test('--dry-run shows what would be done', async () => {
    const box = await boxWithKey();
    const args = ['rotate', 'ci', '--to', 'file:key', '--dry-run', '--json'];
    expect(await shows(box, args)).toMatchInlineSnapshot(`
      "$ keys rotate ci --to file:key --dry-run --json
      exit 0
      --- stdout
      {
        "name": "ci",
        "old": {
          "id": "[id 1]",
          "name": "ci",
          "description": null,
          "status": "active",
          "prefix": "[prefix]",
          "createdAt": "2026-11-21T12:00:00.000Z",
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
        "new": null,
        "oldId": "[id 1]",
        "newId": null,
        "retired": [],
        "oldRevoked": false,
        "oldRevokeAt": "2026-11-28T12:00:00.000Z",
        "verified": false,
        "changed": false,
        "delivered": [],
        "operation": null,
        "dryRun": true
      }
      --- stderr
      dry run: nothing was rotated
      --- files
      key (600): [secret 1]
      "
    `);
    expect(await listed(box)).toHaveLength(1);
  });

  test('what cannot be meant is refused, and no key is created', async () => {
    const box = await boxWithKey();
    const rotate = (...args: string[]) => shows(box, ['rotate', ...args]);
    expect(await rotate()).toMatchInlineSnapshot(`
      "$ keys rotate
      exit 2
      --- stderr
      error: name a key or pass --all, and cannot prompt: not a terminal
      hint: keys help rotate
      --- files
      key (600): [secret 1]
      "
    `);
    expect(await rotate('ci', '--all')).toMatchInlineSnapshot(`
      "$ keys rotate ci --all
      exit 2
      --- stderr
      error: --all cannot be combined with the name of a key
      hint: keys help rotate
      --- files
      key (600): [secret 1]
      "
    `);
    expect(await rotate('nosuch', '--to', 'file:key')).toMatchInlineSnapshot(`
      "$ keys rotate nosuch --to file:key
      exit 3
      --- stderr
      error: no key has the id or the name 'nosuch'
      hint: keys list --status all
      --- files
      key (600): [secret 1]
      "
    `);
    expect(await rotate('--all', '--to', 'file:key')).toMatchInlineSnapshot(`
      "$ keys rotate --all --to file:key
      exit 2
      --- stderr
      error: file:key would hold only the last of several keys: use exec: with {name} or {id} in it
      hint: keys help rotate
      --- files
      key (600): [secret 1]
      "
    `);
    expect(await rotate('--all', '--to', 'file:{name}', '--to', 'env:{id}#K')).toMatchInlineSnapshot(`
      "$ keys rotate --all --to 'file:{name}' --to 'env:{id}#K'
      exit 2
      --- stderr
      error: file:{name} would hold only the last of several keys: use exec: with {name} or {id} in it
      error: env:{id}#K would hold only the last of several keys: use exec: with {name} or {id} in it
      hint: keys help rotate
      --- files
      key (600): [secret 1]
      "
    `);
    expect(await rotate('--all', '--json')).toMatchInlineSnapshot(`
      "$ keys rotate --all --json
      exit 2
      --- stdout
      [
        {
          "name": "ci",
          "old": {
            "id": "[id 1]",
            "name": "ci",
            "description": null,
            "status": "active",
            "prefix": "[prefix]",
            "createdAt": "2026-11-21T12:00:00.000Z",
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
          "new": null,
          "oldId": "[id 1]",
          "newId": null,
          "retired": [],
          "oldRevoked": false,
          "oldRevokeAt": null,
          "verified": false,
          "changed": false,
          "delivered": [],
          "operation": null,
          "error": {
            "code": "usage",
            "message": "the secrets of several keys cannot be printed; give each key a sink of its own"
          }
        }
      ]
      --- stderr
      warning: ci ([id 1]): the secrets of several keys cannot be printed; give each key a sink of its own
      1 failed
      --- files
      key (600): [secret 1]
      "
    `);
    expect(await rotate('ci', '--finish', '--to', 'file:key')).toMatchInlineSnapshot(`
      "$ keys rotate ci --finish --to file:key
      exit 2
      --- stderr
      error: --finish creates no key: leave out --to, --secret-only, --due and --older-than
      hint: keys help rotate
      --- files
      key (600): [secret 1]
      "
    `);
    expect(await listed(box)).toHaveLength(1);
  });

  test('a superseded, a disabled and a revoked key are refused, with what to do', async () => {
    const box = await boxWithKey();
    const [first] = await listed(box);
    await box.keys(['rotate', 'ci', '--to', 'file:key'], { now: later(1) });
    const id = first?.id ?? '';
    const story = new Transcript(box, filters);
    const attempt = (reference: string) =>
      story.keys(['rotate', reference, '--to', 'file:key'], { now: later(2) });
    expect(await attempt(id)).toMatchInlineSnapshot(`
      "$ keys rotate [id 1] --to file:key
      exit 2
      --- stderr
      error: a newer key named ci supersedes [id 1]: rotate that one
      hint: keys rotate ci
      --- files
      key (600): [secret 1]
      "
    `);
    await box.keys(['update', 'ci', '--disable']);
    expect(await attempt('ci')).toMatchInlineSnapshot(`
      "$ keys rotate ci --to file:key
      exit 2
      --- stderr
      error: the key [id 2] is disabled
      hint: keys update [id 2] --enable
      --- files
      key (600): [secret 1]
      "
    `);
    await box.keys(['revoke', id, '--yes']);
    expect(await attempt(id)).toMatchInlineSnapshot(`
      "$ keys rotate [id 1] --to file:key
      exit 2
      --- stderr
      error: the key [id 1] is revoked for good: create a new one
      hint: keys create ci
      --- files
      key (600): [secret 1]
      "
    `);
  });

  test('all keys, each to its own place; one that fails does not stop the others', async () => {
    const box = withEscrow(new Sandbox());
    for (const name of ['a', 'b', 'c', 'd']) await seedKey(box, start, { name });
    const vendors = new StandIns().add('deliver', { args: /^c$/, code: 1 });
    const env = { PATH: `${vendors.folder}:${process.env.PATH}` };
    const args = ['rotate', '--all', '--to', 'exec:deliver {name}', '--grace', '0', '--json'];
    const run = await box.keys(args, { env, now: later(1) });
    expect(run.exit).toBe(5);
    const records = JSON.parse(run.stdout) as { name: string; changed: boolean; error?: { code: string } }[];
    const byName = records.sort((x, y) => (x.name < y.name ? -1 : 1));
    expect(byName).toMatchObject([
      { name: 'a', changed: true, oldRevoked: true },
      { name: 'b', changed: true },
      { name: 'c', changed: false, error: { code: 'in_escrow' } },
      { name: 'd', changed: true },
    ]);

    vendors.add('deliver');
    const again = await box.keys([...args, '--older-than', '12h'], { env, now: later(1) });
    expect(again.exit, again.stderr).toBe(0);
    const second = JSON.parse(again.stdout) as { name: string; changed: boolean }[];
    expect(second.filter(({ changed }) => changed).map(({ name }) => name)).toEqual(['c']);
    const secrets = vendors.calls.filter(({ args: [name] }) => name === 'c').map(({ stdin }) => stdin);
    expect(secrets[0]).toBe(secrets[1]);
    expect(await refusedKeys(box, [secrets[1] ?? ''])).toEqual([]);
  });
});

describe('many keys', () => {
  /** The bar is drawn at most ten times a second; only its last state is certain. */
  const bars: Filter = { word: 'bar', pattern: /(?:\r\x1b\[2K[^\r]*)+(?=\r\x1b\[2K)/g };

  async function fleet(count: number) {
    const box = withEscrow(new Sandbox());
    for (let n = 0; n < count; n += 1)
      await seedKey(box, new Date(start.getTime() - n * 1000), { name: `key-${n}` });
    const vendors = new StandIns().add('deliver');
    const env = { PATH: `${vendors.folder}:${process.env.PATH}` };
    const args = ['rotate', '--all', '--to', 'exec:deliver {name}', '--grace', '0', '--older-than', '12h'];
    return { box, vendors, env, args };
  }

  test('ndjson has a line for each as soon as it is done, and stderr the sum', async () => {
    const { box, env, args } = await fleet(6);
    const run = await box.keys([...args, '--format', 'ndjson', '--concurrency', '2'], { env, now: later(1) });
    expect(run.exit, run.stderr).toBe(0);
    const lines = run.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ name, changed }) => [name, changed]).sort()).toEqual(
      Array.from({ length: 6 }, (_, n) => [`key-${n}`, true]),
    );
    expect(run.stderr).toBe('6 rotated\n');
  });

  test('a terminal has a line each, and a bar that is gone in the end', async () => {
    const { box, env, args } = await fleet(3);
    const one = [...args, '--concurrency', '1'];
    const run = await box.keys(one, { env, now: later(1), terminal: 120 });
    expect(run.stderr).toContain('3/3');
    const story = new Transcript(box, [ids, bars, escapes]);
    expect(story.of(one, run)).toMatchInlineSnapshot(`
      "$ keys rotate --all --to 'exec:deliver {name}' --grace 0 --older-than 12h --concurrency 1
      exit 0
      --- stdout
      [esc][32mrotated[esc][39m  key-0  [id 1] → [id 2]  old key revoked
      [esc][32mrotated[esc][39m  key-1  [id 3] → [id 4]  old key revoked
      [esc][32mrotated[esc][39m  key-2  [id 5] → [id 6]  old key revoked

      3 rotated
      --- stderr
      [bar]
      [esc][2K
      (no newline)
      "
    `);
  });

  test('Ctrl-C lets started rotations finish, and the same command does the rest, and nothing twice', async () => {
    const { box, vendors, env, args } = await fleet(5);
    vendors.add('deliver', { lasts: 300 });
    const interrupt = new AbortController();
    const first = box.keys([...args, '--concurrency', '1', '--json'], {
      env,
      now: later(1),
      interrupt: interrupt.signal,
    });
    while (vendors.calls.length < 2) await new Promise((resume) => setTimeout(resume, 10));
    interrupt.abort();
    const run = await first;
    expect(run.exit).toBe(5);
    const done = (JSON.parse(run.stdout) as { name: string }[]).map(({ name }) => name);
    expect(done.length).toBeLessThan(5);
    expect(run.stderr).toBe(
      `${done.length} rotated, ${5 - done.length} not started\nto rotate the rest, run the same command again\n`,
    );

    vendors.add('deliver');
    const rest = await box.keys([...args, '--json'], { env, now: later(1) });
    expect(rest.exit, rest.stderr).toBe(0);
    const changed = (JSON.parse(rest.stdout) as { name: string; changed: boolean }[]).filter(
      (one) => one.changed,
    );
    expect([...done, ...changed.map(({ name }) => name)].sort()).toEqual(
      Array.from({ length: 5 }, (_, n) => `key-${n}`),
    );
    expect(vendors.calls).toHaveLength(5);
  });
});

describe('where it stopped', () => {
  test('the same command delivers the secret that waits, and retires the old key', async () => {
    const box = await boxWithKey();
    const vendors = new StandIns().add('deliver', { code: 1, stderr: 'no: $STDIN' });
    const env = { PATH: `${vendors.folder}:${process.env.PATH}` };
    const args = ['rotate', 'ci', '--grace', '0', '--to', 'exec:deliver', '--json'];
    const story = new Transcript(box, filters);
    expect(await story.keys(args, { env, now: start })).toMatchInlineSnapshot(`
      "$ keys rotate ci --grace 0 --to exec:deliver --json
      exit 5
      --- stderr
      {"error":{"code":"in_escrow","message":"the secret of ci ([id 1]) was not delivered to exec:deliver: deliver failed with exit code 1: no: ****; it is in escrow (file [folder 1]/state/escrow/[operation 1])","hint":"keys recover [operation 1]","operation":"[operation 1]"}}
      --- files
      key (600): [secret 1]
      "
    `);
    expect((await listed(box)).map(({ status }) => status)).toEqual(['active', 'active']);
    const create = ['create', 'ci', '--to', 'exec:deliver'];
    expect(await story.keys(create, { env, now: start })).toMatchInlineSnapshot(`
      "$ keys create ci --to exec:deliver
      exit 5
      --- stderr
      error: an earlier rotation of ci is unfinished; no key was created
      hint: keys recover [operation 1]
      --- files
      key (600): [secret 1]
      "
    `);

    vendors.add('deliver');
    const again = await box.keys(args, { env, now: start });
    expect(rotation(again)).toMatchObject({
      changed: true,
      delivered: [{ sink: 'exec:deliver', verified: false }],
    });
    expect(story.filtered(again.stderr)).toMatchInlineSnapshot(`
      "delivered to exec:deliver
      finished the interrupted rotation of ci: the old key [id 2] is retired
      "
    `);
    expect((await listed(box)).map(({ status }) => status).sort()).toEqual(['active', 'revoked']);
    expect((await box.keys(['recover', '--list', '--json'])).stdout).toBe('[]\n');
    expect(rotation(await box.keys([...args, '--older-than', '1d'], { env, now: start })).changed).toBe(
      false,
    );
  });

  test.each([
    { first: ['--grace', '7d'], second: ['--grace', '0'], oldRevoked: true, oldRevokeAt: null },
    {
      first: ['--grace', '0'],
      second: ['--grace', '7d'],
      oldRevoked: false,
      oldRevokeAt: later(7).toISOString(),
    },
    { first: ['--grace', '0'], second: [], oldRevoked: true, oldRevokeAt: null },
  ])('the grace that is said now counts: $first, then $second', async ({ first, second, ...end }) => {
    const box = await boxWithKey();
    const vendors = new StandIns().add('deliver', { code: 1 });
    const env = { PATH: `${vendors.folder}:${process.env.PATH}` };
    const args = ['rotate', 'ci', '--to', 'exec:deliver', '--json'];
    await box.keys([...args, ...first], { env, now: start });
    const [old] = (await listed(box)).filter(({ superseded }) => superseded);
    vendors.add('deliver');
    const again = await box.keys([...args, ...second], { env, now: start });
    expect(rotation(again)).toMatchObject({ oldId: old?.id, ...end });
    const state = end.oldRevoked ? 'is retired' : 'works until 2026-11-28T12:00:00Z';
    expect(again.stderr).toBe(
      `delivered to exec:deliver\nfinished the interrupted rotation of ci: the old key ${old?.id} ${state}\n`,
    );
    const [after] = (await listed(box)).filter(({ id }) => id === old?.id);
    expect(after).toMatchObject(
      end.oldRevoked ? { status: 'revoked' } : { status: 'expiring', expiresAt: end.oldRevokeAt },
    );
    expect((await box.keys(['recover', '--list', '--json'])).stdout).toBe('[]\n');
  });

  test('recover delivers it and retires the old key as well', async () => {
    const box = await boxWithKey();
    const vendors = new StandIns().add('deliver', { code: 1 });
    const env = { PATH: `${vendors.folder}:${process.env.PATH}` };
    await box.keys(['rotate', 'ci', '--to', 'exec:deliver'], { env, now: later(1) });
    vendors.add('deliver');
    const recover = ['recover', '--all', '--json'];
    expect(await shows(box, recover, { env, now: later(1) })).toMatchInlineSnapshot(`
      "$ keys recover --all --json
      exit 0
      --- stdout
      [
        {
          "operation": "[operation 1]",
          "kind": "rotate",
          "name": "ci",
          "id": "[id 1]",
          "at": "2026-11-22T12:00:00.000Z",
          "profile": "local",
          "provider": "local",
          "sinks": [
            "exec:deliver"
          ],
          "escrow": "file",
          "delivered": [
            {
              "sink": "exec:deliver",
              "verified": false
            }
          ],
          "outcome": "delivered",
          "reason": "the old key [id 2] works until 2026-11-29T12:00:00Z"
        }
      ]
      --- stderr
      delivered to exec:deliver
      --- files
      key (600): [secret 1]
      "
    `);
    expect((await listed(box)).map(({ expiresAt }) => expiresAt)).toEqual([null, later(8).toISOString()]);
  });

  test('a new key that does not work is not delivered by recover either, and the old one keeps working', async () => {
    const box = await boxWithKey();
    const before = box.read('key');
    const vendors = new StandIns().add('deliver', { code: 1 });
    const env = { PATH: `${vendors.folder}:${process.env.PATH}` };
    const args = ['rotate', 'ci', '--grace', '0', '--to', 'exec:deliver'];
    expect((await box.keys(args, { env, now: start })).exit).toBe(5);
    const fresh = (await listed(box)).find(({ id }) => id !== before.split('_')[1]);
    await withAuthority(box, (authority) => authority.update(fresh?.id ?? '', { disabled: true }));
    vendors.add('deliver');
    expect(await shows(box, ['recover', '--all', '--json'], { env })).toMatchInlineSnapshot(`
      "$ keys recover --all --json
      exit 5
      --- stdout
      [
        {
          "operation": "[operation 1]",
          "kind": "rotate",
          "name": "ci",
          "id": "[id 1]",
          "at": "2026-11-21T12:00:00.000Z",
          "profile": "local",
          "provider": "local",
          "sinks": [
            "exec:deliver"
          ],
          "escrow": "file",
          "delivered": [],
          "reason": "the API does not accept the new key (forbidden)",
          "outcome": "open"
        }
      ]
      --- stderr
      warning: [operation 1] is unfinished: the API does not accept the new key (forbidden)
      --- files
      key (600): [secret 1]
      "
    `);
    expect(vendors.calls).toHaveLength(1);
    expect(await refusedKeys(box, [before])).toEqual([]);
  });

  test('revoked by recover, the new key is gone and the old one keeps working', async () => {
    const box = await boxWithKey();
    const vendors = new StandIns().add('deliver', { code: 1 });
    const env = { PATH: `${vendors.folder}:${process.env.PATH}` };
    await box.keys(['rotate', 'ci', '--grace', '0', '--to', 'exec:deliver'], { env, now: start });
    const recover = ['recover', '--all', '--revoke', '--yes'];
    expect(await shows(box, recover, { env })).toMatchInlineSnapshot(`
      "$ keys recover --all --revoke --yes
      exit 0
      --- stdout
      [operation 1]	revoked	rotate	ci	[id 1]	2026-11-21T12:00:00.000Z	local	exec:deliver
      --- stderr
      revoked the key [id 1]
      --- files
      key (600): [secret 1]
      "
    `);
    expect(await refusedKeys(box, [box.read('key')])).toEqual([]);
    expect((await listed(box)).map(({ status }) => status).sort()).toEqual(['active', 'revoked']);
  });
});

describe('on an API without expiries, to the letter of Unreal AI', () => {
  async function remote() {
    const [box, server] = [new Sandbox(), await UnrealServer.start()];
    box.expectSecretIn('key');
    const env = { KEYS_PROVIDER: 'unreal', KEYS_URL: server.url, KEYS_TOKEN: 'tok-EXAMPLE' };
    const keys = (args: readonly string[], days = 0) => box.keys(args, { env, now: later(days) });
    expect((await keys(['create', 'ci', '--to', 'file:key'])).exit).toBe(0);
    return { box, server, env, keys };
  }

  test('the journal waits for the end of the grace, and the next rotate retires the old key', async () => {
    const { box, env, server, keys } = await remote();
    const record = rotation(await keys(['rotate', 'ci', '--to', 'file:key', '--json']));
    expect(record).toMatchObject({ oldRevoked: false, oldRevokeAt: later(7).toISOString(), verified: true });
    expect(server.keys).toHaveLength(2);
    const waiting = JSON.parse((await keys(['recover', '--list', '--json'])).stdout);
    expect(waiting).toMatchObject([{ outcome: 'waiting', kind: 'rotate', escrow: 'none' }]);
    const shown = await keys(['show', record.old.id, '--json']);
    expect(JSON.parse(shown.stdout)).toMatchObject({ superseded: true, retireAt: later(7).toISOString() });
    const list = ['list', '--no-color'];
    expect(await shows(box, list, { env, now: later(1), terminal: 120 })).toMatchInlineSnapshot(`
      "$ keys list --no-color
      exit 0
      --- stdout
      unreal
      2 active · 0 expired · 0 revoked

      NAME  ID           STATUS
      ci    hash2abcdef  active
      ci    hash1abcdef  active superseded, ends in 6 days
      --- files
      key (600): sk-a1b2c3d4e5f6g7h8i9j02EXAMPLE
      "
    `);
    expect((await keys(['recover', '--all', '--yes'], 6)).exit).toBe(0);
    expect(server.keys).toHaveLength(2);

    const args = ['rotate', 'ci', '--older-than', '99y', '--to', 'file:key', '--json'];
    expect(rotation(await keys(args, 6)).retired).toEqual([]);
    expect(rotation(await keys(args, 7))).toMatchObject({ changed: false, retired: [record.old.id] });
    expect(server.keys.map(({ hash }) => hash)).toEqual([record.new.id]);
    expect((await keys(['recover', '--list', '--json'])).stdout).toBe('[]\n');
  });

  test.each([
    ['rotate --finish', ['rotate', '--finish', '--json']],
    ['recover', ['recover', '--all', '--json']],
  ])('%s retires it too, when its time has come', async (_, args) => {
    const { server, keys } = await remote();
    await keys(['rotate', 'ci', '--to', 'file:key']);
    expect((await keys(args, 6)).exit).toBe(0);
    expect(server.keys).toHaveLength(2);
    expect((await keys(args, 8)).exit).toBe(0);
    expect(server.keys).toHaveLength(1);
  });

  test('on a fresh machine the keys alone tell; use of the new one is the evidence', async () => {
    const { box, env, server } = await remote();
    server.add('ci');
    const args = ['rotate', 'ci', '--older-than', '99y', '--to', 'file:key', '--json'];
    expect(await shows(box, args, { env })).toMatchInlineSnapshot(`
      "$ keys rotate ci --older-than 99y --to file:key --json
      exit 0
      --- stdout
      {
        "name": "ci",
        "old": null,
        "new": {
          "id": "hash2abcdef",
          "name": "ci",
          "status": "active",
          "createdAt": "2023-09-09T14:12:44.000Z",
          "provider": "unreal",
          "profile": "unreal",
          "superseded": false
        },
        "oldId": null,
        "newId": "hash2abcdef",
        "retired": [
          "hash1abcdef"
        ],
        "oldRevoked": false,
        "oldRevokeAt": null,
        "verified": false,
        "changed": false,
        "delivered": [],
        "operation": null
      }
      --- stderr
      hash2abcdef has been used 17 times, so the old key hash1abcdef was revoked
      ci (hash2abcdef) is not due: created 3 years ago
      --- files
      key (600): sk-a1b2c3d4e5f6g7h8i9j01EXAMPLE
      "
    `);
    expect(server.keys).toHaveLength(1);
  });

  test('where the account is full, the error names the older key that uses up the limit, and nothing is revoked', async () => {
    const [box, server] = [new Sandbox(), await FaultServer.start()];
    const made = (hash: string, created: number) => ({ name: 'ci', hash, created });
    const soon = Math.floor(start.getTime() / 1000);
    const keys = [made('first', soon - 7200), made('second', soon - 3600)];
    const full = { error: { message: 'no more keys', code: 'KEY_LIMIT_REACHED' } };
    server
      .on('GET /v1/keys', json(200, { keys }))
      .on('GET /v1/keys/second', json(200, keys[1]))
      .on('POST /v1/keys', json(403, full));
    const env = { KEYS_PROVIDER: 'unreal', KEYS_URL: server.origin, KEYS_TOKEN: 'tok-EXAMPLE' };
    const args = ['rotate', 'ci', '--to', 'file:key', '--json'];
    expect(await shows(box, args, { env })).toMatchInlineSnapshot(`
      "$ keys rotate ci --to file:key --json
      exit 6
      --- stderr
      {"error":{"code":"key_limit","message":"the account has reached its maximum number of keys: no more keys (KEY_LIMIT_REACHED)","hint":"revoke an older key of this name to make room: keys revoke first --yes\\nkeys list","httpStatus":403}}
      "
    `);
    expect(server.received.some(({ method }) => method === 'DELETE')).toBe(false);
  });

  test('without evidence the old key is left alone: exit 5, pending, and what to do', async () => {
    const box = new Sandbox();
    const server = await FaultServer.start();
    const keys = [
      { name: 'ci', hash: 'first', created: 1_690_000_000 },
      { name: 'ci', hash: 'second', created: 1_700_000_000 },
    ];
    const unused = { ...keys[1], usage: { requests: 0, tokens: 0 } };
    server.on('GET /v1/keys', json(200, { keys })).on('GET /v1/keys/second', json(200, unused));
    const env = { KEYS_PROVIDER: 'unreal', KEYS_URL: server.origin, KEYS_TOKEN: 'tok-EXAMPLE' };
    const args = ['rotate', 'ci', '--older-than', '99y', '--to', 'file:key', '--json'];
    expect(await shows(box, args, { env })).toMatchInlineSnapshot(`
      "$ keys rotate ci --older-than 99y --to file:key --json
      exit 5
      --- stdout
      {
        "name": "ci",
        "old": null,
        "new": {
          "id": "second",
          "name": "ci",
          "status": "active",
          "createdAt": "2023-11-14T22:13:20.000Z",
          "provider": "unreal",
          "profile": "unreal",
          "superseded": false
        },
        "oldId": null,
        "newId": "second",
        "retired": [],
        "oldRevoked": false,
        "oldRevokeAt": null,
        "verified": false,
        "changed": false,
        "delivered": [],
        "operation": null,
        "pending": "the old key first (created 2023-07-22T04:26:40Z) still works: nothing shows that the new key second is in use; once you are sure: keys revoke first --yes"
      }
      --- stderr
      ci (second) is not due: created 3 years ago
      "
    `);
  });
});

test('a journal that cannot be read does not keep the keys from being listed', async () => {
  const box = await boxWithKey();
  writeFileSync(join(box.home, 'state', 'operations', 'abcdefgh.jsonl'), '{"version":99}\n');
  expect(await listed(box)).toHaveLength(1);
});

test('a newer key that is revoked is not the one in use', async () => {
  const box = await boxWithKey();
  box.expectSecretIn('other');
  await box.keys(['create', 'ci', '--to', 'file:key'], { now: later(1) });
  await box.keys(['create', 'ci', '--to', 'file:other'], { now: later(2) });
  const [third, second, first] = await listed(box, { now: later(2) });
  await box.keys(['revoke', third?.id ?? '', '--yes'], { now: later(2) });
  const args = ['rotate', 'ci', '--older-than', '99y', '--to', 'file:key', '--json'];
  expect(rotation(await box.keys(args, { now: later(7) })).retired).toEqual([]);
  const run = await box.keys(args, { now: later(9) });
  expect(rotation(run)).toMatchObject({ changed: false, newId: second?.id, retired: [first?.id] });
  const story = new Transcript(box, filters);
  expect(story.filtered(second?.id ?? '')).toBe('[id 1]');
  expect(story.filtered(run.stderr)).toMatchInlineSnapshot(`
    "file:key holds [id 1], so the old key [id 2] was revoked
    ci ([id 1]) is not due: created 8 days ago
    "
  `);
});

test('--when-idle retires an old key that is not used, and prints the evidence', async () => {
  const box = await boxWithKey();
  const [old] = await listed(box);
  const args = ['rotate', 'ci', '--when-idle', '24h', '--to', 'file:key', '--json'];
  const record = rotation(await box.keys(args, { now: start }));
  expect(record).toMatchObject({ oldRevoked: false, oldRevokeAt: null });
  const keyId = old?.id ?? '';
  await seedUse(box, new Date(), keyId);
  const finish = ['rotate', '--finish', '--when-idle', '24h', '--json'];
  const used = JSON.parse((await box.keys(['show', keyId, '--json'])).stdout).lastUsedAt as string;
  const soon = await box.keys(finish, { now: new Date(Date.parse(used) + 3_600_000) });
  expect(soon.stderr).toBe(
    `${keyId} was last used ${used}, 1 request in total: not idle for long enough\n1 not due\n`,
  );
  expect(JSON.parse(soon.stdout)).toMatchObject([{ retired: [] }]);
  const quiet = await box.keys(finish, { now: new Date(Date.parse(used) + 25 * 3_600_000) });
  expect(quiet.stderr).toBe(
    `${keyId} was last used ${used}, 1 request in total: idle\nretired the old key ${keyId}\n1 retired, 1 not due\n`,
  );
  expect(JSON.parse(quiet.stdout)).toMatchObject([{ retired: [keyId] }]);
});

describe('an API with room for one key', () => {
  test('is refused before any call, unless downtime is allowed', async () => {
    const box = new Sandbox();
    const server = await FaultServer.start();
    const env = { KEYS_PROVIDER: 'riskinmind', KEYS_URL: server.origin, KEYS_TOKEN: 'tok-EXAMPLE' };
    const args = ['rotate', 'api-key', '--to', 'file:key', '--json'];
    expect(await shows(box, args, { env })).toMatchInlineSnapshot(`
      "$ keys rotate api-key --to file:key --json
      exit 2
      --- stderr
      {"error":{"code":"usage","message":"the provider riskinmind allows one key: the old one stops working before the new one is delivered","hint":"add --allow-downtime to rotate anyway"}}
      "
    `);
    expect(server.received).toEqual([]);
  });

  test('--allow-downtime: one call of its own rotation, and nothing is revoked after it', async () => {
    const [box, server] = [new Sandbox(), await FaultServer.start()];
    box.expectSecretIn('key');
    const account = (keyId: string) =>
      json(200, { success: true, data: { keyId, status: 'ACTIVE', createdAt: start.toISOString() } });
    server
      .on('GET /api/v1/keys/', account('k1'), account('k1'), account('k2'), account('k2'))
      .on(
        'POST /api/v1/keys/regenerate',
        json(200, { success: true, data: { apiKey: 'sk_live_newkey12345EXAMPLE' } }),
      );
    const env = { KEYS_PROVIDER: 'riskinmind', KEYS_URL: server.origin, KEYS_TOKEN: 'tok-EXAMPLE' };
    const args = ['rotate', 'api-key', '--allow-downtime', '--to', 'file:key', '--json'];
    expect(await shows(box, args, { env })).toMatchInlineSnapshot(`
      "$ keys rotate api-key --allow-downtime --to file:key --json
      exit 0
      --- stdout
      {
        "name": "api-key",
        "old": {
          "id": "k1",
          "name": "api-key",
          "status": "active",
          "createdAt": "2026-11-21T12:00:00.000Z",
          "provider": "riskinmind",
          "profile": "riskinmind",
          "superseded": false
        },
        "new": {
          "id": "k2",
          "name": "api-key",
          "status": "active",
          "createdAt": "2026-11-21T12:00:00.000Z",
          "superseded": false,
          "provider": "riskinmind",
          "profile": "riskinmind"
        },
        "oldId": "k1",
        "newId": "k2",
        "retired": [],
        "oldRevoked": true,
        "oldRevokeAt": "2026-11-21T12:00:00.000Z",
        "verified": false,
        "changed": true,
        "delivered": [
          {
            "sink": "file:key",
            "verified": true
          }
        ],
        "operation": "[operation 1]"
      }
      --- stderr
      warning: there is no escrow: if the new key cannot be delivered, no key is left (keys doctor)
      delivered to file:key and read back
      the old key k1 is revoked
      --- files
      key (600): sk_live_newkey12345EXAMPLE
      "
    `);
  });
});
