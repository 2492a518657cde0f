import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import type { Environment } from '../../src/platform/env.ts';
import type { Sandbox } from './sandbox.ts';
import { program } from './sandbox.ts';

/** A `keys serve` of the built program, on a port of its own. */
export interface Served {
  /** From its first line. */
  url: string;
  pid: number;
  /** Every line on stdout so far. */
  log(): string[];
  stderr(): string;
  /** Sends a signal, and resolves with the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
  /** Kills it, as in a crash. */
  kill(): Promise<void>;
}

/** Starts the server in the sandbox until the test ends. Rejects if it ends before it listens. */
export async function startServe(
  box: Sandbox,
  args: readonly string[] = [],
  {
    env = {},
    command: [command, ...first] = [process.execPath, program],
  }: { env?: Environment; command?: readonly [string, ...string[]] } = {},
): Promise<Served> {
  const all = ['serve', '--port', '0', ...args];
  const child = spawn(command, [...first, ...all], {
    cwd: box.cwd,
    env: { ...box.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  const end = once(child, 'close') as Promise<[number | null]>;
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
  });
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
  });
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal);
    return (await end)[0];
  };
  onTestFinished(async () => {
    await stop('SIGKILL');
    box.keep(all, { exit: child.exitCode, ...output }, {});
  });

  const ended = end.then(([exit]) =>
    Promise.reject(new Error(`keys serve ended with ${exit}: ${output.stderr}`)),
  );
  while (!output.stdout.includes('\n')) await Promise.race([once(child.stdout, 'data'), ended]);
  ended.catch(() => {});
  const url = /https?:\/\/[^\s"]+/.exec(output.stdout)?.[0] ?? '';
  return {
    url,
    pid: child.pid ?? 0,
    log: () => output.stdout.split('\n').slice(0, -1),
    stderr: () => output.stderr,
    stop,
    kill: async () => void (await stop('SIGKILL')),
  };
}

/** Whether a thread of a process leaves the processor to the others: on Linux, which shows the priority of each thread. */
export function hasBackgroundThread(pid: number): boolean {
  if (process.platform !== 'linux') return true;
  const niceness = (thread: string) => {
    const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8');
    // The name of a thread may contain spaces: proc(5).
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
  };
  return readdirSync(`/proc/${pid}/task`).some((thread) => niceness(thread) > niceness(String(pid)));
}
