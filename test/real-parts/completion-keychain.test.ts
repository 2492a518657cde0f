import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isUnlocked } from '../../src/platform/keychain/is-unlocked.ts';
import { startKeyring } from '../support/keyring.ts';
import { keyringParts, lacks } from '../support/real-parts.ts';
import { Sandbox } from '../support/sandbox.ts';
import { UnrealServer } from '../support/unreal-server.ts';

/* Names of keys are listed in the background with the token in the keychain, unless that would ask somebody. */

const refresh = ['completion', '--refresh'];
const login = (url: string) => ['login', '--provider', 'unreal', '--url', url, '--with-token'];

describe.skipIf(lacks(...keyringParts))('with a real Secret Service', () => {
  test('an unlocked keychain is read, a locked one is not even asked', async () => {
    const [box, server] = [new Sandbox(), await UnrealServer.start()];
    server.add('production');
    const keyring = await startKeyring({ home: join(box.cwd, 'keyring') });
    const options = { env: keyring.env, stdin: JSON.stringify({ env: {} }) };
    expect((await box.program(login(server.url), { env: keyring.env, stdin: 'tok-EXAMPLE\n' })).exit).toBe(0);
    const file = join(box.home, 'cache', 'completion', 'profile-unreal.json');

    server.requests.length = 0;
    expect(await isUnlocked(keyring.env)).toBe(true);
    keyring.lock();
    expect(await isUnlocked(keyring.env)).toBe(false);
    expect(await box.program(refresh, options)).toMatchObject({ exit: 0, stdout: '', stderr: '' });
    expect(server.requests).toEqual([]);
    expect(existsSync(file)).toBe(false);

    await keyring.restart();
    expect((await box.program(login(server.url), { env: keyring.env, stdin: 'tok-EXAMPLE\n' })).exit).toBe(0);
    expect(await box.program(refresh, options)).toMatchObject({ exit: 0, stdout: '', stderr: '' });
    expect(readFileSync(file, 'utf8')).toContain('"production"');
  });

  test.each(['frozen', 'none'])('a keychain that is %s is no reason to wait for long', async (kind) => {
    const [box, server] = [new Sandbox(), await UnrealServer.start()];
    const service = kind === 'none' ? ('none' as const) : ('gnome-keyring' as const);
    const keyring = await startKeyring({ home: join(box.cwd, 'keyring'), service });
    if (kind === 'frozen') keyring.freeze();
    expect(await isUnlocked(keyring.env)).toBe(false);
    const env = { ...keyring.env, KEYS_PROVIDER: 'unreal', KEYS_URL: server.url };
    const stdin = JSON.stringify({ env: { KEYS_PROVIDER: 'unreal', KEYS_URL: server.url } });
    expect(await box.program(refresh, { env, stdin })).toMatchObject({ exit: 0, stdout: '', stderr: '' });
    expect(server.requests).toEqual([]);
  });
});
