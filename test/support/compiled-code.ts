import { cpSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../../src/platform/env.ts';
import type { Run, RunOptions } from './sandbox.ts';
import { Sandbox } from './sandbox.ts';

/**
 * Gives a new sandbox the code cache that a command leaves, and returns the environment that lets the program use it: for
 * tests that start one command very often. The command runs in another sandbox.
 */
export async function withCompiledCode(
  box: Sandbox,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Environment> {
  const env = { NODE_DISABLE_COMPILE_CACHE: '' };
  const other = new Sandbox();
  const { exit, stderr }: Run = await other.program(args, { ...options, env });
  if (exit !== 0) throw new Error(stderr);
  cpSync(join(other.home, 'cache'), join(box.home, 'cache'), { recursive: true });
  return env;
}
