import { accessSync, constants, statSync } from 'node:fs';
import { isAbsolute, resolve, win32 } from 'node:path';
import which from 'which';
import { KeysError } from '../base/errors.ts';
import type { Secret } from '../base/secret.ts';
import { maskSecrets } from '../base/secret.ts';
import type { Outcome } from '../platform/run-program.ts';
import { runProgram } from '../platform/run-program.ts';
import type { SinkContext } from './context.ts';

/** The paths of programs that were found before, by what they were looked for with. */
const foundPaths = new Map<string, string>();

/** The path of a program. Throws `KeysError` (`program_missing`) if there is none. */
export async function findProgram(
  name: string,
  { env, cwd, platform }: Pick<SinkContext, 'env' | 'cwd' | 'platform'>,
  hints: readonly string[] = [],
): Promise<string> {
  const isPath = /[/\\]/.test(name);
  const wanted = isPath ? resolve(cwd, name) : name;
  const search = JSON.stringify([wanted, env.PATH, env.PATHEXT]);
  const known = foundPaths.get(search);
  if (known !== undefined && isExecutable(known)) return known;
  const options = {
    nothrow: true,
    path: env.PATH ?? '',
    ...(env.PATHEXT && { pathExt: env.PATHEXT }),
  } as const;
  const path =
    platform === 'win32' && !isPath
      ? firstOnPath(which.sync(wanted, { ...options, all: true }) ?? [], options.path)
      : which.sync(wanted, options);
  if (path) {
    // A relative folder of the PATH is below whichever folder is the current one.
    if (isAbsolute(path)) foundPaths.set(search, path);
    return path;
  }
  throw new KeysError({
    code: 'program_missing',
    message: `the program ${maskSecrets(name)} ${isPath ? 'does not exist or is not executable' : 'is not on the PATH'}`,
    hints,
  });
}

/** Asked again for each delivery of a fleet; `which` takes three times as many calls of the system. */
function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * The first of these programs that is in a folder of a PATH of Windows. There, `which` looks into the current folder before all
 * others, and what a repository has under the name of a vendor's program must not run.
 */
export function firstOnPath(found: readonly string[], path: string): string | undefined {
  const spellingOf = (folder: string) => win32.join(folder, '.').replace(/\\$/, '').toLowerCase();
  const folders = new Set(
    path
      .split(win32.delimiter)
      .map((folder) => folder.replace(/^"(.*)"$/, '$1'))
      .filter((folder) => win32.isAbsolute(folder))
      .map(spellingOf),
  );
  return found.find((program) => folders.has(spellingOf(win32.dirname(program))));
}

export interface VendorCall {
  args: readonly string[];
  /** On stdin; absent: nothing. */
  input?: string;
}

/**
 * Runs a program that may get a secret on stdin, and returns how it ended. Throws `KeysError` if it cannot be started
 * (`program_failed`), or if it got the secret and did not end in time (`delivery_unclear`).
 */
export async function runVendor(
  name: string,
  { args, input }: VendorCall,
  context: SinkContext,
): Promise<Outcome> {
  const program = await findProgram(name, context);
  const { cwd, env, timeout } = context;
  return runProgram({
    command: [program, ...args],
    cwd,
    env,
    timeoutMs: timeout,
    ...(input !== undefined && { input }),
  }).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    // It got the secret, and its outcome is unknown.
    const isUnclear = input !== undefined && /^(has not ended|prints without end|may have run)/.test(reason);
    throw new KeysError({
      code: isUnclear ? 'delivery_unclear' : 'program_failed',
      message: `${maskSecrets(name)} ${reason}`,
      hints: reason.startsWith('has not ended') ? ['allow more time with --timeout 2min'] : [],
      cause: error,
    });
  });
}

/** Of a program's output, from the end: that tells what went wrong. */
export const maxComplaintCharacters = 600;

/** Throws `KeysError` unless the program succeeded. Repeats its output without the secret. */
export function requireSuccess(name: string, outcome: Outcome, secret: Secret): void {
  const { code, signal, stderr, stdout } = outcome;
  if (code === 0) return;
  const complaint = maskSecrets(secret.hideIn(stderr.trim() || stdout.trim())).replace(
    /\s*[\r\n]+\s*/g,
    '; ',
  );
  const end = signal ? `was ended by ${signal}` : `failed with exit code ${code}`;
  throw new KeysError({
    code: signal ? 'delivery_unclear' : 'program_failed',
    message: `${maskSecrets(name)} ${end}${complaint ? `: ${complaint.slice(-maxComplaintCharacters)}` : ''}`,
  });
}
