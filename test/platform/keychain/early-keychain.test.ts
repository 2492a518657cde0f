import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startKeychainEarly, takeEarlyKeychain } from '../../../src/platform/keychain/early-keychain.ts';
import { Sandbox } from '../../support/sandbox.ts';

/** Where the loader leaves the process for the program. */
const earlyKeychain = Symbol.for('keys.earlyKeychain');

const keychainProfile = { provider: 'unreal', url: 'https://api.example.com' };

/** Prints its arguments and a variable, and waits. */
const waiting = `
  console.log(JSON.stringify([...process.argv.slice(2), process.env.KEYS_PASSWORD ?? null]));
  process.stdin.resume();
`;

/** Starts the process for a command line, if it needs one. It is left for the one who takes it. */
function start(argv: string, { env = {}, profile = {}, config = '', code = waiting } = {}) {
  const box = new Sandbox();
  const settings = { currentProfile: 'work', profiles: { work: { ...keychainProfile, ...profile } } };
  box.write(join(box.home, 'config', 'config.json'), config || JSON.stringify(settings));
  box.write('entry.cjs', code);
  startKeychainEarly(join(box.cwd, 'entry.cjs'), argv.split(' '), {
    PATH: process.env.PATH,
    KEYS_HOME: box.home,
    KEYS_PASSWORD: 'x',
    ...env,
  });
  const { child } = (process as { [earlyKeychain]?: { child: ChildProcess } })[earlyKeychain] ?? {};
  onTestFinished(() => {
    takeEarlyKeychain('keys-cli');
    child?.kill('SIGKILL');
  });
  return child;
}

function started(...world: Parameters<typeof start>) {
  start(...world);
  return takeEarlyKeychain('keys-cli');
}

test('a command that will ask for a token in the keychain starts its process, which sees no secret', async () => {
  const child = started('list --json');
  const [line] = child ? await once(child.stdout, 'data') : [];
  expect(JSON.parse(String(line))).toEqual(['keys-cli', String(process.pid), null]);
  expect(takeEarlyKeychain('keys-cli')).toBeUndefined();
});

test.for([
  'profile list',
  'doctor',
  'list --help',
  'list --profile other',
  'list --provider=local',
  '--json list',
])('%s starts none', (argv) => {
  expect(started(argv)).toBeUndefined();
});

test.for<Parameters<typeof start>[1]>([
  { env: { KEYS_TOKEN: 'tok-EXAMPLE' } },
  { env: { KEYS_PROFILE: 'other' } },
  { profile: { store: 'file' } },
  { profile: { tokenCommand: ['pass', 'show', 'api'] } },
  { profile: { url: null } },
  { config: 'not JSON' },
  { config: '{}' },
])('none is started where the token is elsewhere, or unknown: %j', (world) => {
  expect(started('list', world)).toBeUndefined();
});

test('another service gets a process of its own', () => {
  start('list');
  expect(takeEarlyKeychain('keys-cli-secrets')).toBeUndefined();
  expect(takeEarlyKeychain('keys-cli')).toBeDefined();
});

test.for([
  ['by itself', 'process.exitCode = 0'],
  ['with an error', 'throw new Error()'],
  ['by a signal', 'process.kill(process.pid, "SIGKILL")'],
])('a process that has ended %s is not used', async ([, code = '']) => {
  const child = start('list', { code });
  await once(child as ChildProcess, 'exit');
  expect(takeEarlyKeychain('keys-cli')).toBeUndefined();
});
