import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { onTestFinished } from 'vitest';
import type { Environment } from '../../src/platform/env.ts';
import type { Run, Sandbox } from './sandbox.ts';
import { program } from './sandbox.ts';

/** When a process is killed: at its n-th call that makes a change durable, or after this many milliseconds. */
export type Moment = { call: number } | { after: number };

/** How a process is ended: at once, by an abort, or on request. `stopped` pauses it for a while. */
export type Ending = 'SIGKILL' | 'SIGABRT' | 'SIGTERM' | 'SIGHUP' | 'SIGINT' | 'stopped';

/** Each step of an operation ends with one of these calls. */
const lasting = 'fsync,fdatasync,rename,unlink';

export interface KilledRun extends Run {
  /** False if it ended before that moment. */
  wasKilled: boolean;
}

interface KilledOptions {
  env?: Environment;
  secretOnStdout?: boolean;
  stdin?: string;
  ending?: Ending;
}

/**
 * Runs `keys` and kills it. strace counts the calls, separately for the main thread and the one libuv thread, and sends
 * the signal before the call is carried out.
 */
export function runKilled(
  box: Sandbox,
  args: readonly string[],
  moment: Moment,
  { env = {}, secretOnStdout = false, stdin = '', ending = 'SIGKILL' }: KilledOptions = {},
): Promise<KilledRun> {
  const command = [process.execPath, program, ...args];
  const signal = ending === 'stopped' ? 'SIGSTOP' : ending;
  const inject = 'call' in moment ? [`--inject=${lasting}:signal=${signal}:when=${moment.call}`] : [];
  const traced = ['strace', '-f', '-qq', '-o', '/dev/null', '-e', `trace=${lasting}`, ...inject, ...command];
  const [file = '', ...rest] = 'call' in moment ? traced : command;
  return new Promise((done, fail) => {
    const child = spawn(file, rest, {
      cwd: box.cwd,
      env: { ...box.env, UV_THREADPOOL_SIZE: '1', ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    child.stdin.on('error', () => {});
    child.stdin.end(stdin);
    onTestFinished(() => void child.kill('SIGKILL'));
    const end = () => {
      child.kill(signal);
      if (ending === 'stopped') setTimeout(() => child.kill('SIGCONT'), 500);
    };
    const timer = 'after' in moment ? setTimeout(end, moment.after) : undefined;
    const output = collected(child);
    child.on('error', fail);
    child.on('exit', (exit, endedBy) => {
      clearTimeout(timer);
      // A child that outlives the process may keep the pipes open: wait for the output, not for their end.
      setTimeout(() => {
        const run = { exit, ...output() };
        box.keep(args, run, { secretOnStdout });
        done({ ...run, wasKilled: endedBy !== null || [134, 137].includes(exit ?? 0) });
      }, 20);
    });
  });
}

function collected(child: ChildProcess): () => { stdout: string; stderr: string } {
  const pieces = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      pieces[name] += text;
    });
  }
  return () => ({ ...pieces });
}

/** Does the work for each item, `width` at a time. */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const next = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: width }, next));
}
