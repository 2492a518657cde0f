import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { systemCode } from '../base/errors.ts';
import { ownSession } from './child-options.ts';
import { endChild, watchChild } from './children.ts';
import type { Environment } from './env.ts';
import { withoutSecrets } from './env.ts';

/** A program whose output is too long to keep. */
export interface StreamedProgram {
  command: readonly string[];
  cwd: string;
  /** The program's environment; the secrets of `keys` are removed from it. */
  env: Environment;
  /** What it reads on stdin, as it takes it; absent: nothing. */
  input?: AsyncIterable<string> | Iterable<string>;
}

/** How a program failed. `code` is undefined if it could not be started or was ended by a signal. */
export class ProgramFailure extends Error {
  override readonly name = 'ProgramFailure';
  readonly code: number | undefined;

  constructor(message: string, code?: number) {
    super(message);
    this.code = code;
  }
}

const maxComplaintCharacters = 2_000;

/**
 * What a program prints, piece by piece. Throws `ProgramFailure` if it cannot be started or ends with another exit code
 * than 0; its message is the first line that the program printed on stderr. A program that is not read to its end is ended.
 */
export async function* outputOf(call: StreamedProgram): AsyncGenerator<Buffer> {
  const { command, input } = call;
  const [program = ''] = command;
  const child = start(call);
  watchChild(child);
  let complaint = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(0, maxComplaintCharacters);
  });
  const end = new Promise<void>((resolve, reject) => {
    child.on('error', (error) => {
      const code = systemCode(error);
      reject(
        new ProgramFailure(code === 'ENOENT' ? `${program} was not found` : `${program} cannot be started`),
      );
    });
    child.on('close', (code) => {
      if (code === 0) resolve();
      else
        reject(new ProgramFailure(complaint.trim().split('\n')[0] || `${program} failed`, code ?? undefined));
    });
  });
  end.catch(() => {});
  // If it ends without reading everything, its exit code says why.
  const feeding = input && child.stdin ? pipeline(Readable.from(input), child.stdin) : undefined;
  let fault: unknown;
  feeding?.catch((error) => {
    if (systemCode(error) !== 'EPIPE' && systemCode(error) !== 'ERR_STREAM_PREMATURE_CLOSE') fault = error;
  });
  try {
    if (child.stdout) for await (const piece of child.stdout) yield piece as Buffer;
    await end;
    if (fault) throw fault;
  } finally {
    endChild(child);
  }
}

/** Node.js throws some failures, and reports others as an event. */
function start({ command: [program = '', ...args], cwd, env, input }: StreamedProgram): ChildProcess {
  try {
    return spawn(program, args, {
      // A missing folder would be reported as a missing program.
      ...(existsSync(cwd) && { cwd }),
      env: { ...withoutSecrets(env) },
      stdio: [input ? 'pipe' : 'ignore', 'pipe', 'pipe'],
      ...ownSession,
    });
  } catch (error) {
    throw new ProgramFailure(`${program} cannot be started (${systemCode(error) ?? 'unknown error'})`);
  }
}
