import { execFile as execFileWithCallback } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import {
  readConfig as read,
  removeProfile,
  setCurrentProfile,
  writeProfile,
} from '../../src/accounts/config.ts';
import type { StoredProfile } from '../../src/accounts/profile.ts';
import { bundleProgram } from '../support/bundle.ts';
import { TokenBox } from '../support/token-box.ts';

const execFile = promisify(execFileWithCallback);
const work: StoredProfile = { provider: 'openrouter', url: null };
const full: StoredProfile = {
  provider: 'privatemind',
  url: 'https://keys.example.com',
  store: 'file',
  tokenCommand: ['pass', 'show', 'keys'],
  options: { workspace: 'w1' },
  escrow: 'file',
};

function readConfig(file: string, warn = async (_: string) => {}) {
  return read(file, warn);
}

function configOf(box: TokenBox): string {
  return join(box.home, 'config', 'config.json');
}

function settings(file: string): Record<string, unknown> {
  return JSON.parse(readFileSync(file, 'utf8'));
}

function write(file: string, content: unknown): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
}

test('a profile is stored for the user alone and reads back complete', async () => {
  const box = new TokenBox();
  const file = configOf(box);
  await writeProfile(file, 'a.b-c_D', full);
  await writeProfile(file, 'work', work);
  await setCurrentProfile(file, 'work');
  expect(await readConfig(file)).toEqual({
    currentProfile: 'work',
    profiles: { 'a.b-c_D': full, work },
  });
  expect(box.mode(file)).toBe('600');
  expect(box.mode(dirname(file))).toBe('700');
  expect(readdirSync(dirname(file))).toEqual(['config.json']);
});

test('a file is read again as soon as it has changed, by any process, and only then', async () => {
  const box = new TokenBox();
  const file = configOf(box);
  write(file, { currentProfile: 'a' });
  await sleep(150);
  const first = await readConfig(file);
  expect(await readConfig(file)).toBe(first);
  for (const name of ['b', 'c', 'd']) {
    // The same size, the same inode and perhaps the same time.
    write(file, { currentProfile: name });
    expect(await readConfig(file)).toMatchObject({ currentProfile: name });
  }
  await setCurrentProfile(file, 'e');
  expect(await readConfig(file)).toMatchObject({ currentProfile: 'e' });
});

test('the next change closes a file that was open to others', async () => {
  const box = new TokenBox();
  const file = configOf(box);
  await writeProfile(file, 'work', work);
  chmodSync(file, 0o644);
  await setCurrentProfile(file, 'work');
  expect(box.mode(file)).toBe('600');
});

test('unknown settings are kept, in the file and in a profile that is stored again', async () => {
  const box = new TokenBox();
  const file = configOf(box);
  write(file, {
    theme: { dark: true },
    profiles: { work: { ...full, colour: 'red' }, home: { ...work, x: 1 } },
  });
  await writeProfile(file, 'work', work);
  await setCurrentProfile(file, 'home');
  expect(settings(file)).toEqual({
    theme: { dark: true },
    currentProfile: 'home',
    profiles: { work: { ...work, colour: 'red' }, home: { ...work, x: 1 } },
  });
});

test('a removed profile is gone, and no longer the current one', async () => {
  const box = new TokenBox();
  const file = configOf(box);
  expect(await removeProfile(file, 'work')).toBe(false);
  expect(existsSync(box.home)).toBe(false);
  await writeProfile(file, 'work', work);
  await writeProfile(file, 'home', work);
  await setCurrentProfile(file, 'work');
  expect(await removeProfile(file, 'constructor')).toBe(false);
  expect(await removeProfile(file, 'home')).toBe(true);
  expect(settings(file)).toEqual({ currentProfile: 'work', profiles: { work } });
  expect(await removeProfile(file, 'work')).toBe(true);
  expect(settings(file)).toEqual({ profiles: {} });
});

test('concurrent writers of profiles lose none', async () => {
  const box = new TokenBox();
  const file = configOf(box);
  const program = await bundleProgram(`
    import { setCurrentProfile, writeProfile } from 'src/accounts/config.ts';
    const [file, name] = process.argv.slice(2);
    for (let index = 0; index < 8; index += 1) {
      await writeProfile(file, name + index, { provider: 'openrouter', url: null });
      await setCurrentProfile(file, name + index);
    }
  `);
  await Promise.all(['a', 'b', 'c', 'd'].map((name) => execFile(process.execPath, [program, file, name])));
  expect(Object.keys((await readConfig(file)).profiles)).toHaveLength(32);
});

test.each(['', 'a b', 'a/b', 'a@b', 'ä', '__proto__', 'constructor', 'x'.repeat(65)])(
  "'%s' is no name of a profile",
  async (name) => {
    const box = new TokenBox();
    const failure = await box.failure(writeProfile(configOf(box), name, work));
    expect(failure.exit).toBe('usage');
    expect((await box.failure(setCurrentProfile(configOf(box), name))).exit).toBe('usage');
    expect(existsSync(box.home)).toBe(false);
  },
);

test('every problem of a file is listed with its path, and an invalid file is not written to', async () => {
  const box = new TokenBox();
  const file = configOf(box);
  const profiles = {
    work: {
      provider: 7,
      url: 1,
      store: 'cloud',
      tokenCommand: 'pass',
      options: { a: 1 },
      escrow: 'keychain',
    },
    home: { provider: 'local', tokenCommand: [] },
    'a b': work,
  };
  write(file, { profiles });
  const before = readFileSync(file, 'utf8');
  const failure = await box.failure(readConfig(file));
  expect(failure.code).toBe('config_faulty');
  expect(failure.message.replace(file, 'config.json').split('; ')).toMatchInlineSnapshot(`
    [
      "config.json is not a valid configuration: profiles.work.provider: is 7, expected string",
      "profiles.work.url: is 1, expected string",
      "profiles.work.store: is "cloud", expected "keychain" or "file"",
      "profiles.work.tokenCommand: is "pass", expected list",
      "profiles.work.options.a: is 1, expected string",
      "profiles.work.escrow: is "keychain", expected "file"",
      "profiles.home.tokenCommand: the first entry must be a program",
      "profiles.a b: use 1 to 64 letters, digits, dots, underscores or hyphens",
    ]
  `);
  expect((await box.failure(writeProfile(file, 'new', work))).code).toBe('config_faulty');
  expect((await box.failure(removeProfile(file, 'work'))).code).toBe('config_faulty');
  write(file, '{ not json');
  expect((await box.failure(setCurrentProfile(file, 'new'))).code).toBe('config_faulty');
  expect(readFileSync(file, 'utf8')).toBe('{ not json');
  expect(JSON.parse(before)).toEqual({ profiles });
});

test('a folder that cannot be created is an error that names the file', async () => {
  const box = new TokenBox();
  writeFileSync(box.home, 'in the way');
  const failure = await box.failure(writeProfile(configOf(box), 'work', work));
  expect(failure).toMatchObject({
    code: 'config_not_written',
    message: `${configOf(box)} could not be written (ENOTDIR)`,
  });
});
