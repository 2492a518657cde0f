import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FaultServer, json } from '../support/fault-server.ts';
import { Sandbox } from '../support/sandbox.ts';
import { folders, keychainFaults, ports, Transcript } from '../support/transcript.ts';

const url = 'https://keys.example.com';
const noBus = { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent' };
const job = { ...noBus, KEYS_PROVIDER: 'unreal', KEYS_URL: url };

describe('a job without a token names the missing variable', () => {
  function list(env: Readonly<Record<string, string>>): Promise<string> {
    return new Transcript(new Sandbox(), [folders, keychainFaults]).keys(['list', '--json'], {
      env: { ...job, ...env },
    });
  }

  test('no variable', async () => {
    expect(await list({})).toMatchInlineSnapshot(`
      "$ keys list --json
      exit 4
      --- stderr
      {"error":{"code":"keychain_absent","message":"KEYS_TOKEN is not set, and no Secret Service is available ([fault])","hint":"pass the token with each call: KEYS_TOKEN, or KEYS_TOKEN_FILE=PATH (keys help environment)\\nor store it in a file that only you can read: keys login --store file --profile unreal\\nor start a keyring, which works without a desktop and on WSL: dbus-run-session -- bash -c 'read -rsp \\"Password of the keyring: \\" p; printf %s \\"$p\\" | gnome-keyring-daemon --unlock --components=secrets; exec \\"$SHELL\\"'"}}
      "
    `);
  });

  test('a token that was withheld', async () => {
    expect(await list({ KEYS_TOKEN: '' })).toMatchInlineSnapshot(`
      "$ keys list --json
      exit 4
      --- stderr
      {"error":{"code":"keychain_absent","message":"KEYS_TOKEN is set but empty, and no Secret Service is available ([fault])","hint":"pass the token with each call: KEYS_TOKEN, or KEYS_TOKEN_FILE=PATH (keys help environment)\\nor store it in a file that only you can read: keys login --store file --profile unreal\\nor start a keyring, which works without a desktop and on WSL: dbus-run-session -- bash -c 'read -rsp \\"Password of the keyring: \\" p; printf %s \\"$p\\" | gnome-keyring-daemon --unlock --components=secrets; exec \\"$SHELL\\"'"}}
      "
    `);
  });

  test('no name of a file', async () => {
    expect(await list({ KEYS_TOKEN_FILE: '' })).toMatchInlineSnapshot(`
      "$ keys list --json
      exit 4
      --- stderr
      {"error":{"code":"keychain_absent","message":"KEYS_TOKEN_FILE is set but empty, and no Secret Service is available ([fault])","hint":"pass the token with each call: KEYS_TOKEN, or KEYS_TOKEN_FILE=PATH (keys help environment)\\nor store it in a file that only you can read: keys login --store file --profile unreal\\nor start a keyring, which works without a desktop and on WSL: dbus-run-session -- bash -c 'read -rsp \\"Password of the keyring: \\" p; printf %s \\"$p\\" | gnome-keyring-daemon --unlock --components=secrets; exec \\"$SHELL\\"'"}}
      "
    `);
  });

  test('white space', async () => {
    expect(await list({ KEYS_TOKEN: ' \n' })).toMatchInlineSnapshot(`
      "$ keys list --json
      exit 4
      --- stderr
      {"error":{"code":"token_empty","message":"KEYS_TOKEN contains no token","hint":"give only the token, on one line, without quotes and without \\"Bearer \\""}}
      "
    `);
  });

  test('a file that is missing', async () => {
    expect(await list({ KEYS_TOKEN_FILE: 'gone' })).toMatchInlineSnapshot(`
      "$ keys list --json
      exit 4
      --- stderr
      {"error":{"code":"token_file_unreadable","message":"KEYS_TOKEN_FILE: [folder 1]/gone cannot be read (ENOENT)","hint":"ls -ld '[folder 1]/gone'"}}
      "
    `);
  });

  test('an empty variable is named along with the profile that is not logged in', async () => {
    const box = withProfile(new Sandbox(), { url });
    const env = { ...noBus, KEYS_TOKEN: '' };
    expect(await new Transcript(box, []).keys(['list'], { env })).toMatchInlineSnapshot(`
      "$ keys list
      exit 4
      --- stderr
      error: not logged in: KEYS_TOKEN is set but empty, and there is no session token for the profile work at https://keys.example.com
      hint: keys login --profile work --provider unreal --url https://keys.example.com/
      hint: or set KEYS_TOKEN
      "
    `);
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
    const shows = new Transcript(box, [ports]);
    expect(await shows.keys(['list'])).toMatchInlineSnapshot(`
      "$ keys list
      exit 4
      --- stderr
      error: not logged in: no session token for the profile work at http://127.0.0.1:[port 1]; its token is for http://127.0.0.1:[port 2], and is not sent elsewhere
      hint: keys login --profile work --provider unreal --url http://127.0.0.1:[port 1]/
      hint: or set KEYS_TOKEN
      "
    `);
    expect(shows.filtered(`${other.origin} ${server.origin}`)).toMatchInlineSnapshot(
      `"http://127.0.0.1:[port 1] http://127.0.0.1:[port 2]"`,
    );
  });

  test('keeps no token for the old URL after another login', async () => {
    const { box, other, login } = await moved();
    other.on('GET /v1/keys', json(200, { keys: [] }));
    await box.keys([...login, '--url', other.origin], { stdin: 'tok-2-EXAMPLE' });
    expect(storedTokens(box)).toEqual([`work@${other.origin}`]);
  });

  test('nor after it is removed', async () => {
    const { box } = await moved();
    expect(await new Transcript(box, []).keys(['profile', 'remove', 'work'])).toMatchInlineSnapshot(`
      "$ keys profile remove work
      exit 0
      --- stdout
      work	true	true
      --- stderr
      removed the profile work and its session token
      the current profile is now local
      "
    `);
    expect(storedTokens(box)).toEqual([]);
  });

  test('nor after logout', async () => {
    const { box } = await moved();
    expect(await new Transcript(box, [ports]).keys(['logout'])).toMatchInlineSnapshot(`
      "$ keys logout
      exit 0
      --- stdout
      work	http://127.0.0.1:[port 1]	true	true	
      --- stderr
      removed the session token of the profile work; it stays valid at the provider until it expires
      "
    `);
    expect(storedTokens(box)).toEqual([]);
  });

  test('is removed with its token, even if its URL is no longer valid', async () => {
    const { box } = await moved();
    const file = join(box.home, 'config', 'config.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"provider": "unreal"', '"provider": "gone"'));
    expect(
      await new Transcript(box, []).keys(['profile', 'remove', 'work', '--json']),
    ).toMatchInlineSnapshot(`
      "$ keys profile remove work --json
      exit 0
      --- stdout
      {
        "name": "work",
        "removed": true,
        "tokenRemoved": true
      }
      --- stderr
      removed the profile work and its session token
      the current profile is now local
      "
    `);
    expect(storedTokens(box)).toEqual([]);
  });
});

