import { spawn } from 'node:child_process';
import { closeSync, constants, existsSync, openSync, readSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { systemCode } from '../base/errors.ts';
import { ownSession } from './child-options.ts';
import { endChild, watchChild } from './children.ts';
import type { Environment } from './env.ts';
import { withoutSecrets } from './env.ts';
import { filledPipe, programPipes } from './filled-pipe.ts';

/** A program to run without a shell. */
export interface ProgramCall {
  /** Program and arguments. The process list shows them to everyone: never a secret. */
  command: readonly string[];
  cwd: string;
  /** The program's environment; the secrets of `keys` are removed from it. */
  env: Environment;
  timeoutMs: number;
  /** What it reads on stdin, all or nothing (`filledPipe`); absent: nothing. */
  input?: string;
  /** It leaves a process behind that keeps its output open: the output is not read. */
  leavesProcess?: boolean;
}

export interface Outcome {
  stdout: string;
  stderr: string;
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** Per stream. */
const maxOutputCharacters = 65_536;
/** After the timeout: time to notice that a program has ended before it. */
const noticeMs = 50;

/**
 * Runs a program to its end. Rejects, with an `Error` whose message follows the program's name, if the program cannot be
 * started, has an input longer than a pipe, times out or prints more than 64 Ki characters; it is then ended, with
 * everything that it started. Ctrl-C at the terminal does not reach it. A program that does not read all of its input is
 * judged by its exit code alone.
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
  const [program = '', ...args] = call.command;
  const ends = await endsFor(call);
  const [stdin] = ends.stdio;
  const child = startWith(ends.stdio, () =>
    spawn(program, args, {
      // A missing folder would be reported as a missing program.
      ...(existsSync(call.cwd) && { cwd: call.cwd }),
      env: { ...withoutSecrets(call.env) },
      stdio: ends.stdio,
      ...ownSession,
    }),
  );
  watchChild(child);
  const outputs = { stdout: ends.stdout ?? child.stdout, stderr: ends.stderr ?? child.stderr };
  let timer: NodeJS.Timeout | undefined;
  try {
    const outcome = await new Promise<Outcome>((resolve, reject) => {
      const expire = () => reject(new Error(`has not ended after ${call.timeoutMs / 1000} s`));
      // If this process was stopped meanwhile (Ctrl-Z), the program may have ended long ago: that event comes first.
      timer = setTimeout(() => {
        timer = setTimeout(expire, noticeMs);
      }, call.timeoutMs);
      const pieces = { stdout: '', stderr: '' };
      for (const name of ['stdout', 'stderr'] as const) {
        outputs[name]?.setEncoding('utf8').on('data', (text: string) => {
          pieces[name] += text;
          if (pieces[name].length > maxOutputCharacters) reject(new Error('prints without end'));
        });
      }
      child.on('error', (error) => {
        const code = systemCode(error) ?? 'unknown error';
        reject(new Error(`${code === 'ENOENT' ? 'was not found' : 'cannot be started'} (${code})`));
      });
      const endedOutputs = [ends.stdout, ends.stderr].map((output) => output && closed(output));
      child.on('close', (code, signal) => {
        Promise.all(endedOutputs).then(() => resolve({ ...pieces, code, signal }));
      });
      child.stdin?.on('error', () => {});
      child.stdin?.end(call.input);
    });
    return { outcome, isUntouched: endedByTerminal(outcome) && isUnread(stdin, call.input) };
  } finally {
    clearTimeout(timer);
    closeEnd(stdin);
    // A process that it left behind may hold the other ends; that one is not waited for.
    for (const stream of [child.stdin, outputs.stdout, outputs.stderr]) stream?.destroy();
    endChild(child);
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

type End = number | 'ignore' | 'pipe';

interface Ends {
  /** As `spawn` takes them. */
  stdio: [stdin: End, stdout: End, stderr: End];
  /** The readers of ends that are pipes made by `programPipes`. */
  stdout?: Readable;
  stderr?: Readable;
}

/** A program with an input may be a script of the user that writes to /dev/stderr: its outputs are real pipes, too. */
async function endsFor({ input, leavesProcess }: ProgramCall): Promise<Ends> {
  const output = leavesProcess ? 'ignore' : 'pipe';
  if (input === undefined) return { stdio: ['ignore', output, output] };
  if (leavesProcess) return { stdio: [(await filledPipe(input)) ?? 'pipe', output, output] };
  const { stdin, stdout, stderr } = await programPipes(input);
  return {
    stdio: [stdin ?? 'pipe', stdout?.writer ?? output, stderr?.writer ?? output],
    ...(stdout && { stdout: readerOf(stdout.reader) }),
    ...(stderr && { stderr: readerOf(stderr.reader) }),
  };
}

function readerOf(fd: number): Readable {
  return new Socket({ fd, readable: true, writable: false }).on('error', () => {});
}

function closed(stream: Readable): Promise<void> {
  return new Promise((resolve) => stream.on('close', () => resolve()));
}

/** Closes the descriptors that the program has now: that of its input only if it was never started. */
function startWith<T>([stdin, ...outputs]: Ends['stdio'], start: () => T): T {
  try {
    return start();
  } catch (error) {
    closeEnd(stdin);
    throw error;
  } finally {
    outputs.forEach(closeEnd);
  }
}

function closeEnd(end: End): void {
  if (typeof end === 'number') closeSync(end);
}
