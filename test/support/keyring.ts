import type { ChildProcess } from 'node:child_process';
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import type { Environment } from '../../src/platform/env.ts';

const start = 'printf EXAMPLE | gnome-keyring-daemon --foreground --unlock --components=secrets >&2 & ';
const send = ['dbus-send', '--session', '--print-reply'];

export interface KeyringOptions {
  /** A folder of the test's own; the keyring's files are below it. */
  home: string;
  /** `none`: a bus without a Secret Service. Default: a gnome-keyring, unlocked. */
  service?: 'gnome-keyring' | 'none';
  /** The program that prompts for the password of a locked keyring. `waiting`: it never prompts. Default: none. */
  prompter?: 'none' | 'waiting';
}

/** A session bus of the test's own with a real Secret Service on it; ended with the test. */
export interface Keyring {
  /** The environment that a program needs to reach it. */
  env: Environment;
  /** Runs a program there; rejects unless it exits with 0. */
  run(command: readonly string[], stdin?: string): string;
  /** Closes the keyring until its password is typed. */
  lock(): void;
  /** Replaces it with a new, unlocked one, as after a new login. */
  restart(): Promise<void>;
  /** The service keeps its name but does not respond until `thaw`. */
  freeze(): void;
  thaw(): void;
}

/** A program that never claims the name that it was started for. */
const waitingPrompter = [
  '[D-BUS Service]',
  'Name=org.gnome.keyring.SystemPrompter',
  'Exec=/bin/sleep 15',
  '',
];

export async function startKeyring(options: KeyringOptions): Promise<Keyring> {
  const { home, service = 'gnome-keyring', prompter = 'none' } = options;
  const services = join(home, 'services');
  mkdirSync(services, { recursive: true });
  if (prompter === 'waiting') {
    writeFileSync(join(services, 'prompter.service'), waitingPrompter.join('\n'));
  }
  const config = join(home, 'bus.conf');
  writeFileSync(config, busConfig(home, services));
  const daemon = service === 'none' ? 'echo 0' : `${start} echo $!`;
  const script = `echo "$DBUS_SESSION_BUS_ADDRESS"; ${daemon}; exec cat`;
  // When the tests end, its stdin closes; then `cat` ends, and the bus and the keyring with it.
  const session = spawn('dbus-run-session', ['--config-file', config, '--', 'sh', '-c', script], {
    env: { PATH: process.env.PATH, HOME: home, XDG_RUNTIME_DIR: home },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const [address = '', pid = ''] = await firstLines(session, 2);
  const env = { PATH: process.env.PATH, HOME: home, DBUS_SESSION_BUS_ADDRESS: address };
  const signal = (name: NodeJS.Signals) => void (Number(pid) > 0 && process.kill(Number(pid), name));
  const run = (command: readonly string[], stdin = '') => runProgram(command, env, stdin);
  onTestFinished(async () => {
    // A frozen service would not notice that its bus is gone.
    signal('SIGCONT');
    const ended = new Promise((done) => session.on('exit', done));
    session.stdin?.end();
    await ended;
    // Its children may keep the other end open for a while.
    session.stdout?.destroy();
  });
  if (service !== 'none') await untilOwned(run);
  return {
    env,
    run,
    lock: () => {
      const call = ['/org/freedesktop/secrets', 'org.freedesktop.Secret.Service.Lock'];
      const collections = 'array:objpath:/org/freedesktop/secrets/collection/login';
      run([...send, '--dest=org.freedesktop.secrets', ...call, collections]);
    },
    restart: async () => {
      signal('SIGTERM');
      while (isOwned(run)) await sleep(10);
      const next = spawn('sh', ['-c', `${start}wait`], {
        env: { ...env, XDG_RUNTIME_DIR: home },
        stdio: 'ignore',
      });
      onTestFinished(() => void next.kill());
      await untilOwned(run);
    },
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
  };
}

async function untilOwned(run: Keyring['run']): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (isOwned(run)) return;
    await sleep(25);
  }
  throw new Error('gnome-keyring did not start');
}

function isOwned(run: Keyring['run']): boolean {
  const question = ['/', 'org.freedesktop.DBus.NameHasOwner', 'string:org.freedesktop.secrets'];
  return run([...send, '--dest=org.freedesktop.DBus', ...question]).includes('boolean true');
}

function runProgram([program = '', ...args]: readonly string[], env: Environment, input: string): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { env, input, encoding: 'utf8' });
  if (status === 0) return stdout + stderr;
  throw new Error(`${program} ${args.join(' ')}: exit ${status} ${error ?? ''}\n${stdout}${stderr}`);
}

function firstLines(child: ChildProcess, count: number): Promise<string[]> {
  return new Promise((done, fail) => {
    const lines: string[] = [];
    child.on('error', fail);
    child.on('close', (code) => fail(new Error(`dbus-run-session ended (${code})`)));
    if (!child.stdout) return fail(new Error('no stdout'));
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line);
      if (lines.length === count) done(lines);
    });
  });
}

function busConfig(home: string, services: string): string {
  return `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir=${home}</listen>
  <servicedir>${services}</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
`;
}
