import type { ChildProcess } from 'node:child_process';
import { ownSession } from './child-options.ts';

/*
 * Programs that do a part of this process's work: deliveries, token commands, the keychain. Each has a session of its
 * own, so that Ctrl-C at the terminal reaches this process alone, which knows what may be interrupted.
 */

const running = new Set<ChildProcess>();
/** When each was sent SIGTERM. */
const termTimes = new WeakMap<ChildProcess, number>();

/** Tracks the program until it has ended. */
export function watchChild(child: ChildProcess): void {
  if (running.size === 0) process.once('exit', killRemaining);
  running.add(child);
  child.once('close', () => {
    running.delete(child);
    if (running.size === 0) process.removeListener('exit', killRemaining);
  });
}

/** At the end of this process. A program that was sent SIGTERM some time ago is killed. */
function killRemaining(): void {
  for (const child of running) {
    const waitedMs = performance.now() - (termTimes.get(child) ?? Number.POSITIVE_INFINITY);
    signalChild(child, waitedMs > killDelayMs / 4 ? 'SIGKILL' : 'SIGTERM');
  }
}

/** Ends all of them, as `endChild` does. */
export function endChildren(): void {
  for (const child of running) endChild(child);
  endLaunched();
}

let endLaunched = () => {};

/** `end` ends the programs that another process runs for this one. */
export function watchLauncher(end: () => void): void {
  endLaunched = end;
}

/** From SIGTERM to SIGKILL. */
const killDelayMs = 1_000;

/** Sends SIGTERM, and SIGKILL if the program has not ended a second later. */
export function endChild(child: ChildProcess): void {
  if (hasEnded(child)) return;
  if (!termTimes.has(child)) termTimes.set(child, performance.now());
  signalChild(child, 'SIGTERM');
  const timer = setTimeout(() => signalChild(child, 'SIGKILL'), killDelayMs);
  child.once('exit', () => clearTimeout(timer));
}

function hasEnded({ pid, exitCode, signalCode }: ChildProcess): boolean {
  return pid === undefined || exitCode !== null || signalCode !== null;
}

/** Sends a signal to the program and to everything that it started, unless the program itself has ended. */
function signalChild(child: ChildProcess, signal: NodeJS.Signals): void {
  if (hasEnded(child)) return;
  try {
    if (ownSession.detached && child.pid) process.kill(-child.pid, signal);
    else child.kill(signal);
  } catch {
    // It has just ended, or runs as another user.
    child.kill(signal);
  }
}
