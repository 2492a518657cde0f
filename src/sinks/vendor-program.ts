import { resolve } from 'node:path';
import which from 'which';
import { KeysError } from '../base/errors.ts';
import type { Secret } from '../base/secret.ts';
import { maskSecrets } from '../base/secret.ts';
import type { Outcome } from '../platform/run-program.ts';
import { runProgram } from '../platform/run-program.ts';
import type { SinkContext } from './context.ts';

/** Where a program is. Throws `KeysError` (`program_missing`) where it is not there. */
export async function findProgram(
  name: string,
  { env, cwd }: Pick<SinkContext, 'env' | 'cwd'>,
  hints: readonly string[] = [],
): Promise<string> {
  const isPath = /[/\\]/.test(name);
  const found = await which(isPath ? resolve(cwd, name) : name, {
    nothrow: true,
    path: env.PATH ?? '',
    ...(env.PATHEXT && { pathExt: env.PATHEXT }),
  });
  if (found) return found;
  throw new KeysError({
    code: 'program_missing',
    message: `the program ${maskSecrets(name)} ${isPath ? 'is not there, or cannot be run' : 'is not on the PATH'}`,
    hints,
  });
}

export interface VendorCall {
  args: readonly string[];
  /** On stdin; absent: nothing. */
  input?: string;
}

/**
 * Runs a program that is told a secret on stdin, and gives back how it ended. Throws `KeysError`
 * where it cannot be started (`program_failed`) or does not end in time (`delivery_unclear`).
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
    const what = error instanceof Error ? error.message : String(error);
    // It was told the secret, and ended before it said what it did with it.
    const isUnclear = input !== undefined && /^(has not ended|prints without end)/.test(what);
    throw new KeysError({
      code: isUnclear ? 'delivery_unclear' : 'program_failed',
      message: `${maskSecrets(name)} ${what}`,
      hints: what.startsWith('has not ended') ? ['allow more time with --timeout 2min'] : [],
      cause: error,
    });
  });
}

/** Characters of what a program has said, from the end: there it says what went wrong. */
export const mostComplaint = 600;

/** Throws `KeysError` unless the program ended well. What it said is repeated without the secret. */
export function requireSuccess(name: string, outcome: Outcome, secret: Secret): void {
  const { code, signal, stderr, stdout } = outcome;
  if (code === 0) return;
  const said = maskSecrets(secret.hideIn(stderr.trim() || stdout.trim()));
  const end = signal ? `was ended by ${signal}` : `failed with exit code ${code}`;
  throw new KeysError({
    code: signal ? 'delivery_unclear' : 'program_failed',
    message: `${maskSecrets(name)} ${end}${said ? `: ${said.slice(-mostComplaint)}` : ''}`,
  });
}
