import { spawn } from 'node:child_process';
import { closeSync, existsSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { systemCode } from '../base/errors.ts';
import { endChild, ownSession, watchChild } from './children.ts';
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
  const [program = '', ...args] = call.command;
  const ends = await endsFor(call);
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
    return await new Promise<Outcome>((resolve, reject) => {
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
  } finally {
    clearTimeout(timer);
    // A process that it left behind may hold the other ends; that one is not waited for.
    for (const stream of [child.stdin, outputs.stdout, outputs.stderr]) stream?.destroy();
    endChild(child);
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

/** Closes the descriptors: the program has its own by then, or was never started. */
function startWith<T>(ends: readonly End[], start: () => T): T {
  try {
    return start();
  } finally {
    for (const fd of ends) if (typeof fd === 'number') closeSync(fd);
  }
}
