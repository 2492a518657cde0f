import { execFile as execFileWithCallback } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { findToken } from '../../../src/accounts/tokens/find-token.ts';
import type { TokenContext, TokenOwner } from '../../../src/accounts/tokens/token-context.ts';
import { openStore } from '../../../src/accounts/tokens/token-store.ts';
import { Secret } from '../../../src/base/secret.ts';
import type { Environment } from '../../../src/platform/env.ts';
import { openKeychain } from '../../../src/platform/keychain/open-keychain.ts';
import { bundleProgram } from '../../support/bundle.ts';
import type { KeyringOptions } from '../../support/keyring.ts';
import { startKeyring } from '../../support/keyring.ts';
import { keyringParts, lacks } from '../../support/real-parts.ts';
import { TokenBox } from '../../support/token-box.ts';

const execFile = promisify(execFileWithCallback);
const owner: TokenOwner = { profile: 'work', origin: 'https://api.example.com' };
const account = 'work@https://api.example.com';

/** A sandbox with a keyring in it. */
async function boxWithKeyring(options: Partial<KeyringOptions> = {}) {
  const box = new TokenBox();
  return { box, keyring: await startKeyring({ home: join(box.root, 'keyring'), ...options }) };
}

/** Longer than anything here takes: on a busy machine, a keychain that answers may need more than the usual 3 s. */
const ampleMs = 100_000;
const ample = { timeout: ampleMs };

/** A context whose keychain is given ample time. */
function patientContext(box: TokenBox, env?: Environment): TokenContext {
  const context = box.context(env);
  const keychain = openKeychain({
    ...{ service: 'tokens', env: context.env, interactive: false },
    timeoutMs: ampleMs,
  });
  return { ...context, keychain };
}

/** What the work results in, and whether it took longer than this. */
async function timed<T>(
  milliseconds: number,
  work: () => Promise<T>,
): Promise<{ result: T; isLonger: boolean }> {
  const start = performance.now();
  const result = await work();
  return { result, isLonger: performance.now() - start > milliseconds };
}

/** Accepts connections and never answers. */
async function deafBus(box: TokenBox): Promise<Environment> {
  const path = join(box.root, 'deaf-bus');
  const server = createServer().listen(path);
  onTestFinished(() => {
    server.close();
    rmSync(path, { force: true });
  });
  await new Promise((done) => server.on('listening', done));
  return { DBUS_SESSION_BUS_ADDRESS: `unix:path=${path}` };
}

/** The processes that talk to a keychain over this bus, with arguments and environment. */
function keychainProcesses({
  DBUS_SESSION_BUS_ADDRESS: bus = '',
}: Environment): { pid: number; text: string }[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    try {
      const read = (file: string) => readFileSync(`/proc/${pid}/${file}`, 'utf8');
      const text = `${read('cmdline')}\n${read('environ')}`;
      const isOurs = text.includes(bus) && text.includes('keys-cli');
      return isOurs ? [{ pid: Number(pid), text }] : [];
    } catch {
      // It has just ended.
      return [];
    }
  });
}

