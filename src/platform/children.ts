import type { ChildProcess } from 'node:child_process';

/*
 * Programs that do a part of this process's work: deliveries, helpers for tokens, the keychain. Each has a session of
 * its own, so that what is typed at the terminal reaches this process alone, which knows what may be broken off.
 */

const running = new Set<ChildProcess>();
/** When each was asked to end. */
const asked = new WeakMap<ChildProcess, number>();

/** Options of `spawn` for such a program. Windows has no sessions: there Ctrl-C reaches all programs of a console. */
export const ownSession = { detached: process.platform !== 'win32', windowsHide: true };

/** Remembers the program until it has ended. */
export function watchChild(child: ChildProcess): void {
  if (running.size === 0) process.once('exit', leaveNone);
  running.add(child);
  child.once('close', () => {
    running.delete(child);
    if (running.size === 0) process.removeListener('exit', leaveNone);
  });
}

/** At the end of this process: one that was asked to end a while ago has had its time. */
function leaveNone(): void {
  for (const child of running) {
    const waited = performance.now() - (asked.get(child) ?? Number.POSITIVE_INFINITY);
    signalChild(child, waited > politeness / 4 ? 'SIGKILL' : 'SIGTERM');
  }
}

/** Asks all of them to end, and a moment later makes them. */
export function endChildren(): void {
  for (const child of running) endChild(child);
}

/** Milliseconds between the polite end and the other one. */
const politeness = 1_000;

/** Asks the program to end, and a moment later makes it. */
export function endChild(child: ChildProcess): void {
  if (hasEnded(child)) return;
  if (!asked.has(child)) asked.set(child, performance.now());
  signalChild(child, 'SIGTERM');
  const timer = setTimeout(() => signalChild(child, 'SIGKILL'), politeness);
  child.once('exit', () => clearTimeout(timer));
}

function hasEnded({ pid, exitCode, signalCode }: ChildProcess): boolean {
  return pid === undefined || exitCode !== null || signalCode !== null;
}

/** Sends a signal to the program and to what it has started; to neither where the program itself has ended. */
function signalChild(child: ChildProcess, signal: NodeJS.Signals): void {
  if (hasEnded(child)) return;
  try {
    if (ownSession.detached && child.pid) process.kill(-child.pid, signal);
    else child.kill(signal);
  } catch {
    // It has just ended, or runs as somebody else.
    child.kill(signal);
  }
}
