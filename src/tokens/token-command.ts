import { spawn } from 'node:child_process';
import type { Environment } from '../env.ts';
import { interrupted, KeysError, systemCode } from '../errors.ts';
import { maskSecrets } from '../secret.ts';

/** Milliseconds for a program that may have to ask a server, or a person at another window. */
const commandLimit = 30_000;
/** Characters of each stream: a token has a few hundred. */
const mostOutput = 65_536;

interface Outcome {
  stdout: string;
  stderr: string;
  code: number | null;
  signal: NodeJS.Signals | null;
}

/**
 * What the `tokenCommand` of a profile prints. It runs without a shell and without input. Throws `KeysError` (4) where
 * it cannot be started, takes longer than the limit (30 s), prints more than 64 Ki characters, or exits with another
 * code than 0. What it says on stderr is not repeated: it may be the token.
 */
export async function runTokenCommand(
  command: readonly string[],
  profile: string,
  place: { cwd: string; env: Environment },
  limit = commandLimit,
): Promise<string> {
  const outcome = await run(command, place, limit).catch((error: unknown) => {
    throw failed(command, profile, error instanceof Error ? error.message : String(error), error);
  });
  if (outcome.code === 0) return outcome.stdout;
  if (outcome.signal === 'SIGINT' || outcome.signal === 'SIGTERM') throw interrupted();
  const end = outcome.signal ? `was ended by ${outcome.signal}` : `failed with exit code ${outcome.code}`;
  throw failed(command, profile, end);
}

/** Rejects with what happened instead, in words that go on after the program's name. */
async function run(
  [program = '', ...args]: readonly string[],
  { cwd, env }: { cwd: string; env: Environment },
  limit: number,
): Promise<Outcome> {
  const child = spawn(program, args, {
    cwd,
    env: { ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<Outcome>((done, fail) => {
      timer = setTimeout(() => fail(new Error(`has not ended after ${limit / 1000} s`)), limit);
      const output = { stdout: '', stderr: '' };
      for (const name of ['stdout', 'stderr'] as const) {
        child[name].setEncoding('utf8').on('data', (text: string) => {
          output[name] += text;
          if (output[name].length > mostOutput) fail(new Error('prints without end'));
        });
      }
      child.on('error', (error) => {
        const code = systemCode(error) ?? 'unknown error';
        fail(new Error(`${code === 'ENOENT' ? 'was not found' : 'cannot be started'} (${code})`));
      });
      child.on('close', (code, signal) => done({ ...output, code, signal }));
    });
  } finally {
    clearTimeout(timer);
    child.kill('SIGKILL');
    // A process that it has left behind may hold the other ends; nobody waits for that one.
    child.stdout.destroy();
    child.stderr.destroy();
  }
}

/** The program alone is named: an argument may be anything. */
function failed(
  [program = '']: readonly string[],
  profile: string,
  what: string,
  cause?: unknown,
): KeysError {
  return new KeysError({
    exit: 'auth',
    code: 'token_command_failed',
    message: `the tokenCommand of the profile ${profile} (${maskSecrets(program)}) ${what}`,
    hints: ['run the command by hand, or change "tokenCommand" of the profile in the configuration'],
    cause,
  });
}