describe.skipIf(process.platform !== 'linux')('without a Secret Service', () => {
  test('no session bus is an absent keychain, without a wait for it, with three alternatives', async () => {
    const box = new TokenBox();
    const result = await box.failure(findToken(owner, patientContext(box)));
    expect(result).toMatchObject({ exit: 'auth', code: 'keychain_absent' });
    expect(result.message).toContain('no Secret Service is available');
    const hints = (result.hints ?? []).join('\n');
    expect(hints).toContain('KEYS_TOKEN');
    expect(hints).toContain('keys login --store file --profile work');
    expect(hints).toContain('dbus-run-session -- bash -c');
    expect(hints).toContain('WSL');
  });

  test('a bus that accepts the connection and never answers is a silent keychain after 3 s', async () => {
    const box = new TokenBox();
    const context = box.context(await deafBus(box));
    const { result, isLonger } = await timed(2900, () => box.failure(findToken(owner, context)));
    expect({ ...result, isLonger }).toMatchObject({ exit: 'auth', code: 'keychain_silent', isLonger: true });
    expect(result.message).toContain('waited 3 s');
    expect(result.hints).toHaveLength(3);
  });

  test('a bus that never answers does not ask for a password, so the time limit applies to a person too', async () => {
    const box = new TokenBox();
    const context = box.context(await deafBus(box), { interactive: true });
    // Without the limit, this would never end.
    expect((await box.failure(findToken(owner, context))).code).toBe('keychain_silent');
  });

  test('while it waits, no process has a token among its arguments or in its environment', async () => {
    const box = new TokenBox();
    const [stored, given] = [box.token(), box.token()];
    const env = { ...(await deafBus(box)), KEYS_TOKEN: given, NODE_OPTIONS: '--no-warnings' };
    const store = openStore('keychain', patientContext(box, env));
    const write = box.failure(store.write(owner, new Secret(stored)));
    const oneProcess = vi.waitFor(() => {
      const processes = keychainProcesses(env);
      expect(processes).toHaveLength(1);
      return processes;
    }, ample);
    const children = await Promise.race([oneProcess, write.then(({ message }) => expect.fail(message))]);
    for (const { pid, text } of children) {
      expect(box.keep(text)).toContain('DBUS_SESSION_BUS_ADDRESS');
      process.kill(pid, 'SIGKILL');
    }
    expect((await write).code).toBe('keychain_absent');
  });

  test('the program ends by itself after a keychain that does not answer', async () => {
    const box = new TokenBox();
    const program = await bundleProgram(`
      import { openKeychain } from 'src/platform/keychain/open-keychain.ts';
      const tokens = { service: 'tokens', env: process.env, interactive: false };
      await openKeychain({ ...tokens, timeoutMs: 500 }).read('${account}').catch((error) => console.log(error.failure.code));
    `);
    const env = { ...box.env, ...(await deafBus(box)) };
    // The process of the keychain, which never ends by itself, does not keep it.
    expect((await execFile(process.execPath, [program], { env })).stdout).toBe('keychain_silent\n');
  });

  test('a program that is killed while it waits leaves no process behind', async () => {
    const box = new TokenBox();
    const program = await bundleProgram(`
      import { openKeychain } from 'src/platform/keychain/open-keychain.ts';
      const tokens = { service: 'tokens', env: process.env, interactive: false };
      openKeychain({ ...tokens, timeoutMs: ${ampleMs} }).read('${account}').catch(() => {});
      process.stdin.on('end', () => process.exit()).resume();
    `);
    const env = { ...box.env, ...(await deafBus(box)) };
    const run = execFile(process.execPath, [program], { env });
    await vi.waitFor(() => expect(keychainProcesses(env)).toHaveLength(1), ample);
    run.child.stdin?.end();
    await run;
    await vi.waitFor(() => expect(keychainProcesses(env)).toEqual([]), ample);
  });
});

/**
 * A read for a person at the terminal, once it has reached the keychain, and the time limit that it had until then: the
 * usual one, or as much more as this machine takes.
 */
async function personReading(env: Environment): Promise<{ outcome: Promise<string>; timeoutMs: number }> {
  for (let timeoutMs = 3000; ; timeoutMs *= 2) {
    let outcome = Promise.resolve('not begun');
    const isReached = new Promise<true>((resolve) => {
      const keychain = openKeychain({
        ...{ service: 'tokens', env, timeoutMs },
        get interactive() {
          resolve(true);
          return true;
        },
      });
      outcome = keychain.read(account).then(
        () => 'answered',
        (error) => error.failure.code,
      );
    });
    if ((await Promise.race([isReached, outcome])) === true) return { outcome, timeoutMs };
  }
}

