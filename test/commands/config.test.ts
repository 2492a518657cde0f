import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Sandbox } from '../support/sandbox.ts';

const stored = {
  currentProfile: 'work',
  profiles: {
    work: {
      provider: 'unreal',
      url: 'https://api.example.com',
      store: 'keychain',
      tokenOrigin: 'https://api.example.com',
    },
    'eu.prod': { provider: 'gitlab', options: { project: 'group/app' } },
  },
};

function configured(settings: object = stored): Sandbox {
  const box = new Sandbox();
  mkdirSync(join(box.home, 'config'), { recursive: true, mode: 0o700 });
  writeFileSync(fileOf(box), JSON.stringify(settings), { mode: 0o600 });
  return box;
}

const fileOf = (box: Sandbox) => join(box.home, 'config', 'config.json');
const settingsIn = (box: Sandbox) => JSON.parse(readFileSync(fileOf(box), 'utf8'));

test('config list has every setting that people change, by its name', async () => {
  const { stdout } = await configured().keys(['config', 'list', '--json']);
  expect(JSON.parse(stdout)).toEqual([
    { name: 'currentProfile', value: 'work' },
    { name: 'profiles.work.provider', value: 'unreal' },
    { name: 'profiles.work.url', value: 'https://api.example.com' },
    { name: 'profiles.eu.prod.provider', value: 'gitlab' },
    { name: 'profiles.eu.prod.options.project', value: 'group/app' },
  ]);
});

test.each([
  ['currentProfile', 'work'],
  ['url', 'https://api.example.com'],
  ['profiles.work.url', 'https://api.example.com'],
  ['profiles.eu.prod.options.project', 'group/app'],
])('config get %s', async (name, value) => {
  expect(await configured().keys(['config', 'get', name])).toEqual({
    exit: 0,
    stdout: `${value}\n`,
    stderr: '',
  });
});

test('config get of what is not set: exit 3', async () => {
  expect(await configured().keys(['config', 'get', 'escrow'])).toMatchObject({
    exit: 3,
    stderr: expect.stringContaining('profiles.work.escrow is not set'),
  });
});

describe('config set', () => {
  // With --url, such a token is not sent elsewhere either.
  test.each<[profile: object, verb: string, ...words: string[]]>([
    [{ provider: 'unreal', url: 'https://api.example.com' }, 'set', 'url', 'https://other.example.com'],
    [{ provider: 'openrouter', url: 'https://other.example.com' }, 'unset', 'url'],
    [{ provider: 'openrouter' }, 'set', 'provider', 'openai'],
  ])('does not move %j with a tokenCommand to another origin: %s %s %s', async (profile, verb, ...words) => {
    const tokenCommand = ['op', 'read', 'op://vault/item/token'];
    const settings = { currentProfile: 'work', profiles: { work: { ...profile, tokenCommand } } };
    const box = configured(settings);
    expect(await box.keys(['config', verb, ...words])).toMatchObject({
      exit: 2,
      stderr: expect.stringMatching(
        /its tokenCommand prints a token for https:\/\/.*; nothing was changed[\s\S]*keys config unset profiles\.work\.tokenCommand/,
      ),
    });
    expect(settingsIn(box)).toEqual(settings);
    expect((await box.keys(['config', 'unset', 'tokenCommand'])).exit).toBe(0);
    expect((await box.keys(['config', verb, ...words])).exit).toBe(0);
  });

  test('moves a profile with a tokenCommand within its origin', async () => {
    const work = { provider: 'unreal', url: 'https://api.example.com', tokenCommand: ['token'] };
    const box = configured({ currentProfile: 'work', profiles: { work } });
    expect((await box.keys(['config', 'set', 'url', 'https://api.example.com/v2'])).exit).toBe(0);
  });

  test.each([
    [['escrow', 'file'], 'work', { escrow: 'file' }],
    [['profiles.work.url', 'https://eu.example.com'], 'work', { url: 'https://eu.example.com' }],
    [['tokenCommand', '["op","read"]'], 'work', { tokenCommand: ['op', 'read'] }],
    [['profiles.eu.prod.options.project', 'other'], 'eu.prod', { options: { project: 'other' } }],
  ])('%j', async (args, profile, change) => {
    const box = configured();
    expect(await box.keys(['config', 'set', ...args, '--json', 'changed'])).toMatchObject({
      exit: 0,
      stdout: '{\n  "changed": true\n}\n',
    });
    expect(settingsIn(box).profiles[profile]).toMatchObject(change);
    expect(settingsIn(box).profiles.work.tokenOrigin).toBe('https://api.example.com');
    expect(await box.keys(['config', 'set', ...args, '--json', 'changed'])).toMatchObject({
      stdout: '{\n  "changed": false\n}\n',
    });
  });

  test.each([
    ['escrw', 'file', "'escrw' is not a setting (did you mean escrow?)"],
    ['escrow', 'keychain', 'profiles.work.escrow: is "keychain", expected "file"; nothing was changed'],
    ['tokenCommand', 'op read', 'tokenCommand is not JSON'],
    ['tokenCommand', '[""]', 'the first entry must be a program'],
    ['url', 'http://api.example.com', 'in the clear'],
    ['url', 'nonsense', 'nonsense'],
    ['provider', 'unrael', 'unrael'],
    ['options.nosuch', 'x', 'has no such setting'],
    ['options.__proto__', 'x', 'is not a setting'],
    ['profiles.__proto__.url', 'https://api.example.com', '__proto__'],
    ['profiles.nosuch.url', 'https://api.example.com', "there is no profile 'nosuch'"],
    ['profiles.local.url', 'https://api.example.com', 'has no settings'],
    ['currentProfile', 'nosuch', "there is no profile 'nosuch'"],
    ['tokenOrigin', 'https://api.example.com', 'written by keys login alone'],
    ['store', 'file', 'written by keys login alone'],
    ['profiles', '{}', 'is not a setting'],
  ])('%s %s is refused: exit 2, and nothing changes', async (name, value, message) => {
    const box = configured();
    const run = await box.keys(['config', 'set', name, value]);
    expect(run).toMatchObject({ exit: 2, stdout: '', stderr: expect.stringContaining(message) });
    expect(settingsIn(box)).toEqual(stored);
  });
});

test('config unset removes a setting, and says if there was none', async () => {
  const box = configured();
  expect((await box.keys(['config', 'unset', 'currentProfile'])).stderr).toBe(
    'currentProfile is no longer set\n',
  );
  expect(settingsIn(box)).toEqual({ profiles: stored.profiles });
  expect((await box.keys(['config', 'unset', 'profiles.eu.prod.escrow'])).stderr).toBe(
    'profiles.eu.prod.escrow was not set\n',
  );
});

test('config edit needs a terminal: exit 2', async () => {
  expect(await configured().keys(['config', 'edit'])).toMatchObject({
    exit: 2,
    stderr: expect.stringContaining('keys config set NAME VALUE'),
  });
});

test('an unknown name in the file is warned of', async () => {
  const { stderr } = await configured({ profiles: {}, curentProfile: 'x' }).keys(['config', 'list']);
  expect(stderr).toContain('curentProfile is not a setting and is ignored (did you mean currentProfile?)');
});
