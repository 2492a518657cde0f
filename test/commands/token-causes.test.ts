import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FaultServer, json } from '../support/fault-server.ts';
import type { Run } from '../support/sandbox.ts';
import { Sandbox } from '../support/sandbox.ts';

function errorOf({ stderr }: Run): { code: string; message: string; hint: string } {
  return JSON.parse(stderr).error;
}

const url = 'https://keys.example.com';
const noBus = { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent' };
const job = { ...noBus, KEYS_PROVIDER: 'unreal', KEYS_URL: url };

describe('a job without a token names the missing variable', () => {
  test.each([
    ['no variable', {}, 'KEYS_TOKEN is not set, and no Secret Service '],
    ['a token that was withheld', { KEYS_TOKEN: '' }, 'KEYS_TOKEN is set but empty, and no Secret Service '],
    [
      'no name of a file',
      { KEYS_TOKEN_FILE: '' },
      'KEYS_TOKEN_FILE is set but empty, and no Secret Service ',
    ],
  ])('%s', async (_, env, start) => {
    const run = await new Sandbox().keys(['list', '--json'], { env: { ...job, ...env } });
    expect(run.exit).toBe(4);
    const { code, message, hint } = errorOf(run);
    expect(code).toBe('keychain_absent');
    expect(message.startsWith(start), message).toBe(true);
    expect(hint).toMatch(/^pass the token with each call: KEYS_TOKEN/);
  });

  test.each([
    ['white space', { KEYS_TOKEN: ' \n' }, 'KEYS_TOKEN contains no token'],
    ['a file that is missing', { KEYS_TOKEN_FILE: 'gone' }, /^KEYS_TOKEN_FILE: \/.*gone cannot be read/],
  ])('%s', async (_, env, expected) => {
    const run = await new Sandbox().keys(['list', '--json'], { env: { ...job, ...env } });
    expect(run.exit).toBe(4);
    expect(errorOf(run).message).toMatch(expected);
  });

  test('an empty variable is named along with the profile that is not logged in', async () => {
    const box = withProfile(new Sandbox(), { url });
    const run = await box.keys(['list', '--json'], { env: { ...noBus, KEYS_TOKEN: '' } });
    expect(errorOf(run).message).toMatch(/^KEYS_TOKEN is set but empty, and not logged in: /);
  });
});

function withProfile(box: Sandbox, settings: object): Sandbox {
  mkdirSync(join(box.home, 'config'), { recursive: true, mode: 0o700 });
  const profiles = { work: { provider: 'unreal', store: 'file', ...settings } };
  const config = JSON.stringify({ currentProfile: 'work', profiles });
  writeFileSync(join(box.home, 'config', 'config.json'), config, { mode: 0o600 });
  return box;
}

function storedTokens(box: Sandbox): string[] {
  return Object.keys(JSON.parse(readFileSync(join(box.home, 'data', 'tokens.json'), 'utf8')));
}

describe('a profile whose URL was changed in the file', () => {
  async function moved() {
    const [box, server, other] = [new Sandbox(), await FaultServer.start(), await FaultServer.start()];
    server.on('GET /v1/keys', json(200, { keys: [] }));
    const login = ['login', '--profile', 'work', '--provider', 'unreal', '--store', 'file', '--with-token'];
    await box.keys([...login, '--url', server.origin], { stdin: 'tok-EXAMPLE' });
    expect(storedTokens(box)).toEqual([`work@${server.origin}`]);
    const file = join(box.home, 'config', 'config.json');
    const config = readFileSync(file, 'utf8').replace(
      `"url": "${server.origin}"`,
      `"url": "${other.origin}"`,
    );
    writeFileSync(file, config);
    return { box, other, login, server };
  }

  test('reports the origin that its token is for', async () => {
    const { box, server, other } = await moved();
    const run = await box.keys(['list', '--json']);
    expect(run.exit).toBe(4);
    expect(errorOf(run).message).toBe(
      `not logged in: no session token for the profile work at ${other.origin}; its token is for ${server.origin}, and is not sent elsewhere`,
    );
  });

  test('keeps no token for the old URL after another login', async () => {
    const { box, other, login } = await moved();
    other.on('GET /v1/keys', json(200, { keys: [] }));
    await box.keys([...login, '--url', other.origin], { stdin: 'tok-2-EXAMPLE' });
    expect(storedTokens(box)).toEqual([`work@${other.origin}`]);
  });

  test.each([[['profile', 'remove', 'work']], [['logout']]])('nor after %j', async (args) => {
    const { box } = await moved();
    expect((await box.keys(args)).exit).toBe(0);
    expect(storedTokens(box)).toEqual([]);
  });

  test('is removed with its token, even if its URL is no longer valid', async () => {
    const { box } = await moved();
    const file = join(box.home, 'config', 'config.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"provider": "unreal"', '"provider": "gone"'));
    expect((await box.keys(['profile', 'remove', 'work', '--json'])).stdout).toContain(
      '"tokenRemoved": true',
    );
    expect(storedTokens(box)).toEqual([]);
  });
});
