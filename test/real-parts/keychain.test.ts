import { join } from 'node:path';
import OpenAI from 'openai';
import { describe, expect, test } from 'vitest';
import { startKeyring } from '../support/keyring.ts';
import { keyringParts, lacks } from '../support/real-parts.ts';
import { Sandbox } from '../support/sandbox.ts';
import { ScriptedUpstream, upstreamKey } from '../support/scripted-upstream.ts';
import { startServe } from '../support/serving.ts';
import { UnrealServer } from '../support/unreal-server.ts';

const login = (url: string) => ['login', '--provider', 'unreal', '--url', url, '--with-token', '--json'];

describe.skipIf(lacks(...keyringParts))('with a real Secret Service', () => {
  test('login stores the token, others see it, a new process uses it, logout removes it', async () => {
    const [box, server] = [new Sandbox(), await UnrealServer.start()];
    const keyring = await startKeyring({ home: join(box.cwd, 'keyring') });
    const options = { env: keyring.env };
    const account = `unreal@${server.url}`;

    const stored = await box.program(login(server.url), { ...options, stdin: 'tok-EXAMPLE\n' });
    expect(JSON.parse(stored.stdout)).toMatchObject({ tokenSource: 'keychain', authenticated: true });
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

  test('a login that changes the store takes the earlier token out of the other', async () => {
    const [box, server] = [new Sandbox(), await UnrealServer.start()];
    const keyring = await startKeyring({ home: join(box.cwd, 'keyring') });
    const options = { env: keyring.env, stdin: 'tok-EXAMPLE\n' };
    const find = ['secret-tool', 'lookup', 'service', 'keys-cli', 'username', `unreal@${server.url}`];
    await box.program(login(server.url), options);
    expect(keyring.run(find)).toBe('tok-EXAMPLE');
    expect((await box.program([...login(server.url), '--store', 'file'], options)).exit).toBe(0);
    expect(() => keyring.run(find)).toThrow();
    expect((await box.program(['status', '--json', 'tokenSource'], options)).stdout).toContain('"file"');
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
    expect(run.exit).toBe(1);
    const { code, message, hint } = JSON.parse(run.stderr).error;
    expect({ code, message }).toEqual({
      code: 'keychain_entry_taken',
      message: 'the keychain entry ci holds a key of the profile local, which would be overwritten',
    });
    expect(hint).toContain('--to keychain:work-ci');
    expect(server.keys).toEqual([]);
    expect(keyring.run(lookUp)).toBe(value);
    // The other hint does what it says.
    const [, removal = ''] = /remove it first: (.+)/.exec(hint) ?? [];
    keyring.run(['sh', '-c', removal]);
    expect((await box.program(create, { env: { ...keyring.env, ...work } })).exit).toBe(0);
    expect(keyring.run(lookUp)).toBe(server.keys[0]?.secret);
    const rotated = await box.program(['rotate', 'ci', '--to', 'keychain:ci', '--json', 'changed'], {
      env: { ...keyring.env, ...work },
    });
    expect(rotated.exit).toBe(0);
  });

  test('a keychain that is locked is an error of its own, and stores nothing', async () => {
    const [box, server] = [new Sandbox(), await UnrealServer.start()];
    const keyring = await startKeyring({ home: join(box.cwd, 'keyring') });
    keyring.lock();
    const run = await box.program(login(server.url), { env: keyring.env, stdin: 'tok-EXAMPLE\n' });
    expect(run.exit).toBe(4);
    expect(JSON.parse(run.stderr).error.code).toBe('keychain_locked');
  });

  test('keys run hands a program a value comes from the keychain', async () => {
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

test('without D-Bus, login and list say so and name every way on', async () => {
  const [box, server] = [new Sandbox(), await UnrealServer.start()];
  const env = { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent', XDG_RUNTIME_DIR: box.cwd };
  const profile = { KEYS_PROVIDER: 'unreal', KEYS_URL: server.url };
  for (const [args, stdin] of [
    [login(server.url), 'tok-EXAMPLE\n'],
    [['list', '--json'], ''],
  ] as const) {
    const run = await box.program(args, { env: { ...env, ...profile }, stdin });
    expect(run.exit).toBe(4);
    const { code, hint } = JSON.parse(run.stderr).error;
    expect(code).toBe('keychain_absent');
    for (const way of ['KEYS_TOKEN', '--store file', 'dbus-run-session']) expect(hint).toContain(way);
  }
});
