import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { resolve } from 'node:path';
import { KeysError, systemCode } from '../base/errors.ts';
import type { Secret } from '../base/secret.ts';
import type { Environment } from './env.ts';
import { withoutSecrets } from './env.ts';

export interface ForegroundOptions {
  cwd: string;
  env: Environment;
  /** Variables that the program gets in addition. */
  secrets: ReadonlyMap<string, Secret>;
}

/** What a terminal sends to all processes of its foreground group, on Ctrl-C and the like. */
const terminalSignals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT', 'SIGBREAK'];
const otherSignals: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'];

/**
 * Runs a program without a shell, with this process's stdin, stdout and stderr, and resolves with its exit code; with 128
 * plus the signal's number if a signal ended it (POSIX, "Exit Status for Commands"). Until then no signal ends this
 * process: signals are passed on, and the program decides. Throws `KeysError`: 127 if there is no such program, 126 if it
 * cannot be started, 1 for a value that no variable can hold.
 */
export async function runInForeground(
  [program = '', ...args]: readonly string[],
  { cwd, env, secrets }: ForegroundOptions,
): Promise<number> {
  const all = { ...withoutSecrets(env), ...variables(secrets) };
  try {
    return await withTerminal(() => spawn(program, args, { cwd, env: all, stdio: 'inherit' }));
  } catch (error) {
    throw notStarted(program, cwd, error);
  }
}

/**
 * Leaves the terminal to a program until it ends, and resolves with its exit code, as `runInForeground` does. Rejects if it
 * cannot be started.
 */
export async function withTerminal(start: () => ChildProcess): Promise<number> {
  let stopListening = () => {};
  try {
    return await new Promise<number>((settle, reject) => {
      // Before the program starts: a signal may be sent as soon as it is visible.
      let child: ChildProcess | undefined;
      stopListening = onSignals((signal) => void child?.kill(signal));
      child = start();
      child.on('error', (error) => {
        // Also emitted if a signal must not be sent, as to `sudo`: the program runs on.
        if (child?.pid === undefined) reject(error);
      });
      child.on('exit', (code, signal) => settle(code ?? 128 + constants.signals[signal ?? 'SIGKILL']));
    });
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
        message: `the value for ${name} contains a NUL character, which no variable can hold; nothing was started`,
      });
    }),
  );
}

/** Handles all signals until the returned function is called. */
function onSignals(forward: (signal: NodeJS.Signals) => void): () => void {
  const handle = (signal: NodeJS.Signals) => {
    if (!hasReachedChild(signal)) forward(signal);
  };
  const signals = [...terminalSignals, ...otherSignals];
  for (const signal of signals) process.on(signal, handle);
  return () => {
    for (const signal of signals) process.removeListener(signal, handle);
  };
}

/** Whether the child was sent the signal, too. It may take a second one as a request to give up at once. */
function hasReachedChild(signal: NodeJS.Signals): boolean {
  // Windows tells all programs of a console by itself; a signal sent from here would kill the program.
  if (process.platform === 'win32') return true;
  return terminalSignals.includes(signal) && isForeground();
}

/** Whether its terminal sends signals to this process. */
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

/** Without /proc: a process that has a terminal is taken to be in its foreground. */
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
      code === 'ENOENT' ? 'the interpreter in its first line is missing' : (reasons[code] ?? 'see the code');
    return new KeysError({
      code: 'program_not_executable',
      message: `'${program}' cannot be started${why ? `: ${why}` : ''} (${code})`,
      cause,
    });
  }
  return new KeysError({
    code: 'program_not_found',
    message: `there is no program '${program}'`,
    ...(/\s/.test(program) && {
      hints: ["keys run starts no shell; to run a shell command: -- sh -c '...'"],
    }),
    cause,
  });
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'it is not executable',
  ENOEXEC: 'it is not a program',
  ENOTDIR: 'a part of its path is not a folder',
  E2BIG: 'its arguments and environment are too long',
};
