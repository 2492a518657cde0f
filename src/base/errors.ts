/**
 * Expected failures are values of `KeysError`, printed in one place (`output/error.ts`). Anything else that is
 * thrown is a bug and keeps its stack.
 */

/** Exit codes of the program, by name. `keys help exit-codes` and the README's table are made from this. */
export const exits = {
  done: { code: 0, meaning: 'done' },
  failed: { code: 1, meaning: 'failed, or declined at a prompt' },
  usage: { code: 2, meaning: 'usage: refused before anything happened' },
  notFound: { code: 3, meaning: 'no such key, or several' },
  auth: { code: 4, meaning: 'not logged in, session expired, or forbidden' },
  unfinished: { code: 5, meaning: 'unfinished: something is pending, keys recover says what' },
  limit: { code: 6, meaning: 'a limit: rate limit after retries, budget, number of keys, conflict' },
  network: { code: 7, meaning: 'network, TLS or server failure after retries' },
  no: { code: 8, meaning: 'the check answered no' },
  notExecutable: { code: 126, meaning: 'run: the program cannot be started' },
  noProgram: { code: 127, meaning: 'run: there is no such program' },
  interrupted: {
    code: 130,
    meaning: 'interrupted before anything happened (after that: 5)',
  },
} as const;

export type ExitName = keyof typeof exits;

export interface Failure {
  exit: ExitName;
  /** Stable, snake_case, for scripts. */
  code: string;
  /** One sentence, lower case, no full stop. Never holds a secret. */
  message: string;
  /** What to do next; where possible a command that can be pasted. */
  hints?: readonly string[];
  /** Several faults found at once; `message` is then their summary. */
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

  constructor(failure: Failure) {
    super(failure.message, { cause: failure.cause });
    this.failure = failure;
  }
}

/** Refused before anything happened (exit 2). Several problems are all named at once. */
export function usageError(problems: string | readonly string[], ...hints: string[]): KeysError {
  const list = typeof problems === 'string' ? [problems] : problems;
  return new KeysError({ exit: 'usage', code: 'usage', message: list.join('; '), problems: list, hints });
}

/**
 * The value of a flag or an operand that cannot be used, or several of them. Each message reads on after the flag's
 * name ("--expires: `0` is not…"); the parser of the command line collects all of them into one `usageError`.
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
    exit: 'interrupted',
    code: 'interrupted',
    message: 'interrupted; nothing has happened',
  });
}

/** The end of input at a question (Ctrl-D, or a terminal that is gone): the answer is no. */
export function declined(): KeysError {
  return new KeysError({
    exit: 'failed',
    code: 'declined',
    message: 'declined: the input ended without an answer',
  });
}

/** Whether somebody has ended the whole command: by Ctrl-C, or by giving a question no answer. */
export function isStop(error: unknown): boolean {
  return (
    error instanceof KeysError && (error.failure.code === 'interrupted' || error.failure.code === 'declined')
  );
}

/** An error that nobody expected. Its stack is what a report needs; it is masked like any other text. */
export function bug(error: unknown): Failure {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    exit: 'failed',
    code: 'bug',
    message: 'this is a bug in keys: something failed that nobody expected',
    problems: ['this is a bug in keys: something failed that nobody expected', ...text.split('\n')],
    hints: ['report it with the lines above and the output of: keys doctor --json'],
  };
}

/** A text as one word of a shell, for hints that are there to be pasted: some of it was chosen by a server. */
export function shellWord(text: string): string {
  return /^[\w.@:/+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
