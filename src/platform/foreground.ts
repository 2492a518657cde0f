import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { resolve } from 'node:path';
import { KeysError, systemCode } from '../base/errors.ts';
import type { Secret } from '../base/secret.ts';
import type { Environment } from './env.ts';
import { withoutSecrets } from './env.ts';

export interface Surroundings {
  cwd: string;
  env: Environment;
  /** Variables that the program has besides. */
  secrets: ReadonlyMap<string, Secret>;
}

/** What a terminal sends to all processes of its foreground group when somebody types Ctrl-C and the like. */
const typed: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT', 'SIGBREAK'];
const sent: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'];

/**
 * Runs a program without a shell, with our own stdin, stdout and stderr, and resolves with its exit code; with 128 and
 * the signal's number where a signal has ended it (POSIX, "Exit Status for Commands"). Until then no signal ends this
 * process: the program is told of it, and decides. Throws `KeysError`: 127 where there is no such program, 126 where it
 * cannot be started, 1 for a value that no variable can hold.
 */
export async function runInForeground(
  [program = '', ...args]: readonly string[],
  { cwd, env, secrets }: Surroundings,
): Promise<number> {
  const all = { ...withoutSecrets(env), ...variables(secrets) };
  let stopListening = () => {};
  try {
    return await new Promise<number>((done, fail) => {
      // From before the program is there: who has seen it start may send a signal at once.
      let child: ChildProcess | undefined;
      stopListening = onSignals((signal) => void child?.kill(signal));
      child = spawn(program, args, { cwd, env: all, stdio: 'inherit' });
      child.on('error', (error) => {
        // Also told of a signal that it may not be sent, as one who runs `sudo`: that is for it alone to mend.
        if (child?.pid === undefined) fail(error);
      });
      child.on('exit', (code, signal) => done(code ?? 128 + constants.signals[signal ?? 'SIGKILL']));
    });
  } catch (error) {
    throw notStarted(program, cwd, error);
  } finally {
    stopListening();
  }
}

function variables(secrets: ReadonlyMap<string, Secret>): Record<string, string> {
  return Object.fromEntries(
    [...secrets].map(([name, secret]) => {
      const value = secret.reveal();
      if (!value.includes('\0')) return [name, value];
      throw new KeysError({
        code: 'value_with_nul',
        message: `the value for ${name} has a NUL character in it, which no variable can hold; nothing was started`,
      });
    }),
  );
}

/** Takes all signals until the function that it returns is called. */
function onSignals(passOn: (signal: NodeJS.Signals) => void): () => void {
  const take = (signal: NodeJS.Signals) => {
    if (!hasArrived(signal)) passOn(signal);
  };
  const signals = [...typed, ...sent];
  for (const signal of signals) process.on(signal, take);
  return () => {
    for (const signal of signals) process.removeListener(signal, take);
  };
}

/** Whether the child has been sent the signal, too. A second one may mean to it that it is to give up at once. */
function hasArrived(signal: NodeJS.Signals): boolean {
  // Windows tells all programs of a console by itself; what it would be sent from here would end it on the spot.
  if (process.platform === 'win32') return true;
  return typed.includes(signal) && isForeground();
}

/** Whether this process is one of those that its terminal sends signals to. */
function isForeground(): boolean {
  try {
    // After the name in parentheses: state, ppid, pgrp, session, tty_nr, tpgid (proc_pid_stat(5)).
    const status = readFileSync('/proc/self/stat', 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return status[2] === status[5];
  } catch {
    return hasTerminal();
  }
}

/** Where there is no /proc: whoever has a terminal is taken to be in its foreground. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}

function notStarted(program: string, cwd: string, cause: unknown): unknown {
  const code = systemCode(cause);
  if (code === undefined || cause instanceof TypeError) return cause;
  const isThere = program.includes('/') && existsSync(resolve(cwd, program));
  if (code !== 'ENOENT' || isThere) {
    const why =
      code === 'ENOENT' ? 'what its first line names is not there' : (reasons[code] ?? 'see the code');
    return new KeysError({
      code: 'program_not_executable',
      message: `'${program}' cannot be started${why ? `: ${why}` : ''} (${code})`,
      cause,
    });
  }
  return new KeysError({
    code: 'program_not_found',
    message: `there is no program '${program}'`,
    ...(/\s/.test(program) && { hints: ["no shell takes it apart; for a line of shell: -- sh -c '...'"] }),
    cause,
  });
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'it is not executable',
  ENOEXEC: 'it is no program',
  ENOTDIR: 'a part of its path is not a folder',
  E2BIG: 'its arguments and its environment are too long',
};
