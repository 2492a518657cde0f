import type { Environment } from '../platform/env.ts';
import { drawsBlocks } from './style.ts';

/** The pictures of a spinner in their order, each one column wide. */
export function spinnerFrames(env: Environment): readonly string[] {
  return drawsBlocks(env) ? [...'⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'] : [...'|/-\\'];
}
