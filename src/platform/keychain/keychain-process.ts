import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { entryArgument } from '../child-entry.ts';
import { watchChild } from '../children.ts';
import type { Environment } from '../env.ts';
import { takeEarlyKeychain } from './early-keychain.ts';
import type { KeychainItems } from './keychain.ts';
import { startKeychainChild } from './keychain-child-process.ts';
import type { FaultKind } from './keychain-fault.ts';
import { KeychainFault } from './keychain-fault.ts';
import type { KeychainReply, KeychainRequest } from './keychain-protocol.ts';
import { readLines } from './read-lines.ts';

/*
 * The binding runs in a process of its own, because only a process can be ended. On Linux its constructor calls D-Bus
 * on the calling thread: a service that does not answer blocks it for 2 s, a bus that does not answer blocks it for ever.
 * Later calls run on libuv's threads, and Node waits for those before it exits, even after `process.exit()`: a keyring
 * that waits for its password held a test process for 25 s. A worker thread ends no sooner. The price is one start of
 * Node: a read takes 35 ms instead of 5 to 8.
 */

export interface KeychainProcessOptions {
  service: string;
  env: Environment;
  /** Time for everything; for the keychain to be reached if a person may then be typing a password. */
  timeoutMs: number;
  /** Asked once the keychain has been reached. */
  isInteractive: () => boolean;
}

/** Does the work in a new process, and ends that process. Throws `KeychainFault`. */
export async function withKeychainProcess<T>(
  options: KeychainProcessOptions,
  work: (items: KeychainItems) => Promise<T>,
): Promise<T> {
  const keychain = new KeychainProcess(options);
  try {
    return await work(keychain);
  } finally {
    keychain.end();
  }
}

const running = new Set<KeychainProcess>();

/** Ends the work whose result is no longer needed. */
export function endKeychainProcesses(): void {
  for (const keychain of running) keychain.stop();
}

class KeychainProcess implements KeychainItems {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #timer: NodeJS.Timeout;
  readonly #isInteractive: () => boolean;
  #isOpen = false;
  #fault: KeychainFault | undefined;
  /** Ctrl-C may end this process while the other one is stuck and cannot notice. */
  readonly #kill = () => void this.#child.kill('SIGKILL');
  #pending:
    | { resolve(answer: string | boolean | null): void; reject(fault: KeychainFault): void }
    | undefined;

  constructor({ service, env, timeoutMs, isInteractive }: KeychainProcessOptions) {
    this.#isInteractive = isInteractive;
    this.#child =
      takeEarlyKeychain(service) ?? startKeychainChild(entryArgument('keychain-child'), service, env);
    watchChild(this.#child);
    running.add(this);
    process.once('exit', this.#kill);
    this.#timer = setTimeout(() => this.#stop('silent', ''), timeoutMs);
    readLines(this.#child.stdout, (line) => this.#receive(line));
    this.#child.stderr.resume();
    // Writing to a process that has ended fails; `close` reports that end.
    this.#child.stdin.on('error', () => {});
    this.#child.on('error', (error) => this.#stop('unopened', error.message));
    this.#child.on('close', (code, signal) => {
      const isInterrupted = signal === 'SIGINT' || signal === 'SIGTERM' || signal === 'SIGHUP';
      this.#stop(isInterrupted ? 'interrupted' : this.#failureKind, `its process ended (${signal ?? code})`);
    });
  }

  async read(account: string): Promise<string | undefined> {
    const answer = await this.#send({ operation: 'read', account });
    return typeof answer === 'string' ? answer : undefined;
  }

  async write(account: string, value: string): Promise<void> {
    await this.#send({ operation: 'write', account, value });
  }

  async remove(account: string): Promise<boolean> {
    return (await this.#send({ operation: 'remove', account })) === true;
  }

  stop(): void {
    this.#stop('interrupted', 'it is not needed any more');
  }

  end(): void {
    running.delete(this);
    clearTimeout(this.#timer);
    process.removeListener('exit', this.#kill);
    this.#kill();
    // This process need not outlive it: that takes milliseconds.
    this.#child.unref();
    for (const stream of [this.#child.stdin, this.#child.stdout, this.#child.stderr]) stream.destroy();
  }

  /** One request at a time. The value travels through a pipe: never as an argument or a variable. */
  #send(request: KeychainRequest): Promise<string | boolean | null> {
    return new Promise((resolve, reject) => {
      if (this.#fault) return reject(this.#fault);
      this.#pending = { resolve, reject };
      this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    });
  }

  #receive(line: string): void {
    try {
      this.#take(JSON.parse(line) as KeychainReply);
    } catch {
      this.#stop('failed', 'its process sent something unexpected');
    }
  }

  #take(reply: KeychainReply): void {
    if ('failure' in reply) this.#stop(this.#failureKind, reply.failure);
    if ('answer' in reply) this.#pending?.resolve(reply.answer);
    if (!('opened' in reply)) return;
    this.#isOpen = true;
    if (this.#isInteractive()) clearTimeout(this.#timer);
  }

  get #failureKind(): FaultKind {
    return this.#isOpen ? 'failed' : 'unopened';
  }

  #stop(kind: FaultKind, message: string): void {
    this.#fault ??= new KeychainFault(kind, message);
    this.#pending?.reject(this.#fault);
    this.end();
  }
}
