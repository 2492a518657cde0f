import { spawn } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemCode } from '../base/errors.ts';
import { withNewPipes } from './pipe-maker.ts';

/**
 * A pipe that holds a whole text, and its end, before the program that reads it exists. Whatever ends this process, and
 * whenever: the program gets the whole text or is never started. (What Node calls a pipe is a socket that is filled only
 * after the start: a program could mistake an early end for an empty value, and cannot open it as /dev/stdin.) The text
 * is only ever in the memory of the system.
 *
 * Resolves with the read end; undefined if the system offers no such pipe, as on Windows. Throws `Error`, with a message
 * that follows a program's name, for a text that is longer than a pipe (64 KiB on Linux).
 */
export async function filledPipe(text: string): Promise<number | undefined> {
  // Windows has no such flag.
  if (constants.O_NONBLOCK === undefined) return undefined;
  const content = Buffer.from(text);
  const pipe = await withPipes(1, ([path = '']) => fill(path, content));
  return pipe ?? (await namedPipe(content));
}

/** A pipe for the output of a program. */
export interface OutputPipe {
  reader: number;
  writer: number;
}

/** What a program that reads a text is connected to. What is absent is left to Node's socket. */
export interface ProgramPipes {
  stdin: number | undefined;
  stdout: OutputPipe | undefined;
  stderr: OutputPipe | undefined;
}

/** As `filledPipe`, with pipes for its output, which the program can open as /dev/stdout and /dev/stderr. */
export async function programPipes(text: string): Promise<ProgramPipes> {
  if (constants.O_NONBLOCK === undefined) return { stdin: undefined, stdout: undefined, stderr: undefined };
  const content = Buffer.from(text);
  const pipes = await withPipes(3, ([input = '', output = '', errors = '']) => ({
    stdin: fill(input, content),
    stdout: outputPipe(output),
    stderr: outputPipe(errors),
  }));
  const { stdin = await namedPipe(content), stdout, stderr } = pipes ?? {};
  return { stdin, stdout, stderr };
}

/** Pipes for the output of a program, which it can open by their names; undefined if the system offers none. */
export async function outputPipes(): Promise<[stdout: OutputPipe, stderr: OutputPipe] | undefined> {
  const pipes = await withPipes(2, (paths) => paths.map(outputPipe));
  const [stdout, stderr] = pipes ?? [];
  if (stdout && stderr) return [stdout, stderr];
  for (const fd of [stdout, stderr].flatMap((pipe) => (pipe ? [pipe.reader, pipe.writer] : [])))
    closeSync(fd);
  return undefined;
}

function outputPipe(path: string): OutputPipe | undefined {
  let reader: number | undefined;
  try {
    reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return { reader, writer: openSync(path, constants.O_WRONLY) };
  } catch {
    if (reader !== undefined) closeSync(reader);
    return undefined;
  }
}

/**
 * Calls `open` with the paths of new pipes. On Linux the descriptors of a shell can be opened through /proc. Unlike a named
 * pipe, these can be opened as /dev/stdin after their writers are gone: opening a named one would wait for a writer for
 * ever. Undefined if there is no such shell; rejects with what `open` throws.
 */
async function withPipes<T>(count: number, open: (paths: readonly string[]) => T): Promise<T | undefined> {
  // Some shells have other pipes only.
  return (await withNewPipes(count, open)) ?? pipesOfCommands(count, open);
}

/**
 * A command that holds the write ends of new pipes, as 3 and more because `echo` borrows 1, prints its process id, and ends
 * with its input.
 */
function holderOf(count: number): string {
  let command = 'read -r pid rest </proc/self/stat; echo "$pid" >&2; read -r rest';
  for (let fd = 2 + count; fd > 2; fd -= 1) command = `{ exec ${fd}>&1; ${command}; } | :`;
  return command;
}

/** The pipes between the commands of a shell: any shell has them, but starts two processes for each. */
function pipesOfCommands<T>(count: number, open: (paths: readonly string[]) => T): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    let result: T | undefined;
    let failure: unknown;
    const child = spawn('/bin/sh', ['-c', holderOf(count)], {
      // Ctrl-C must not reach it, and it complains about a folder that is gone.
      detached: true,
      cwd: '/',
      env: {},
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    child.stdin.on('error', () => {});
    child.stderr.setEncoding('utf8').once('data', (pid: string) => {
      try {
        const paths = Array.from({ length: count }, (_, index) => `/proc/${pid.trim()}/fd/${3 + index}`);
        if (/^\d+\n$/.test(pid)) result = open(paths);
      } catch (error) {
        failure = error;
      }
      child.stdin.end();
    });
    child.on('error', () => resolve(undefined));
    // Only now the write ends are closed, and a reader finds the end of the text.
    child.on('close', () => (failure === undefined ? resolve(result) : reject(failure)));
  });
}

/** For systems without /proc: a named pipe, whose name is removed before anything reads it. */
async function namedPipe(content: Buffer): Promise<number | undefined> {
  const folder = newFolder();
  if (folder === undefined) return undefined;
  try {
    const path = join(folder, 'pipe');
    return (await makeNamedPipe(path)) ? fill(path, content) : undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** For this user alone; undefined if there is no place for temporary files. */
function newFolder(): string | undefined {
  try {
    return mkdtempSync(join(tmpdir(), 'keys-pipe-'));
  } catch {
    return undefined;
  }
}

/** False if there is no such program, or the file system has no named pipes. */
function makeNamedPipe(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const env = { PATH: '/usr/bin:/bin' };
    const child = spawn('mkfifo', ['-m', '600', path], { cwd: '/', env, stdio: 'ignore' });
    child.on('error', () => resolve(false));
    child.on('exit', (code) => resolve(code === 0));
  });
}

/** Fills the pipe at a path and returns its read end; undefined if there is no pipe. Throws `Error` if it is too small. */
function fill(path: string, content: Buffer): number | undefined {
  const ends: number[] = [];
  const open = (flags: number) => {
    const end = openSync(path, flags);
    ends.push(end);
    return end;
  };
  try {
    // Without O_NONBLOCK, opening one end of a named pipe waits for the other. The program gets an end that waits for input.
    open(constants.O_RDONLY | constants.O_NONBLOCK);
    const writer = open(constants.O_WRONLY | constants.O_NONBLOCK);
    const reader = open(constants.O_RDONLY);
    for (let at = 0; at < content.length; ) at += writeSync(writer, content, at);
    ends.pop();
    return reader;
  } catch (error) {
    if (systemCode(error) !== 'EAGAIN') return undefined;
    throw new Error(`cannot take ${content.length} bytes on stdin: a pipe holds less`);
  } finally {
    for (const end of ends) closeSync(end);
  }
}
