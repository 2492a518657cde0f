import { interrupted, KeysError } from '../../base/errors.ts';
import { maskSecrets } from '../../base/secret.ts';
import type { Environment } from '../../platform/env.ts';
import { runProgram } from '../../platform/run-program.ts';

/** Milliseconds for a program that may have to ask a server, or a person at another window. */
const commandLimit = 30_000;

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
  const outcome = await runProgram({ command, ...place, limit }).catch((error: unknown) => {
    throw failed(command, profile, error instanceof Error ? error.message : String(error), error);
  });
  if (outcome.code === 0) return outcome.stdout;
  if (outcome.signal === 'SIGINT' || outcome.signal === 'SIGTERM') throw interrupted();
  const end = outcome.signal ? `was ended by ${outcome.signal}` : `failed with exit code ${outcome.code}`;
  throw failed(command, profile, end);
}

/** The program alone is named: an argument may be anything. */
function failed(
  [program = '']: readonly string[],
  profile: string,
  what: string,
  cause?: unknown,
): KeysError {
  return new KeysError({
    code: 'token_command_failed',
    message: `the tokenCommand of the profile ${profile} (${maskSecrets(program)}) ${what}`,
    hints: ['run the command by hand, or change "tokenCommand" of the profile in the configuration'],
    cause,
  });
}
