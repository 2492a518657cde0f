import { closeSync, constants, openSync, readSync } from 'node:fs';
import { filledPipe, programPipes } from './filled-pipe.ts';
import type { Launcher } from './launcher/launcher.ts';
import type { End, Ends, Outcome, Program } from './supervise-program.ts';
import { superviseProgram } from './supervise-program.ts';

export interface ProgramCall extends Program {
  /** What it reads on stdin, all or nothing (`filledPipe`); absent: nothing. */
  input?: string;
  /** It leaves a process behind that keeps its output open: the output is not read. */
  leavesProcess?: boolean;
}

export type { Outcome } from './supervise-program.ts';

/**
 * Runs a program to its end. Rejects as `superviseProgram` does, and for an input that is longer than a pipe. Ctrl-C at the
 * terminal does not reach it. A program that does not read all of its input is judged by its exit code alone.
 */
export async function runProgram(call: ProgramCall): Promise<Outcome> {
  const first = await runOnce(call);
  return first.isUntouched ? (await runOnce(call)).outcome : first.outcome;
}

interface Run {
  outcome: Outcome;
  /** A signal of the terminal ended it before it took anything of its input, which is gone now, or printed anything. */
  isUntouched: boolean;
}

async function runOnce(call: ProgramCall): Promise<Run> {
  const launcher = await launcherFor(call);
  const launched = launcher && (await runByLauncher(launcher, call));
  if (launched) return launched;
  const ends = await endsFor(call);
  return withInput(ends.stdin, call.input, () => superviseProgram(call, ends));
}

/** So many programs are started by this process: another one takes longer to start itself. */
const maxOwnStarts = 8;
let starts = 0;

async function launcherFor({ leavesProcess, env }: ProgramCall): Promise<Launcher | undefined> {
  if (leavesProcess || starts < maxOwnStarts) {
    starts += 1;
    return undefined;
  }
  return (await import('./launcher/launcher.ts')).readyLauncher(env);
}

/** Undefined if the launcher cannot run this program, and has not. */
async function runByLauncher(launcher: Launcher, call: ProgramCall): Promise<Run | undefined> {
  const { input, ...program } = call;
  if (input === undefined) {
    const outcome = await launcher.run(program);
    return outcome && { outcome, isUntouched: false };
  }
  const stdin = await filledPipe(input);
  if (stdin === undefined) return undefined;
  return withInput(stdin, input, () => launcher.run(program, stdin));
}

/** Runs a program, and closes its input. Undefined if `run` has run none. */
async function withInput<T extends Outcome | undefined>(
  stdin: End,
  input: string | undefined,
  run: () => Promise<T>,
): Promise<Run | (T & undefined)> {
  try {
    const outcome = await run();
    if (outcome === undefined) return outcome as T & undefined;
    return { outcome, isUntouched: endedByTerminal(outcome) && isUnread(stdin, input) };
  } finally {
    if (typeof stdin === 'number') closeSync(stdin);
  }
}

/**
 * Until its first instruction a program is among the processes that the terminal signals; only then does it have a session
 * of its own (libuv, `uv__process_child_init`).
 */
function endedByTerminal({ signal, stdout, stderr }: Outcome): boolean {
  return (signal === 'SIGINT' || signal === 'SIGHUP') && stdout === '' && stderr === '';
}

/** Takes the input out of the pipe, so that nothing that the program left behind reads it, and tells if it was all there. */
function isUnread(pipe: End, input: string | undefined): boolean {
  if (typeof pipe !== 'number' || !input) return false;
  const content = Buffer.alloc(Buffer.byteLength(input) + 1);
  let reader: number | undefined;
  try {
    reader = openSync(`/proc/self/fd/${pipe}`, constants.O_RDONLY | constants.O_NONBLOCK);
    return readSync(reader, content) === content.length - 1;
  } catch {
    return false;
  } finally {
    content.fill(0);
    if (reader !== undefined) closeSync(reader);
  }
}

/** A program with an input may be a script of the user that writes to /dev/stderr: its outputs are real pipes, too. */
async function endsFor({ input, leavesProcess }: ProgramCall): Promise<Ends> {
  const output = leavesProcess ? 'ignore' : 'pipe';
  if (input === undefined) return { stdin: 'ignore', stdout: output, stderr: output };
  if (leavesProcess)
    return { stdin: (await filledPipe(input)) ?? 'pipe', stdout: output, stderr: output, input };
  const { stdin, stdout, stderr } = await programPipes(input);
  return { stdin: stdin ?? 'pipe', stdout: stdout ?? output, stderr: stderr ?? output, input };
}
