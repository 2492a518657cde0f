import { spawn } from 'node:child_process';
import { programArguments } from './child-entry.ts';
import type { Environment } from './env.ts';
import { withoutSecrets } from './env.ts';

/**
 * Starts this program with these arguments as a process that outlives this one and holds none of its streams. It reads the
 * input on stdin; anyone can read arguments. Never rejects.
 */
export async function startInBackground(
  args: readonly string[],
  { env, cwd, input }: { env: Environment; cwd: string; input: string },
): Promise<void> {
  const child = spawn(process.execPath, [...programArguments(), ...args], {
    cwd,
    detached: true,
    env: { ...withoutSecrets(env) },
    stdio: ['pipe', 'ignore', 'ignore'],
    windowsHide: true,
  });
  child.on('error', () => {});
  child.stdin.on('error', () => {});
  await new Promise<void>((resolve) => child.stdin.end(input, () => resolve()));
  child.unref();
}

/** Ends this process after this time, even with a thread that is stuck. */
export function endProcessAfter(ms: number): void {
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), ms).unref();
}
