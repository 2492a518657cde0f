import { spawn } from 'node:child_process';
import { closeSync, existsSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { systemCode } from '../base/errors.ts';
import { ownSession } from './child-options.ts';
import { endChild, watchChild } from './children.ts';
import type { Environment } from './env.ts';
import { withoutSecrets } from './env.ts';
import type { OutputPipe } from './filled-pipe.ts';

/** A program to run without a shell. */
export interface Program {
  /** Program and arguments. The process list shows them to everyone: never a secret. */
  command: readonly string[];
  cwd: string;
  /** The program's environment; the secrets of `keys` are removed from it. */
  env: Environment;
  timeoutMs: number;
}

export interface Outcome {
  stdout: string;
  stderr: string;
  code: number | null;
  signal: NodeJS.Signals | null;
}

export type End = number | 'ignore' | 'pipe';

/** What a program is connected to. The descriptor of its input stays the caller's. */
export interface Ends {
  stdin: End;
  stdout: OutputPipe | 'ignore' | 'pipe';
  stderr: OutputPipe | 'ignore' | 'pipe';
  /** Goes to a stdin that is `pipe`. */
  input?: string;
}

/** Per stream. */
const maxOutputCharacters = 65_536;
/** After the timeout: time to notice that a program has ended before it. */
const noticeMs = 50;

/**
 * Runs a program to its end. Rejects, with an `Error` whose message follows the program's name, if the program cannot be
 * started, times out or prints more than 64 Ki characters; it is then ended, with everything that it started. `onStart` gets
 * the id of its process as soon as there is one.
 */
export async function superviseProgram(
  { command: [program = '', ...args], cwd, env, timeoutMs }: Program,
  ends: Ends,
  onStart?: (pid: number) => void,
): Promise<Outcome> {
  const child = startWith(ends, (stdio) =>
    spawn(program, args, {
      // A missing folder would be reported as a missing program.
      ...(existsSync(cwd) && { cwd }),
      env: { ...withoutSecrets(env) },
      stdio,
      ...ownSession,
    }),
  );
  if (child.pid !== undefined) onStart?.(child.pid);
  watchChild(child);
  const outputs = { stdout: readerOf(ends.stdout), stderr: readerOf(ends.stderr) };
  const streams = { stdout: outputs.stdout ?? child.stdout, stderr: outputs.stderr ?? child.stderr };
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<Outcome>((resolve, reject) => {
      const expire = () => reject(new Error(`has not ended after ${timeoutMs / 1000} s`));
      // If this process was stopped meanwhile (Ctrl-Z), the program may have ended long ago: that event comes first.
      timer = setTimeout(() => {
        timer = setTimeout(expire, noticeMs);
      }, timeoutMs);
      const pieces = { stdout: '', stderr: '' };
      for (const name of ['stdout', 'stderr'] as const) {
        streams[name]?.setEncoding('utf8').on('data', (text: string) => {
          pieces[name] += text;
          if (pieces[name].length > maxOutputCharacters) reject(new Error('prints without end'));
        });
      }
      child.on('error', (error) => {
        const code = systemCode(error) ?? 'unknown error';
        reject(new Error(`${code === 'ENOENT' ? 'was not found' : 'cannot be started'} (${code})`));
      });
      const endedOutputs = [outputs.stdout, outputs.stderr].map((output) => output && closed(output));
      child.on('close', (code, signal) => {
        Promise.all(endedOutputs).then(() => resolve({ ...pieces, code, signal }));
      });
      child.stdin?.on('error', () => {});
      child.stdin?.end(ends.input);
    });
  } finally {
    clearTimeout(timer);
    // A process that it left behind may hold the other ends; that one is not waited for.
    for (const stream of [child.stdin, streams.stdout, streams.stderr]) stream?.destroy();
    endChild(child);
  }
}

/** Closes the descriptors that the program has now, except that of its input. */
function startWith<T>({ stdin, stdout, stderr }: Ends, start: (stdio: [End, End, End]) => T): T {
  try {
    return start([stdin, writerOf(stdout), writerOf(stderr)]);
  } finally {
    for (const output of [stdout, stderr]) if (typeof output === 'object') closeSync(output.writer);
  }
}

function writerOf(output: Ends['stdout']): End {
  return typeof output === 'object' ? output.writer : output;
}

function readerOf(output: Ends['stdout']): Readable | undefined {
  if (typeof output !== 'object') return undefined;
  return new Socket({ fd: output.reader, readable: true, writable: false }).on('error', () => {});
}

function closed(stream: Readable): Promise<void> {
  return new Promise((resolve) => stream.on('close', () => resolve()));
}
