import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Run, RunOptions, Sandbox } from './sandbox.ts';
import { program } from './sandbox.ts';

/**
 * Runs a line of bash in which `keys` is the built program, as after an installation. A pipeline fails if any part of
 * it does.
 */
export function shell(box: Sandbox, line: string, options: RunOptions = {}): Promise<Run> {
  const bin = join(box.env.HOME ?? '', 'bin');
  if (!existsSync(bin)) {
    mkdirSync(bin);
    symlinkSync(program, join(bin, 'keys'));
    symlinkSync(process.execPath, join(bin, 'node'));
  }
  const env = { PATH: `${bin}:${process.env.PATH}`, ...options.env };
  return box.command(['bash', '-o', 'pipefail', '-c', line], { ...options, env });
}
