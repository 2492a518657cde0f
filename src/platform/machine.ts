import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import type { Environment } from './env.ts';
import type { Io } from './io.ts';
import { runProgram } from './run-program.ts';

/** What decides where other programs look for their files. */
export interface Machine {
  env: Environment;
  home: string;
  platform: NodeJS.Platform;
  exists(path: string): boolean;
  /** Undefined: there is no such file, or it cannot be read. */
  read(path: string): string | undefined;
  /** What a program prints on stdout; undefined: it is missing or fails. */
  outputOf(command: readonly string[]): Promise<string | undefined>;
}

const timeoutMs = 10_000;

export function machineOf({ env, cwd }: Pick<Io, 'env' | 'cwd'>): Machine {
  return {
    env,
    home: env.HOME || env.USERPROFILE || homedir(),
    platform: process.platform,
    exists: existsSync,
    read(path) {
      try {
        return readFileSync(path, 'utf8');
      } catch {
        return undefined;
      }
    },
    async outputOf(command) {
      const outcome = await runProgram({ command, cwd, env, timeoutMs }).catch(() => undefined);
      return outcome?.code === 0 ? outcome.stdout : undefined;
    },
  };
}
