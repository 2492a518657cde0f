import type { ErrorCode, ExitName } from './error-codes.ts';
import { exitOf } from './error-codes.ts';

/**
 * Expected failures are values of `KeysError`, printed in one place (`output/error.ts`). Anything else that is
 * thrown is a bug and keeps its stack.
 */

export interface Failure {
  /** The exit code of the program, by name. */
  exit: ExitName;
  /** Stable, for scripts. */
  code: ErrorCode;
  /** One sentence, lower case, no full stop. Never holds a secret. */
  message: string;
  /** What to do next; if possible a command that can be pasted. */
  hints?: readonly string[];
  /** What names no key, of all that was asked for. */
  missingKeys?: readonly string[];
  /** Several problems at once; `message` is then their summary. */
  problems?: readonly string[];
  httpStatus?: number;
  requestId?: string;
  /** Id of the unfinished operation that `keys recover` continues. */
  operation?: string;
  cause?: unknown;
}

/** An expected failure: exit code, stable code, message and hints. */
export class KeysError extends Error {
  override readonly name = 'KeysError';
  readonly failure: Failure;

  /** `exit` is that of the code in the table, unless it is given. */
  constructor(failure: Omit<Failure, 'exit'> & { exit?: ExitName }) {
    super(failure.message, { cause: failure.cause });
    this.failure = { exit: exitOf(failure.code), ...failure };
  }
}

/** Refused before anything happened (exit 2). All problems are listed at once. */
export function usageError(problems: string | readonly string[], ...hints: string[]): KeysError {
  const list = typeof problems === 'string' ? [problems] : problems;
  return new KeysError({ code: 'usage', message: list.join('; '), problems: list, hints });
}

/**
 * One or more invalid values of a flag or an operand. Each message follows the flag's name ("--expires: `0` is not…"); the
 * parser of the command line collects all of them into one `usageError`.
 */
export class InvalidValue extends Error {
  override readonly name = 'InvalidValue';
  readonly messages: readonly string[];

  constructor(...messages: string[]) {
    super(messages.join('; '));
    this.messages = messages;
  }
}

/** The code of a Node.js system error such as `ENOENT`, or undefined. */
export function systemCode(error: unknown): string | undefined {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return undefined;
}

/** Ctrl-C before anything had changed. */
export function interrupted(): KeysError {
  return new KeysError({
    code: 'interrupted',
    message: 'interrupted; nothing was changed',
  });
}

/** The end of input at a prompt (Ctrl-D, or a terminal that is gone) means no. */
export function declined(): KeysError {
  return new KeysError({
    code: 'declined',
    message: 'declined: the input ended without an answer',
  });
}

/** Whether the user has ended the whole command: by Ctrl-C, or by not answering a prompt. */
export function isStop(error: unknown): boolean {
  return (
    error instanceof KeysError && (error.failure.code === 'interrupted' || error.failure.code === 'declined')
  );
}

/** An unexpected error. A report needs its stack, which is masked like any other text. */
export function bug(error: unknown): Failure {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    exit: 'failed',
    code: 'bug',
    message: 'this is a bug in keys: an unexpected error occurred',
    problems: ['this is a bug in keys: an unexpected error occurred', ...text.split('\n')],
    hints: ['report it, with the lines above and the output of: keys doctor --json'],
  };
}