describe.skipIf(lacks(...keyringParts))('with a real Secret Service', () => {
  test('a token is stored where every program finds it, and read by a new process', async () => {
    const { box, keyring } = await boxWithKeyring();
    const token = box.token();
    const context = patientContext(box, keyring.env);
    await openStore('keychain', context).write(owner, new Secret(token));
    expect(keyring.run(['secret-tool', 'lookup', 'service', 'keys-cli', 'username', account])).toBe(token);
    expect(keyring.run(['secret-tool', 'search', '--all', 'service', 'keys-cli'])).toContain(account);

    const found = await findToken(owner, patientContext(box, keyring.env));
    expect(found?.source).toBe('keychain');
    expect(found?.token.reveal()).toBe(token);

    const program = await bundleProgram(`
      import { openKeychain } from 'src/platform/keychain/open-keychain.ts';
      const tokens = { service: 'tokens', env: process.env, interactive: false };
      const keychain = openKeychain({ ...tokens, timeoutMs: ${ampleMs} });
      process.stdout.write(await keychain.read('${account}') ?? 'none');
    `);
    const { stdout } = await execFile(process.execPath, [program], { env: { ...keyring.env } });
    expect(stdout).toBe(token);
  });

  test('not being logged in is not an error', async () => {
    const { box, keyring } = await boxWithKeyring();
    expect(await findToken(owner, patientContext(box, keyring.env))).toBeUndefined();
  });

  test('remove deletes the token, and reports whether there was one', async () => {
    const { box, keyring } = await boxWithKeyring();
    const store = openStore('keychain', patientContext(box, keyring.env));
    await store.write(owner, new Secret(box.token()));
    expect(await store.remove(owner)).toBe(true);
    expect(await store.remove(owner)).toBe(false);
    expect(await store.read(owner)).toBeUndefined();
    expect(() =>
      keyring.run(['secret-tool', 'lookup', 'service', 'keys-cli', 'username', account]),
    ).toThrow();
  });

  test('a profile whose URL has moved to another origin, and another profile, find nothing', async () => {
    const { box, keyring } = await boxWithKeyring();
    const context = patientContext(box, keyring.env);
    await openStore('keychain', context).write(owner, new Secret(box.token()));
    expect(await findToken({ ...owner, origin: 'https://evil.example.com' }, context)).toBeUndefined();
    expect(await findToken({ ...owner, profile: 'home' }, context)).toBeUndefined();
  });

  test('unusual characters and long values come back unchanged', async () => {
    const { box, keyring } = await boxWithKeyring();
    const { keychain } = patientContext(box, keyring.env);
    for (const value of ['tök-€-😀\t"\\\n-EXAMPLE', box.token(8000), 'keys-parts:1:0000000000000000']) {
      await keychain?.write(account, box.known(value));
      expect(await keychain?.read(account)).toBe(value);
    }
  });

  test('a locked keyring is reported as locked, for reading and writing, not as "not logged in"', async () => {
    const { box, keyring } = await boxWithKeyring();
    const store = openStore('keychain', patientContext(box, keyring.env));
    await store.write(owner, new Secret(box.token()));
    keyring.lock();
    const result = await box.failure(store.read(owner));
    expect(result).toMatchObject({ exit: 'auth', code: 'keychain_locked' });
    expect(result.hints).toHaveLength(3);
    expect((await box.failure(store.write(owner, new Secret(box.token())))).code).toBe('keychain_locked');
    expect((await box.failure(store.remove(owner))).code).toBe('keychain_locked');
  });

  test('a keyring that waits for its password is silent after 3 s, but a user is given more time', async () => {
    const { box, keyring } = await boxWithKeyring({ prompter: 'waiting' });
    await openStore('keychain', patientContext(box, keyring.env)).write(owner, new Secret(box.token()));
    keyring.lock();
    const result = await box.failure(findToken(owner, box.context(keyring.env)));
    expect(result.code).toBe('keychain_silent');
    expect(result.message).toContain('waited 3 s');
    expect(result.message).toContain('it may be asking for its password');

    const person = await personReading(keyring.env);
    expect(await Promise.race([person.outcome, sleep(person.timeoutMs + 500, 'waiting')])).toBe('waiting');
    // As Ctrl-C on a terminal does, for everything that runs there.
    for (const { pid } of keychainProcesses(keyring.env)) process.kill(pid, 'SIGINT');
    expect(await person.outcome).toBe('interrupted');
  });

  test('a service that never answers is silent after 3 s; a slow one is not', async () => {
    const { box, keyring } = await boxWithKeyring();
    const context = patientContext(box, keyring.env);
    const token = box.token();
    await openStore('keychain', context).write(owner, new Secret(token));
    keyring.freeze();
    const read = () => box.failure(findToken(owner, box.context(keyring.env)));
    const { result, isLonger } = await timed(2900, read);
    expect({ ...result, isLonger }).toMatchObject({ exit: 'auth', code: 'keychain_silent', isLonger: true });

    const late = findToken(owner, context);
    await sleep(2300);
    keyring.thaw();
    expect((await late)?.token.reveal()).toBe(token);
  });

  test('a bus without a Secret Service is an absent keychain', async () => {
    const { box, keyring } = await boxWithKeyring({ service: 'none' });
    const result = await box.failure(findToken(owner, patientContext(box, keyring.env)));
    expect(result).toMatchObject({ exit: 'auth', code: 'keychain_absent' });
  });
});
