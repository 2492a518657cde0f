import { interrupted, KeysError } from '../../base/errors.ts';
import { maskSecrets } from '../../base/secret.ts';
import type { Environment } from '../../platform/env.ts';
import { runProgram } from '../../platform/run-program.ts';

/** The program may have to ask a server, or a person in another window. */
const defaultTimeoutMs = 30_000;

/**
 * The output of a profile's `tokenCommand`, which runs without a shell and without input. Throws `KeysError` (4) if it
 * cannot be started, times out (30 s), prints more than 64 Ki characters, or fails. Its stderr is not repeated: it may be
 * the token.
 */
export async function runTokenCommand(
  command: readonly string[],
  profile: string,
  place: { cwd: string; env: Environment },
  timeoutMs = defaultTimeoutMs,
): Promise<string> {
  const outcome = await runProgram({ command, ...place, timeoutMs }).catch((error: unknown) => {
    throw failed(command, profile, error instanceof Error ? error.message : String(error), error);
  });
  if (outcome.code === 0) return outcome.stdout;
  if (outcome.signal === 'SIGINT' || outcome.signal === 'SIGTERM') throw interrupted();
  const end = outcome.signal ? `was ended by ${outcome.signal}` : `failed with exit code ${outcome.code}`;
  throw failed(command, profile, end);
}

/** Names the program alone: an argument may be a secret. */
function failed(
  [program = '']: readonly string[],
  profile: string,
  what: string,
  cause?: unknown,
): KeysError {
  return new KeysError({
    code: 'token_command_failed',
    message: `the tokenCommand of the profile ${profile} (${maskSecrets(program)}) ${what}`,
    hints: ['run the command by hand, or change "tokenCommand" in the configuration of the profile'],
    cause,
  });
}
