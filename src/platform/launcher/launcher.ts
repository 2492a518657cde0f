import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { entryArgument } from '../child-entry.ts';
import { ownSession } from '../child-options.ts';
import { watchLauncher } from '../children.ts';
import type { Environment } from '../env.ts';
import { withoutSecrets } from '../env.ts';
import { readLines } from '../keychain/read-lines.ts';
import type { Outcome, Program } from '../supervise-program.ts';
import type { LauncherOrder, LauncherReply, LaunchRequest } from './protocol.ts';

/*
 * Starting a program stops a process for as long as it takes to copy the tables of its memory: 3 ms of each rotation in a
 * fleet. A small process does it faster, and beside this one. What a program reads never passes through it: it opens
 * the pipe that this process has filled.
 */

/** Beyond the time limit of a program: the launcher itself does not answer. */
const maxSilenceMs = 5_000;

let launcher: Launcher | undefined;

/** The launcher of this process, once it has started. Elsewhere than on Linux, no process can open another one's pipe. */
export function readyLauncher(env: Environment): Launcher | undefined {
  if (process.platform !== 'linux') return undefined;
  launcher ??= new Launcher(env);
  return launcher.isReady ? launcher : undefined;
}

interface Waiting {
  resolve(outcome: Outcome | undefined): void;
  reject(error: Error): void;
  timer: NodeJS.Timeout;
  pid?: number;
}

export class Launcher {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #lastEnv: Environment | undefined;
  #isReady = false;

  constructor(env: Environment) {
    this.#child = spawn(process.execPath, [entryArgument('program-launcher'), String(process.pid)], {
      cwd: '/',
      // Node's own switches are not for this process.
      env: { ...withoutSecrets(env), NODE_OPTIONS: undefined },
      ...ownSession,
    });
    for (const stream of [this.#child.stdin, this.#child.stdout, this.#child.stderr]) {
      stream.on('error', () => {});
      (stream as Socket).unref();
    }
    this.#child.unref();
    readLines(this.#child.stdout, (line) => this.#receive(line));
    this.#child.stderr.resume();
    this.#child.on('error', () => this.#giveUp()).on('close', () => this.#giveUp());
    watchLauncher(() => this.#send('end'));
    // The text is in the pipe when this returns.
    process.once('exit', () => this.#send('exit'));
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  /**
   * Runs a program, as `superviseProgram` does. `stdin`: the descriptor of a filled pipe. Undefined if the launcher cannot
   * run it, and has not. Rejects with `may have run` if that is all that is known.
   */
  run({ env, ...program }: Program, stdin?: number): Promise<Outcome | undefined> {
    this.#lastId += 1;
    const id = this.#lastId;
    const request: LaunchRequest = { id, ...program, ...(stdin !== undefined && { stdin }) };
    const isKnownEnv = env === this.#lastEnv;
    this.#lastEnv = env;
    return new Promise((resolve, reject) => {
      // If this process was stopped meanwhile, answers are waiting: they come first.
      const expire = () => setTimeout(() => this.#waiting.has(id) && this.#kill(), maxSilenceMs / 2).unref();
      const timer = setTimeout(expire, program.timeoutMs + maxSilenceMs / 2);
      this.#waiting.set(id, { resolve, reject, timer });
      this.#send(isKnownEnv ? request : { ...request, env: withoutSecrets(env) });
    });
  }

  #send(order: LauncherOrder): void {
    this.#child.stdin.write(`${JSON.stringify(order)}\n`);
  }

  #receive(line: string): void {
    try {
      this.#take(JSON.parse(line));
    } catch {
      this.#kill();
    }
  }

  #take(reply: LauncherReply): void {
    if (reply === 'ready') {
      this.#isReady = true;
      return;
    }
    const waiting = this.#waiting.get(reply.id);
    if (!waiting) return;
    if ('pid' in reply) {
      waiting.pid = reply.pid;
      return;
    }
    this.#waiting.delete(reply.id);
    clearTimeout(waiting.timer);
    if ('message' in reply) waiting.reject(new Error(reply.message));
    else waiting.resolve('outcome' in reply ? reply.outcome : undefined);
  }

  /** Whatever it has answered until now still arrives before its end does. */
  #kill(): void {
    this.#isReady = false;
    this.#child.kill('SIGKILL');
  }

  /** The programs it started are no longer watched. */
  #giveUp(): void {
    this.#isReady = false;
    for (const { reject, timer, pid } of this.#waiting.values()) {
      clearTimeout(timer);
      if (pid !== undefined) killGroup(pid);
      reject(new Error('may have run: the process that starts programs has ended'));
    }
    this.#waiting.clear();
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has just ended, or runs as another user.
  }
}
