import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { Sandbox } from '../support/sandbox.ts';
import type { Served } from '../support/serving.ts';
import { startServe } from '../support/serving.ts';
import { StandIns } from '../support/stand-in.ts';
import { folders, ids, operations, prefixes, secrets, Transcript, times } from '../support/transcript.ts';

const slow = 300_000;
const hashes = { word: 'hash', isNumbered: true, pattern: /\b[0-9a-f]{64}\b/g } as const;
const filters = [secrets, prefixes, hashes, ids, operations, times, folders];

/** Each API that the server speaks: its path, how to name a key there, and the flags that a rotation needs. */
const apis = [
  { provider: 'authority', path: '/admin', name: 'ci', flags: [] },
  { provider: 'unreal', path: '/unreal', name: 'ci', flags: [] },
  { provider: 'privatemind', path: '/privatemind', name: 'ci', flags: ['--expires', '90d'] },
  { provider: 'drun', path: '/drun', name: 'ci', flags: [] },
  { provider: 'riskinmind', path: '/riskinmind', name: 'api-key', flags: ['--allow-downtime'] },
] as const;

async function served(
  provider: string,
  path: string,
): Promise<{ box: Sandbox; env: Record<string, string>; server: Served }> {
  const box = new Sandbox();
  const session = await box.keys(['session', 'create', '--user', 'alice', '--secret-only'], {
    secretOnStdout: true,
  });
  const server = await startServe(box);
  const env = { KEYS_PROVIDER: provider, KEYS_URL: server.url + path, KEYS_TOKEN: session.stdout.trim() };
  return { box, env, server };
}

