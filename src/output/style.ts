import type { ChalkInstance } from 'chalk';
import { Chalk } from 'chalk';
import type { Environment } from '../platform/env.ts';
import { setting } from '../platform/env.ts';
import type { Output } from '../platform/io.ts';

/** What a view needs to know about the terminal. */
export interface Terminal {
  /** Width in characters. */
  readonly width: number;
  readonly style: ChalkInstance;
  readonly now: Date;
}

const defaultWidth = 80;

/** `noColor` is the flag. It overrides NO_COLOR, which overrides FORCE_COLOR. */
export function terminalOf(output: Output, env: Environment, noColor: boolean, now: Date): Terminal {
  const width = output.columns || Number(env.COLUMNS) || defaultWidth;
  return { width, style: new Chalk({ level: noColor ? 0 : colorLevel(output, env) }), now };
}

/** Only the 16 basic colours: they follow the user's theme. */
function colorLevel(output: Output, env: Environment): 0 | 1 {
  if (setting(env, 'NO_COLOR')) return 0;
  const forceColor = setting(env, 'FORCE_COLOR');
  if (forceColor !== undefined) return forceColor === '0' || forceColor === 'false' ? 0 : 1;
  return output.isTTY && env.TERM !== 'dumb' ? 1 : 0;
}
