import { spawn } from 'node:child_process';
import { closeSync, existsSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { systemCode } from '../base/errors.ts';
import { endChild, ownSession, watchChild } from './children.ts';
import type { Environment } from './env.ts';
import { withoutSecrets } from './env.ts';
import { emptyPipe, filledPipe } from './filled-pipe.ts';

/** A program to be run without a shell. */
export interface ProgramCall {
  /** Program and arguments. They are in the process list for everybody to see: never a secret. */
  command: readonly string[];
  cwd: string;
  /** The program's environment; our own secrets in it are left out. */
  env: Environment;
  /** Milliseconds. */
  limit: number;
  /** What it reads on stdin, whole or not at all (`filledPipe`); absent: nothing. */
  input?: string;
  /** It leaves a process behind that holds its output open: nobody reads that. */
  leavesProcess?: boolean;
}

export interface Outcome {
  stdout: string;
  stderr: string;
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** Characters of each stream: more is not what was asked for. */
const mostOutput = 65_536;
/** Milliseconds in which a program is heard of that has ended before its time was up. */
const secondLook = 50;

/**
 * Runs a program to its end. Rejects, with an `Error` whose message goes on after the program's name, where it cannot be
 * started, has an input longer than a pipe, takes longer than its limit or prints more than 64 Ki characters; it is ended
 * then, with all that it has started. Ctrl-C at the terminal does not reach it. A program that does not read all of its
 * input is judged by its exit code alone.
 */
export async function runProgram(call: ProgramCall): Promise<Outcome> {
  const [program = '', ...args] = call.command;
  const ends = await endsFor(call);
  const child = startWith(ends.stdio, () =>
    spawn(program, args, {
      // A folder that is gone would be reported as a program that is not there.
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
    return await new Promise<Outcome>((done, fail) => {
      const expire = () => fail(new Error(`has not ended after ${call.limit / 1000} s`));
      // Where this process was stopped meanwhile (Ctrl-Z), the program may have ended long ago: that is heard first.
      timer = setTimeout(() => {
        timer = setTimeout(expire, secondLook);
      }, call.limit);
      const pieces = { stdout: '', stderr: '' };
      for (const name of ['stdout', 'stderr'] as const) {
        outputs[name]?.setEncoding('utf8').on('data', (text: string) => {
          pieces[name] += text;
          if (pieces[name].length > mostOutput) fail(new Error('prints without end'));
        });
      }
      child.on('error', (error) => {
        const code = systemCode(error) ?? 'unknown error';
        fail(new Error(`${code === 'ENOENT' ? 'was not found' : 'cannot be started'} (${code})`));
      });
      const ended = [ends.stdout, ends.stderr].map((output) => output && closed(output));
      child.on('close', (code, signal) => {
        Promise.all(ended).then(() => done({ ...pieces, code, signal }));
      });
      child.stdin?.on('error', () => {});
      child.stdin?.end(call.input);
    });
  } finally {
    clearTimeout(timer);
    // A process that it has left behind may hold the other ends; nobody waits for that one.
    for (const stream of [child.stdin, outputs.stdout, outputs.stderr]) stream?.destroy();
    endChild(child);
  }
}

type End = number | 'ignore' | 'pipe';

interface Ends {
  /** As `spawn` takes them. */
  stdio: [stdin: End, stdout: End, stderr: End];
  /** What reads the ends that are pipes of ours. */
  stdout?: Readable;
  stderr?: Readable;
}

/** A program that is given something may be a script of the user's, which writes to /dev/stderr: that is a pipe, too. */
async function endsFor({ input, leavesProcess }: ProgramCall): Promise<Ends> {
  const output = leavesProcess ? 'ignore' : 'pipe';
  if (input === undefined) return { stdio: ['ignore', output, output] };
  const stdin = (await filledPipe(input)) ?? 'pipe';
  if (leavesProcess) return { stdio: [stdin, output, output] };
  const [out, err] = await Promise.all([emptyPipe(), emptyPipe()]);
  return {
    stdio: [stdin, out?.writer ?? output, err?.writer ?? output],
    ...(out && { stdout: readerOf(out.reader) }),
    ...(err && { stderr: readerOf(err.reader) }),
  };
}

function readerOf(fd: number): Readable {
  return new Socket({ fd, readable: true, writable: false }).on('error', () => {});
}

function closed(stream: Readable): Promise<void> {
  return new Promise((done) => stream.on('close', () => done()));
}

/** The program has its own ends of the pipes by then, or never will. */
function startWith<T>(ends: readonly End[], start: () => T): T {
  try {
    return start();
  } finally {
    for (const fd of ends) if (typeof fd === 'number') closeSync(fd);
  }
}