/** Whether the server accepts a key. */
async function works({ url }: Served, value: string): Promise<boolean> {
  const { status } = await fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${value}` } });
  return status === 200;
}

describe.each(apis)('$provider, over HTTP', { timeout: slow }, ({ provider, path, name, flags }) => {
  test('after --grace 0 the new key works and the old one does not', async () => {
    const { box, env, server } = await served(provider, path);
    box.expectSecretIn('key');
    const expires = provider === 'privatemind' ? flags : [];
    const created = await box.keys(['create', 'ci', '--to', 'file:key', ...expires], { env });
    expect(created.exit, created.stderr).toBe(0);
    const before = box.read('key');
    expect(await works(server, before)).toBe(true);

    const rotate = ['rotate', name, '--grace', '0', '--to', 'file:key', '--json', ...flags];
    const run = await box.program(rotate, { env });
    expect(run.exit, run.stderr).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({ changed: true, oldRevoked: true });
    expect([await works(server, before), await works(server, box.read('key'))]).toEqual([false, true]);
  });

  if (provider === 'riskinmind') return;

  test('both keys work during the grace period', async () => {
    const { box, env, server } = await served(provider, path);
    box.expectSecretIn('key');
    await box.keys(['create', 'ci', '--to', 'file:key', ...flags], { env });
    const before = box.read('key');
    const run = await box.program(['rotate', name, '--to', 'file:key', '--json', ...flags], { env });
    expect(run.exit, run.stderr).toBe(0);
    const { oldRevoked, oldRevokeAt } = JSON.parse(run.stdout) as {
      oldRevoked: boolean;
      oldRevokeAt: string;
    };
    expect(oldRevoked).toBe(false);
    const week = 7 * 86_400_000;
    expect(Math.abs(Date.parse(oldRevokeAt) - Date.now() - week)).toBeLessThan(3_600_000);
    expect([await works(server, before), await works(server, box.read('key'))]).toEqual([true, true]);
  });
});

describe('a rotation by the API itself whose secret is not delivered', { timeout: slow }, () => {
  test.each(['90d', undefined])('gives the old key its expiry back, with --expires %s', async (expires) => {
    const { box, env } = await served('authority', '/admin');
    box.expectSecretIn('key');
    await box.keys(['create', 'ci', '--to', 'file:key', ...(expires ? ['--expires', expires] : [])], {
      env,
    });
    const shown = async () => JSON.parse((await box.keys(['show', 'ci', '--json'], { env })).stdout);
    const before = await shown();
    const args = ['rotate', 'ci', '--grace', '0', '--to', 'exec:false'];
    const story = new Transcript(box, filters);
    expect(story.filtered(before.id)).toBe('[id 1]');
    expect(await story.program(args, { env })).toMatchInlineSnapshot(`
      "$ keys rotate ci --grace 0 --to exec:false
      exit 1
      --- stderr
      error: the secret was not delivered to exec:false: false failed with exit code 1; the new key [id 2] was revoked; the old key [id 1] works as before
      hint: set up an escrow to keep it next time: keys doctor
      --- files
      key (600): [secret 1]
      "
    `);
    const after = await shown();
    const seconds = (time: string | null) => time && Math.floor(Date.parse(time) / 1000);
    expect([after.id, after.status, seconds(after.expiresAt)]).toEqual([
      before.id,
      'active',
      seconds(before.expiresAt),
    ]);
    const again = await box.program(['rotate', 'ci', '--grace', '0', '--to', 'file:key', '--json'], {
      env,
    });
    expect(again.exit, again.stderr).toBe(0);
    expect(JSON.parse(again.stdout)).toMatchObject({ changed: true, oldRevoked: true });
  });

  test('--when-idle sets no expiry', async () => {
    const { box, env } = await served('authority', '/admin');
    box.expectSecretIn('key');
    await box.keys(['create', 'ci', '--to', 'file:key'], { env });
    const run = await box.program(['rotate', 'ci', '--when-idle', '1d', '--to', 'file:key', '--json'], {
      env,
    });
    const { oldId, oldRevokeAt } = JSON.parse(run.stdout) as { oldId: string; oldRevokeAt: null };
    expect(oldRevokeAt).toBeNull();
    const shown = await box.keys(['show', oldId, '--json'], { env });
    expect(JSON.parse(shown.stdout)).toMatchObject({ expiresAt: null, superseded: true, retireAt: null });
  });
});

test('of two rotations of one key at once the second is refused and creates nothing', async () => {
  const box = new Sandbox();
  box.expectSecretIn('key');
  await box.keys(['create', 'ci', '--to', 'file:key']);
  const vendors = new StandIns().add('slow', { lasts: 1500 });
  const env = { PATH: `${vendors.folder}:${process.env.PATH}` };
  const rotate = () => box.program(['rotate', 'ci', '--to', 'exec:slow', '--json'], { env });
  const runs = await Promise.all([rotate(), rotate()]);
  expect(runs.map(({ exit }) => exit).sort()).toEqual([0, 6]);
  const refused = runs.find(({ exit }) => exit === 6) ?? expect.fail('no rotation was refused');
  expect(
    new Transcript(box, filters).of(['rotate', 'ci', '--to', 'exec:slow', '--json'], refused),
  ).toMatchInlineSnapshot(`
    "$ keys rotate ci --to exec:slow --json
    exit 6
    --- stderr
    {"error":{"code":"rotation_under_way","message":"another process is rotating ci; nothing was changed","hint":"wait until it is done, then check: keys list"}}
    --- files
    key (600): [secret 1]
    "
  `);
  const { stdout } = await box.keys(['list', '--status', 'all', '--json']);
  expect(JSON.parse(stdout)).toHaveLength(2);
});

test('a job without a journal converges, run after run', { timeout: slow }, async () => {
  const { box, env, server } = await served('unreal', '/unreal');
  for (const name of ['key', 'fresh/key']) box.expectSecretIn(name);
  await box.keys(['create', 'ci', '--to', 'file:key'], { env });
  const before = box.read('key');
  // This API gives times in whole seconds.
  await sleep(1100);
  const run = async (home: string, args: readonly string[], to = 'file:key') => {
    const { exit, stdout } = await box.program(['rotate', 'ci', '--to', to, '--json', ...args], {
      env: { ...env, KEYS_HOME: join(box.cwd, home) },
    });
    return { exit, record: JSON.parse(stdout) };
  };
  expect(await run('fresh-1', ['--grace', '1s'])).toMatchObject({
    exit: 0,
    record: { changed: true, oldRevoked: false },
  });
  await sleep(2500);
  const daily = ['--older-than', '60d', '--grace', '1s'];
  expect(await run('fresh-2', daily, 'exec:true')).toMatchObject({
    exit: 5,
    record: { changed: false, pending: expect.any(String) },
  });
  expect(await works(server, before)).toBe(true);
  // A use of the new key is evidence that it has arrived.
  for (let call = 0; call < 5; call += 1) expect(await works(server, box.read('key'))).toBe(true);
  await sleep(500);
  expect(await run('fresh-3', daily, 'exec:true')).toMatchObject({
    exit: 0,
    record: { changed: false, retired: [expect.any(String)] },
  });
  expect([await works(server, before), await works(server, box.read('key'))]).toEqual([false, true]);
});

test('a sink that holds the new key is evidence for a job without a journal', {
  timeout: slow,
}, async () => {
  const { box, env, server } = await served('unreal', '/unreal');
  box.expectSecretIn('key');
  await box.keys(['create', 'ci', '--to', 'file:key'], { env });
  const before = box.read('key');
  await sleep(1100);
  const run = (home: string, args: readonly string[]) =>
    box.program(['rotate', 'ci', '--to', 'file:key', '--grace', '1s', ...args], {
      env: { ...env, KEYS_HOME: join(box.cwd, home) },
    });
  expect((await run('fresh-1', [])).exit).toBe(0);
  await sleep(2500);
  const daily = await run('fresh-2', ['--older-than', '60d']);
  const story = new Transcript(box, filters);
  expect(story.printed('keys rotate ci --older-than 60d', daily)).toMatchInlineSnapshot(`
    "$ keys rotate ci --older-than 60d
    exit 0
    --- stdout
    ci		[hash 1]	false		false
    --- stderr
    file:key holds [hash 1], so the old key [hash 2] was revoked
    ci ([hash 1]) is not due: created just now
    "
  `);
  expect([await works(server, before), await works(server, box.read('key'))]).toEqual([false, true]);
});
