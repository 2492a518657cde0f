import type { Environment } from '../platform/env.ts';
import { setting } from '../platform/env.ts';
import type { Output } from '../platform/io.ts';

type Paint = (text: string) => string;

/** The styles that views use. */
export type Style = Readonly<Record<'bold' | 'cyan' | 'dim' | 'green' | 'magenta' | 'red' | 'yellow', Paint>>;

/** What a view needs to know about the terminal. */
export interface Terminal {
  /** Width in characters. */
  readonly width: number;
  readonly style: Style;
  readonly now: Date;
  /** Whether it draws block and braille characters; without, pictures are ASCII. */
  readonly unicode: boolean;
}

const defaultWidth = 80;

/** `noColor` is the flag. It overrides NO_COLOR, which overrides FORCE_COLOR. */
export async function terminalOf(
  output: Output,
  env: Environment,
  noColor: boolean,
  now: Date,
): Promise<Terminal> {
  const width = output.columns || Number(env.COLUMNS) || defaultWidth;
  const level = noColor ? 0 : colorLevel(output, env);
  const style = level === 0 ? colourless : new (await import('chalk')).Chalk({ level });
  return { width, style, now, unicode: drawsBlocks(env) };
}

const plain: Paint = (text) => text;

const colourless: Style = {
  bold: plain,
  cyan: plain,
  dim: plain,
  green: plain,
  magenta: plain,
  red: plain,
  yellow: plain,
};

/** Only the 16 basic colours: they follow the user's theme. */
function colorLevel(output: Output, env: Environment): 0 | 1 {
  if (setting(env, 'NO_COLOR')) return 0;
  const forceColor = setting(env, 'FORCE_COLOR');
  if (forceColor !== undefined) return forceColor === '0' || forceColor === 'false' ? 0 : 1;
  return output.isTTY && env.TERM !== 'dumb' ? 1 : 0;
}

/**
 * Whether the terminal draws block and braille characters: in a UTF-8 locale, or, where no locale is set, as on Windows, in a
 * terminal that is known to. The console of Linux has no glyphs for them.
 */
export function drawsBlocks(env: Environment): boolean {
  if (env.TERM === 'dumb' || env.TERM === 'linux') return false;
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG;
  if (locale) return /utf-?8/i.test(locale);
  return Boolean(env.WT_SESSION) || knownPrograms.test(env.TERM_PROGRAM ?? env.TERMINAL_EMULATOR ?? '');
}

const knownPrograms = /^(?:vscode|iTerm\.app|Apple_Terminal|WezTerm|ghostty|Hyper|JetBrains-JediTerm)$/;
