import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { hashOf } from '../../src/sinks/clear-clipboard.ts';
import { hammer } from '../support/hammer.ts';
import { startKeyring } from '../support/keyring.ts';
import { keyringParts, lacks } from '../support/real-parts.ts';
import { projectRoot, Sandbox } from '../support/sandbox.ts';
import { hasBackgroundThread, startServe } from '../support/serving.ts';

/* The single executable where there is neither Node.js nor any other program. Node.js for it comes from the registry. */

const binary = join(projectRoot, 'binary', process.platform === 'win32' ? 'keys.exe' : 'keys');
const alone = { PATH: '' };

beforeAll(() => {
  const build = spawnSync(process.execPath, [join(projectRoot, 'scripts', 'build-binary.mjs')]);
  expect(build.status, String(build.stderr)).toBe(0);
}, 600_000);

function nativeFolder(box: Sandbox): string {
  return join(box.home, 'cache', 'native');
}

test('it creates, lists, rotates and verifies keys', async () => {
  const box = new Sandbox();
  box.expectSecretIn('.env');
  const keys = async (...args: string[]) => {
    const { exit, stdout, stderr } = await box.command([binary, ...args], { env: alone });
    expect({ exit, stderr }).toMatchObject({ exit: 0, stderr: expect.not.stringContaining('arning') });
    return stdout;
  };
  expect(await keys('--version')).toBe('0.1.0\n');
  await keys('create', 'ci', '--expires', '90d', '--to', 'env:.env#API_KEY');
  await keys('rotate', 'ci', '--grace', '0', '--to', 'env:.env#API_KEY');
  const listed = JSON.parse(await keys('list', '--status', 'all', '--json', 'name,status'));
  expect(listed).toEqual([
    { name: 'ci', status: 'active' },
    { name: 'ci', status: 'revoked' },
  ]);
  expect(JSON.parse(await keys('verify', '--from', 'env:.env#API_KEY', '--json'))).toMatchObject({
    valid: true,
  });
  expect(await keys('list', '--format', 'yaml')).toContain('name: "ci"');
  const files = readdirSync(nativeFolder(box));
  expect(files).toEqual([expect.stringMatching(/^libsql-[0-9a-f]{16}\.node$/)]);
  expect(statSync(join(nativeFolder(box), files[0] ?? '')).mode & 0o777).toBe(0o600);
});

test('it serves', async () => {
  const box = new Sandbox();
  box.expectSecretIn('secret');
  const create = [binary, 'create', 'ci', '--to', 'file:secret'];
  expect((await box.command(create, { env: alone })).exit).toBe(0);
  const served = await startServe(box, [], { command: [binary], env: alone });
  const authorize = (key: string) =>
    fetch(`${served.url}/v1/authorize`, { headers: { authorization: `Bearer ${key}` } });
  expect((await authorize(box.read('secret').trim())).status).toBe(200);
  expect((await authorize('sk_unknown')).status).toBe(401);
  const session = [binary, 'session', 'create', '--user', 'admin', '--to', 'file:session'];
  box.expectSecretIn('session');
  expect((await box.command(session, { env: alone })).exit).toBe(0);
  const headers = { authorization: `Bearer ${box.read('session').trim()}` };
  const answer = await fetch(`${served.url}/admin/logs`, { headers });
  expect(await answer.json()).toMatchObject({ data: [{ path: '/v1/authorize', status_code: 200 }] });
  expect(hasBackgroundThread(served.pid)).toBe(true);
  expect(await served.stop()).toBe(0);
  expect(served.stderr()).not.toContain('unexpectedly');
});

test('it serves with several workers, which are the same file', async () => {
  const box = new Sandbox();
  box.expectSecretIn('secret');
  const create = [binary, 'create', 'ci', '--to', 'file:secret', '--rate-limit', '10'];
  expect((await box.command(create, { env: alone })).exit).toBe(0);
  const served = await startServe(box, ['--workers', '2'], { command: [binary], env: alone });
  expect(await hammer([served.url], box.read('secret').trim(), 64)).toEqual({ 200: 10, 429: 54 });
  expect(await (await fetch(`${served.url}/metrics`)).text()).toMatch(/^keys_workers 2$/m);
  expect(await served.stop()).toBe(0);
});

test('many processes that start at once on a new machine all work', async () => {
  const box = new Sandbox();
  const list = () => box.command([binary, 'list', '--json'], { env: alone });
  const runs = await Promise.all(Array.from({ length: 6 }, list));
  expect(runs).toEqual(runs.map(() => ({ exit: 0, stdout: '[]\n', stderr: '' })));
  expect(readdirSync(nativeFolder(box))).toHaveLength(1);
});

test('a damaged native part is unpacked again', async () => {
  const box = new Sandbox();
  const list = () => box.command([binary, 'list', '--json'], { env: alone });
  await list();
  const [name = ''] = readdirSync(nativeFolder(box));
  writeFileSync(join(nativeFolder(box), name), 'not a library');
  expect(await list()).toEqual({ exit: 0, stdout: '[]\n', stderr: '' });
});

