import type { ChildProcess } from 'node:child_process';

/*
 * Programs that do a part of this process's work: deliveries, helpers for tokens, the keychain. Each has a session of
 * its own, so that what is typed at the terminal reaches this process alone, which knows what may be broken off.
 */

const running = new Set<ChildProcess>();

/** Options of `spawn` for such a program. Windows has no sessions: there Ctrl-C reaches all programs of a console. */
export const ownSession = { detached: process.platform !== 'win32', windowsHide: true };

/** Remembers the program until it has ended. */
export function watchChild(child: ChildProcess): void {
  if (running.size === 0) process.once('exit', endChildren);
  running.add(child);
  child.once('close', () => {
    running.delete(child);
    if (running.size === 0) process.removeListener('exit', endChildren);
  });
}

/** Asks all of them to end. */
export function endChildren(): void {
  for (const child of running) signalChild(child, 'SIGTERM');
}

/** Sends a signal to the program and to what it has started; to neither where the program itself has ended. */
export function signalChild(child: ChildProcess, signal: NodeJS.Signals): void {
  const { pid } = child;
  if (pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    if (ownSession.detached) process.kill(-pid, signal);
    else child.kill(signal);
  } catch {
    // It has just ended, or runs as somebody else.
    child.kill(signal);
  }
}
