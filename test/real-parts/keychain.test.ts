import { join } from 'node:path';
import OpenAI from 'openai';
import { describe, expect, test } from 'vitest';
import { unreal } from '../../src/providers/built-in/unreal.ts';
import { startKeyring } from '../support/keyring.ts';
import { keyringParts, lacks } from '../support/real-parts.ts';
import type { Run } from '../support/sandbox.ts';
import { Sandbox } from '../support/sandbox.ts';
import { ScriptedUpstream, upstreamKey } from '../support/scripted-upstream.ts';
import { startServe } from '../support/serving.ts';
import { commandLine, folders, ports, Transcript } from '../support/transcript.ts';
import { UnrealServer } from '../support/unreal-server.ts';

/** What the system says differs from version to version. */
const reasons = {
  word: 'reason',
  pattern: /(?<=\((?:Platform failure|Couldn't access platform storage): )[^)]*/g,
};

/** Without the files: the keyring's own are in the working folder. */
function printed(box: Sandbox, command: string, run: Run): string {
  return new Transcript(box, [ports, folders, reasons]).printed(command, run);
}

const login = (url: string) => ['login', '--provider', 'unreal', '--url', url, '--with-token', '--json'];

describe.skipIf(lacks(...keyringParts))('with a real Secret Service', () => {
  test('login stores the token, other programs see it, a new process uses it, logout removes it', async () => {
    const [box, server] = [new Sandbox(), await UnrealServer.start()];
    const keyring = await startKeyring({ home: join(box.cwd, 'keyring') });
    const options = { env: keyring.env };
    const account = `unreal@${server.url}`;

    const stored = await box.program(login(server.url), { ...options, stdin: 'tok-EXAMPLE\n' });
    expect(printed(box, commandLine(login(server.url)), stored)).toMatchInlineSnapshot(`
      "$ keys login --provider unreal --url http://127.0.0.1:[port 1] --with-token --json
      exit 0
      --- stdout
      {
        "profile": "unreal",
        "provider": "unreal",
        "url": "http://127.0.0.1:[port 1]",
        "tokenSource": "keychain",
        "authenticated": true,
        "capabilities": {
          "overlap": "client",
          "expiry": "none",
          "uniqueNames": false,
          "maxKeys": null,
          "endsLists": false,
          "show": true,
          "create": true,
          "revoke": true,
          "usage": true,
          "logs": false,
          "logsByKey": false,
          "update": false,
          "disable": false,
          "verify": true,
          "expiryResolution": 1,
          "createFields": [
            "name"
          ],
          "updateFields": [],
          "usageByDay": false,
          "reports": [
            "id",
            "name",
            "status",
            "createdAt",
            "usage",
            "superseded"
          ]
        }
      }
      --- stderr
      logged in: unreal is now the current profile; its token is in the keychain
      "
    `);
    expect(keyring.run(['secret-tool', 'lookup', 'service', 'keys-cli', 'username', account])).toBe(
      'tok-EXAMPLE',
    );

    expect((await box.program(['list', '--json'], options)).stdout).toBe('[]\n');
    expect((await box.program(['logout'], options)).exit).toBe(0);
    expect((await box.program(['list'], options)).exit).toBe(4);
    expect(() =>
      keyring.run(['secret-tool', 'lookup', 'service', 'keys-cli', 'username', account]),
    ).toThrow();
  });

  test('each list sends the token of its profile, and nothing once the keychain is locked', async () => {
    const [box, server] = [new Sandbox(), await UnrealServer.start()];
    const keyring = await startKeyring({ home: join(box.cwd, 'keyring') });
    const options = { env: keyring.env };
    for (const profile of ['work', 'home']) {
      const token = `tok-${profile}EXAMPLE`;
      server.sessionTokens.add(token);
      const args = [...login(server.url), '--profile', profile];
      expect((await box.program(args, { ...options, stdin: `${token}\n` })).exit).toBe(0);
    }
    const sent = () => server.credentials.splice(0);
    sent();

    // The second time, the program is run from what was compiled the first time.
    for (let round = 0; round < 2; round += 1) {
      expect(await box.program(['list', '--json'], options)).toEqual({ exit: 0, stdout: '[]\n', stderr: '' });
      expect(sent()).toEqual(['Bearer tok-homeEXAMPLE']);
    }
    expect((await box.program(['list', '--profile', 'work'], options)).exit).toBe(0);
    expect(sent()).toEqual(['Bearer tok-workEXAMPLE']);
    expect((await box.program(['profile', 'use', 'work'], options)).exit).toBe(0);
    expect((await box.program(['list'], options)).exit).toBe(0);
    expect(sent()).toEqual(['Bearer tok-workEXAMPLE']);

    keyring.lock();
    const { exit, stderr } = await box.program(['list', '--json'], options);
    expect(exit).toBe(4);
    expect(JSON.parse(stderr).error.code).toBe('keychain_locked');
    expect(sent()).toEqual([]);
  });

  test('a second secret is stored beside the token, and logout removes both', async () => {
    const [box, server] = [new Sandbox(), await UnrealServer.start()];
    const keyring = await startKeyring({ home: join(box.cwd, 'keyring') });
    const twoKeys = {
      ...unreal,
      id: 'two-keys',
      headers: { 'x-app-key': '{secret.appKey}' },
      secrets: { appKey: { help: 'the application key', keep: true } },
    };
    box.ownProvider(twoKeys);
    const env = { ...keyring.env, KEYS_APPKEY: 'tok-appKeyEXAMPLE' };
    const args = ['login', '--provider', 'two-keys', '--url', server.url, '--with-token'];
    expect((await box.program(args, { env, stdin: 'tok-EXAMPLE\n' })).exit).toBe(0);
    const account = `two-keys@${server.url}`;
    const stored = (name: string) =>
      keyring.run(['secret-tool', 'lookup', 'service', 'keys-cli', 'username', name]);
    expect([stored(account), stored(`${account}#appKey`)]).toEqual(['tok-EXAMPLE', 'tok-appKeyEXAMPLE']);
    const status = await box.program(['status', '--json', 'secrets'], { env: keyring.env });
    expect(JSON.parse(status.stdout)).toEqual({ secrets: { appKey: 'keychain' } });
    expect((await box.program(['logout'], { env: keyring.env })).exit).toBe(0);
    for (const name of [account, `${account}#appKey`]) expect(() => stored(name)).toThrow();
  });

  test('a login to another store removes the earlier token from the first', async () => {
    const [box, server] = [new Sandbox(), await UnrealServer.start()];
    const keyring = await startKeyring({ home: join(box.cwd, 'keyring') });
    const options = { env: keyring.env, stdin: 'tok-EXAMPLE\n' };
    const find = ['secret-tool', 'lookup', 'service', 'keys-cli', 'username', `unreal@${server.url}`];
    await box.program(login(server.url), options);
    expect(keyring.run(find)).toBe('tok-EXAMPLE');
    expect((await box.program([...login(server.url), '--store', 'file'], options)).exit).toBe(0);
    expect(() => keyring.run(find)).toThrow();
    const status = await box.program(['status', '--json', 'tokenSource'], options);
    expect(printed(box, 'keys status --json tokenSource', status)).toMatchInlineSnapshot(`
      "$ keys status --json tokenSource
      exit 0
      --- stdout
      {
        "tokenSource": "file"
      }
      "
    `);
  });

  test('an entry that holds the key of another profile is not overwritten', async () => {
    const [box, server] = [new Sandbox(), await UnrealServer.start()];
    const keyring = await startKeyring({ home: join(box.cwd, 'keyring') });
    const lookUp = ['secret-tool', 'lookup', 'service', 'keys-cli-secrets', 'username', 'ci'];
    const create = ['create', 'ci', '--to', 'keychain:ci', '--json', 'delivered'];
    expect((await box.program(create, { env: keyring.env })).exit).toBe(0);
    const value = keyring.run(lookUp);
    const work = {
      KEYS_PROFILE: 'work',
      KEYS_PROVIDER: 'unreal',
      KEYS_URL: server.url,
      KEYS_TOKEN: 'tok-EXAMPLE',
    };
    const run = await box.program(create, { env: { ...keyring.env, ...work } });
    expect(printed(box, commandLine(create), run)).toMatchInlineSnapshot(`
      "$ keys create ci --to keychain:ci --json delivered
      exit 1
      --- stderr
      {"error":{"code":"keychain_entry_taken","message":"the keychain entry ci holds a key of the profile local, which would be overwritten","hint":"choose another name: --to keychain:work-ci\\nor remove it first: secret-tool clear service keys-cli-secrets username ci"}}
      "
    `);
    const { hint } = JSON.parse(run.stderr).error;
    expect(server.keys).toEqual([]);
    expect(keyring.run(lookUp)).toBe(value);
    // The command of the other hint works.
    const [, removal = ''] = /remove it first: (.+)/.exec(hint) ?? [];
    keyring.run(['sh', '-c', removal]);
    expect((await box.program(create, { env: { ...keyring.env, ...work } })).exit).toBe(0);
    expect(keyring.run(lookUp)).toBe(server.keys[0]?.secret);
    const rotated = await box.program(['rotate', 'ci', '--to', 'keychain:ci', '--json', 'changed'], {
      env: { ...keyring.env, ...work },
    });
    expect(rotated.exit).toBe(0);
  });

  test('a locked keychain is an error, and nothing is stored', async () => {
    const [box, server] = [new Sandbox(), await UnrealServer.start()];
    const keyring = await startKeyring({ home: join(box.cwd, 'keyring') });
    keyring.lock();
    const run = await box.program(login(server.url), { env: keyring.env, stdin: 'tok-EXAMPLE\n' });
    expect(printed(box, commandLine(login(server.url)), run)).toMatchInlineSnapshot(`
      "$ keys login --provider unreal --url http://127.0.0.1:[port 1] --with-token --json
      exit 4
      --- stderr
      {"error":{"code":"keychain_locked","message":"the Secret Service is locked (Couldn't access platform storage: [reason])","hint":"pass the token with each call: KEYS_TOKEN, or KEYS_TOKEN_FILE=PATH (keys help environment)\\nor store it in a file that only you can read: keys login --store file --profile unreal --provider unreal --url http://127.0.0.1:[port 1]/\\nor start a keyring, which works without a desktop and on WSL: dbus-run-session -- bash -c 'read -rsp \\"Password of the keyring: \\" p; printf %s \\"$p\\" | gnome-keyring-daemon --unlock --components=secrets; exec \\"$SHELL\\"'"}}
      "
    `);
  });

  test('keys run gives a program a value from the keychain', async () => {
    const box = new Sandbox();
    const keyring = await startKeyring({ home: join(box.cwd, 'keyring') });
    const account = ['service', 'keys-cli-secrets', 'username', 'deploy'];
    keyring.run(['secret-tool', 'store', '--label', 'deploy', ...account], 'from-the-keychain');
    const line = 'test "$API_KEY" = from-the-keychain && cat';
    const run = await box.program(['run', '--env', 'API_KEY=keychain:deploy', '--', 'sh', '-c', line], {
      env: keyring.env,
      stdin: 'still here\n',
    });
    expect(run).toEqual({ exit: 0, stdout: 'still here\n', stderr: '' });
  });

  test("keys serve takes the upstream's key from the keychain", async () => {
    const [box, upstream] = [new Sandbox(), await ScriptedUpstream.start()];
    const keyring = await startKeyring({ home: join(box.cwd, 'keyring') });
    const attributes = ['service', 'keys-cli-secrets', 'username', 'upstream'];
    keyring.run(['secret-tool', 'store', '--label', 'upstream', ...attributes], upstreamKey);
    const flags = ['--upstream', upstream.url.href, '--upstream-key', 'keychain:upstream'];
    const server = await startServe(box, flags, { env: keyring.env });
    const { stdout } = await box.program(['create', 'ci', '--secret-only'], { secretOnStdout: true });
    const openai = new OpenAI({ apiKey: stdout.trim(), baseURL: `${server.url}/v1`, maxRetries: 0 });
    expect((await openai.models.list()).data.length).toBeGreaterThan(0);
  });
});

test('without D-Bus, login and list say so and name each alternative', async () => {
  const [box, server] = [new Sandbox(), await UnrealServer.start()];
  const env = { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent', XDG_RUNTIME_DIR: box.cwd };
  const profile = { KEYS_PROVIDER: 'unreal', KEYS_URL: server.url };
  const texts: string[] = [];
  for (const [args, stdin] of [
    [login(server.url), 'tok-EXAMPLE\n'],
    [['list', '--json'], ''],
  ] as const) {
    const run = await box.program(args, { env: { ...env, ...profile }, stdin });
    texts.push(printed(box, commandLine(args), run));
  }
  expect(texts.join('')).toMatchInlineSnapshot(`
    "$ keys login --provider unreal --url http://127.0.0.1:[port 1] --with-token --json
    exit 4
    --- stderr
    {"error":{"code":"keychain_absent","message":"no Secret Service is available (Platform failure: [reason])","hint":"pass the token with each call: KEYS_TOKEN, or KEYS_TOKEN_FILE=PATH (keys help environment)\\nor store it in a file that only you can read: keys login --store file --profile unreal --provider unreal --url http://127.0.0.1:[port 1]/\\nor start a keyring, which works without a desktop and on WSL: dbus-run-session -- bash -c 'read -rsp \\"Password of the keyring: \\" p; printf %s \\"$p\\" | gnome-keyring-daemon --unlock --components=secrets; exec \\"$SHELL\\"'"}}
    $ keys list --json
    exit 4
    --- stderr
    {"error":{"code":"keychain_absent","message":"KEYS_TOKEN is not set, and no Secret Service is available (Platform failure: [reason])","hint":"pass the token with each call: KEYS_TOKEN, or KEYS_TOKEN_FILE=PATH (keys help environment)\\nor store it in a file that only you can read: keys login --store file --profile unreal\\nor start a keyring, which works without a desktop and on WSL: dbus-run-session -- bash -c 'read -rsp \\"Password of the keyring: \\" p; printf %s \\"$p\\" | gnome-keyring-daemon --unlock --components=secrets; exec \\"$SHELL\\"'"}}
    "
  `);
});