test('without a cache it unpacks into a folder that is gone afterwards; without that, it says so', async () => {
  const box = new Sandbox();
  const temporary = join(box.cwd, 'tmp');
  mkdirSync(temporary);
  mkdirSync(box.home);
  writeFileSync(join(box.home, 'cache'), '');
  const list = () => box.command([binary, 'list', '--json'], { env: { ...alone, TMPDIR: temporary } });
  expect(await list()).toEqual({ exit: 0, stdout: '[]\n', stderr: '' });
  expect(readdirSync(temporary)).toEqual([]);
  chmodSync(temporary, 0o777);
  const { exit, stderr } = await list();
  expect([exit, stderr]).toEqual([
    1,
    expect.stringContaining('keys cannot unpack a part of itself (libsql)'),
  ]);
});

test('settings for another Node.js change nothing', async () => {
  const box = new Sandbox();
  box.write('hook.cjs', 'console.log("hooked")');
  const env = { ...alone, NODE_OPTIONS: `--require ${join(box.cwd, 'hook.cjs')}` };
  expect((await box.command([binary, '--version'], { env })).stdout).toBe('0.1.0\n');
});

test('its process that clears the clipboard does so', async () => {
  const box = new Sandbox();
  box.write('clipboard', 'EXAMPLE');
  const job = {
    copy: [process.execPath, '-e', `require('fs').writeFileSync('clipboard', '')`],
    paste: [process.execPath, '-p', `require('fs').readFileSync('clipboard', 'utf8')`],
    clearAfterMs: 1,
    hash: hashOf('EXAMPLE'),
  };
  const run = await box.command([binary, 'keys:clipboard-clear'], { env: alone, stdin: JSON.stringify(job) });
  expect(run.exit).toBe(0);
  expect(box.read('clipboard')).toBe('');
});

test.skipIf(process.platform !== 'linux')('no other program can read the keychain through it', async () => {
  const box = new Sandbox();
  const request = JSON.stringify({ operation: 'read', account: 'unreal@https://example.com' });
  const args = ['keys:keychain-child', 'keys-cli', String(process.pid)];
  const { exit, stdout } = await box.command([binary, ...args], { env: alone, stdin: `${request}\n` });
  expect([exit, stdout]).toEqual([2, '']);
});

test('no other program can run programs through it', async () => {
  const box = new Sandbox();
  const args = ['keys:program-launcher', String(process.pid)];
  const { exit, stdout } = await box.command([binary, ...args], { env: alone, stdin: '' });
  expect([exit, stdout]).toEqual([2, '']);
});

test('a fleet is delivered through its launcher', async () => {
  const box = new Sandbox();
  const names = Array.from({ length: 16 }, (_, number) => `ci-${number}`);
  for (const name of names) {
    box.expectSecretIn(`first-${name}`);
    box.expectSecretIn(name);
    await box.keys(['create', name, '--to', `file:first-${name}`]);
  }
  box.write('deliver.sh', 'cat >"$1"; tr "\\0" " " <"/proc/$PPID/cmdline" >"$1.parent"; sleep 0.2');
  const rotate = ['rotate', '--all', '--to', 'exec:sh deliver.sh {name}', '--yes'];
  expect(await box.command([binary, ...rotate], { env: { PATH: '/usr/bin:/bin' } })).toMatchObject({
    exit: 0,
  });
  const parents = names.map((name) => box.read(`${name}.parent`));
  expect(parents.filter((parent) => parent.includes('keys:program-launcher')).length).toBeGreaterThan(0);
});

describe.skipIf(lacks(...keyringParts))('with a real Secret Service', () => {
  test('it delivers to the keychain and reads from it', async () => {
    const box = new Sandbox();
    const keyring = await startKeyring({ home: join(box.cwd, 'keyring') });
    const env = { ...keyring.env, ...alone };
    const create = ['create', 'ci', '--to', 'keychain:ci', '--json', 'delivered'];
    const created = await box.command([binary, ...create], { env });
    expect(JSON.parse(created.stdout)).toEqual({ delivered: [{ sink: 'keychain:ci', verified: true }] });
    const verified = await box.command([binary, 'verify', '--from', 'keychain:ci', '--json'], { env });
    expect(JSON.parse(verified.stdout)).toMatchObject({ valid: true });
    expect(readdirSync(nativeFolder(box)).map((name) => name.split('-')[0])).toEqual(['keyring', 'libsql']);
    const read = `echo '{"operation":"read","account":"ci"}' | "$0" keys:keychain-child keys-cli-secrets $$ | cat`;
    expect(await box.command(['sh', '-c', read, binary], { env: keyring.env })).toMatchObject({
      stdout: '',
      stderr: expect.stringContaining('unknown command'),
    });
  });
});
