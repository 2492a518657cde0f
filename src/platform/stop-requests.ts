import type { StopSignal } from './stop-signal.ts';
import { StopController } from './stop-signal.ts';

/** What the system asks of the process by signals. */
export interface StopRequests {
  /** Aborted by the first Ctrl-C, SIGTERM or SIGHUP: stop in good order. */
  readonly interrupt: StopSignal;
  /** Aborted by the second one: stop waiting. The third ends the process. */
  readonly urgent: StopSignal;
  /** Leaves signals to the program that has the terminal, until the returned function is called. */
  leaveSignals(): () => void;
  /**
   * From now on SIGHUP is no request to stop, because the process has no terminal to lose: it calls back until the returned
   * function is called, and does nothing after that.
   */
  onHangup(listener: () => void): () => void;
}

/** The time in which one request may arrive twice: npm passes on a signal that the terminal has sent to all, too. */
const repeatedRequestMs = 300;

/**
 * The one owner of the signals that ask the process to stop. Its listeners stay: a signal without one, or raised again by
 * a library, ends the process in the middle of an operation.
 */
export function stopRequests(): StopRequests {
  const [first, second] = [new StopController(), new StopController()];
  let isOwner = true;
  let hangupCounts = true;
  let hangupListener: (() => void) | undefined;
  let last = Number.NEGATIVE_INFINITY;
  const handle = (name: NodeJS.Signals) => {
    if (name === 'SIGHUP') hangupListener?.();
    if (!isOwner || (name === 'SIGHUP' && !hangupCounts)) return;
    const now = performance.now();
    if (now - last < repeatedRequestMs) return;
    last = now;
    // A closing terminal signals several processes, which signal each other: it is one request.
    if (name === 'SIGHUP') hangupCounts = false;
    if (!first.aborted) first.abort();
    else if (!second.aborted) second.abort();
    else process.exit();
  };
  const names: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  if (process.platform === 'win32') names.push('SIGBREAK');
  for (const name of names) process.on(name, handle);
  return {
    interrupt: first,
    urgent: second,
    leaveSignals() {
      isOwner = false;
      return () => {
        isOwner = true;
      };
    },
    onHangup(listener) {
      hangupCounts = false;
      hangupListener = listener;
      return () => {
        hangupListener = undefined;
      };
    },
  };
}