test('a login without a keychain hints at one that works', async () => {
  const [box, server] = [new Sandbox(), await FaultServer.start()];
  server.on('GET /v1/keys', json(200, { keys: [] }));
  const shows = new Transcript(box, [folders, keychainFaults, ports]);
  const io = { env: noBus, stdin: 'tok-EXAMPLE' };
  const login = ['login', '--profile', 'work', '--provider', 'unreal', '--url', server.origin];
  expect(await shows.keys([...login, '--with-token', '--json'], io)).toMatchInlineSnapshot(`
    "$ keys login --profile work --provider unreal --url http://127.0.0.1:[port 1] --with-token --json
    exit 4
    --- stderr
    {"error":{"code":"keychain_absent","message":"no Secret Service is available ([fault])","hint":"pass the token with each call: KEYS_TOKEN, or KEYS_TOKEN_FILE=PATH (keys help environment)\\nor store it in a file that only you can read: keys login --store file --profile work --provider unreal --url http://127.0.0.1:[port 1]/\\nor start a keyring, which works without a desktop and on WSL: dbus-run-session -- bash -c 'read -rsp \\"Password of the keyring: \\" p; printf %s \\"$p\\" | gnome-keyring-daemon --unlock --components=secrets; exec \\"$SHELL\\"'"}}
    "
  `);
});
