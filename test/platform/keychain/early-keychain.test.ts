import { once } from 'node:events';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startKeychainEarly, takeEarlyKeychain } from '../../../src/platform/keychain/early-keychain.ts';
import { Sandbox } from '../../support/sandbox.ts';

const keychainProfile = { provider: 'unreal', url: 'https://api.example.com' };

/** The process that is started early for a command line, if there is one. It prints its arguments and a variable. */
function started(argv: string, { env = {}, profile = {}, config = '' } = {}) {
  const box = new Sandbox();
  const settings = { currentProfile: 'work', profiles: { work: { ...keychainProfile, ...profile } } };
  box.write(join(box.home, 'config', 'config.json'), config || JSON.stringify(settings));
  box.write(
    'entry.cjs',
    'console.log(JSON.stringify([...process.argv.slice(2), process.env.KEYS_PASSWORD ?? null]))',
  );
  const entry = join(box.cwd, 'entry.cjs');
  startKeychainEarly(entry, argv.split(' '), {
    PATH: process.env.PATH,
    KEYS_HOME: box.home,
    KEYS_PASSWORD: 'x',
    ...env,
  });
  const child = takeEarlyKeychain('keys-cli');
  onTestFinished(() => void child?.kill('SIGKILL'));
  return child;
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

test.for<Parameters<typeof started>[1]>([
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

test('a process that has ended is not used', async () => {
  const box = new Sandbox();
  box.write(
    join(box.home, 'config', 'config.json'),
    JSON.stringify({ currentProfile: 'work', profiles: { work: keychainProfile } }),
  );
  startKeychainEarly(join(box.cwd, 'missing.cjs'), ['list'], { PATH: process.env.PATH, KEYS_HOME: box.home });
  await expect.poll(() => takeEarlyKeychain('keys-cli-other')).toBeUndefined();
  const child = takeEarlyKeychain('keys-cli');
  expect(child?.pid).toBeGreaterThan(0);
});
