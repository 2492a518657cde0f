import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { ownSession, watchChild } from '../children.ts';
import type { Environment } from '../env.ts';
import { withoutSecrets } from '../env.ts';

/*
 * The binding runs in a process of its own, because only a process can be ended. On Linux its constructor calls D-Bus
 * on the calling thread: a service that is there and does not answer blocks it for 2 s, a bus that does not answer for
 * ever. The calls after it run on libuv's threads, and Node waits for those before it exits, even after
 * `process.exit()`: a keyring that waits for its password held a test process for 25 s. A worker thread ends no sooner.
 * The price is one start of Node: a read takes 35 ms in place of 5 to 8.
 */

/** One value per account. */
export interface KeychainItems {
  read(account: string): Promise<string | undefined>;
  write(account: string, value: string): Promise<void>;
  /** False: there was none. */
  remove(account: string): Promise<boolean>;
}

/** `unopened`: the keychain could not be reached at all; `failed`: it said so; `interrupted`: by Ctrl-C. */
export type FaultKind = 'unopened' | 'silent' | 'failed' | 'interrupted';

/** Why a call gave no answer. `message` is the binding's own text. */
export class KeychainFault extends Error {
  override readonly name = 'KeychainFault';
  readonly kind: FaultKind;

  constructor(kind: FaultKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

export interface KeychainChildOptions {
  service: string;
  env: Environment;
  /** Milliseconds for the keychain to be reached. */
  openingLimit: number;
  /** Milliseconds for everything; undefined: a person may be typing a password, once it has been reached. */
  limit: number | undefined;
}

interface Request {
  operation: 'read' | 'write' | 'remove';
  account: string;
  value?: string;
}

type Reply = { opened: true } | { answer: string | boolean | null } | { failure: string };

/** Does the work in a new process, and ends that process. Throws `KeychainFault`. */
export async function withKeychainChild<T>(
  options: KeychainChildOptions,
  work: (items: KeychainItems) => Promise<T>,
): Promise<T> {
  const keychain = new KeychainChild(options);
  try {
    return await work(keychain);
  } finally {
    keychain.end();
  }
}

class KeychainChild implements KeychainItems {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #timer: NodeJS.Timeout;
  readonly #limit: number | undefined;
  #opened = false;
  #fault: KeychainFault | undefined;
  /** Ctrl-C may end this process while that one is stuck where it cannot see it. */
  readonly #kill = () => void this.#child.kill('SIGKILL');
  #waiting: { done(answer: string | boolean | null): void; fail(fault: KeychainFault): void } | undefined;

  constructor({ service, env, openingLimit, limit }: KeychainChildOptions) {
    this.#limit = limit;
    const args = [binding(), service, String(process.pid)];
    this.#child = spawn(process.execPath, ['-e', keychainProgram, ...args], {
      // None of Node's own switches are for this process.
      env: { ...withoutSecrets(env), NODE_OPTIONS: undefined },
      ...ownSession,
    });
    watchChild(this.#child);
    process.once('exit', this.#kill);
    this.#timer = setTimeout(() => this.#stop('silent', ''), limit ?? openingLimit);
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#hear(line));
    this.#child.stderr.resume();
    // A process that has ended cannot be written to; its end is reported by `close`.
    this.#child.stdin.on('error', () => {});
    this.#child.on('error', (error) => this.#stop('unopened', error.message));
    this.#child.on('close', (code, signal) => {
      const interrupted = signal === 'SIGINT' || signal === 'SIGTERM' || signal === 'SIGHUP';
      this.#stop(interrupted ? 'interrupted' : this.#failed, `its process ended (${signal ?? code})`);
    });
  }

  async read(account: string): Promise<string | undefined> {
    const answer = await this.#ask({ operation: 'read', account });
    return typeof answer === 'string' ? answer : undefined;
  }

  async write(account: string, value: string): Promise<void> {
    await this.#ask({ operation: 'write', account, value });
  }

  async remove(account: string): Promise<boolean> {
    return (await this.#ask({ operation: 'remove', account })) === true;
  }

  end(): void {
    clearTimeout(this.#timer);
    process.removeListener('exit', this.#kill);
    this.#kill();
  }

  /** One request at a time. The value travels through a pipe: never as an argument or a variable. */
  #ask(request: Request): Promise<string | boolean | null> {
    return new Promise((done, fail) => {
      if (this.#fault) return fail(this.#fault);
      this.#waiting = { done, fail };
      this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    });
  }

  #hear(line: string): void {
    try {
      this.#take(JSON.parse(line) as Reply);
    } catch {
      this.#stop('failed', 'its process said something unexpected');
    }
  }

  #take(reply: Reply): void {
    if ('failure' in reply) this.#stop(this.#failed, reply.failure);
    if ('answer' in reply) this.#waiting?.done(reply.answer);
    if (!('opened' in reply)) return;
    this.#opened = true;
    if (this.#limit === undefined) clearTimeout(this.#timer);
  }

  get #failed(): FaultKind {
    return this.#opened ? 'failed' : 'unopened';
  }

  #stop(kind: FaultKind, message: string): void {
    this.#fault ??= new KeychainFault(kind, message);
    this.#waiting?.fail(this.#fault);
    this.end();
  }
}

/**
 * The program of the other process. It is handed over as text, so it may use nothing but its parameters and globals.
 * When its input ends, so has whoever asked; only a signal ends a process whose threads are stuck. A value whose asker
 * has ended is not written any more: by then somebody else may have cleared up, and it would stay for ever.
 */
function serve(load: NodeJS.Require, self: NodeJS.Process): void {
  const [, library = '', service = '', asker = ''] = self.argv;
  const say = (reply: Reply) => self.stdout.write(`${JSON.stringify(reply)}\n`);
  const open = async (account: string) => {
    const { AsyncEntry } = load(library) as typeof import('@napi-rs/keyring');
    for (;;) {
      try {
        // Without a store named, Linux falls back to the kernel's keyring, which forgets everything at the next boot.
        return new AsyncEntry(service, account, { linux: { store: 'secret-service' } });
      } catch (error) {
        // The binding gives up after 2 s; a keyring that is just being started may need longer.
        if (!/did not receive a reply/i.test(String(error))) throw error;
        await new Promise((resume) => setImmediate(resume));
      }
    }
  };
  const perform = async ({ operation, account, value = '' }: Request) => {
    const entry = await open(account);
    say({ opened: true });
    if (operation === 'read') return entry.getPassword();
    if (operation === 'remove') return entry.deleteCredential();
    if (String(self.ppid) !== asker) self.kill(self.pid, 'SIGKILL');
    await entry.setPassword(value);
    return null;
  };
  const { createInterface } = load('node:readline') as typeof import('node:readline');
  createInterface({ input: self.stdin })
    .on('line', (line) => {
      perform(JSON.parse(line)).then(
        (answer) => say({ answer }),
        (error) => say({ failure: error instanceof Error ? error.message : String(error) }),
      );
    })
    .on('close', () => self.kill(self.pid, 'SIGKILL'));
}

/** Takes the binding, the service and the process id of its parent as arguments, and requests as lines on stdin. */
export const keychainProgram = `(${serve})(require, process)`;

function binding(): string {
  const name = '@napi-rs/keyring';
  try {
    return createRequire(import.meta.url).resolve(name);
  } catch {
    // Not installed: the other process says so when it is asked for something.
    return name;
  }
}
