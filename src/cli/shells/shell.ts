import { join } from 'node:path';
import type { Machine } from '../../platform/machine.ts';
import type { Completion, Line } from '../completion.ts';

/** How one shell asks for completions, and how it takes them. */
export interface Shell {
  /** What the user loads. It runs `keys completion --words <shell>`, which reads a request and prints a reply. */
  readonly script: string;
  /** Whether it shows what a candidate means. */
  readonly describes: boolean;
  /** Undefined: the text on stdin is no request of this script. */
  read(text: string): Request | undefined;
  place(machine: Machine): Placement | Promise<Placement>;
}

export interface Request {
  line: Line;
  /** For the script. Whatever a candidate holds, the shell takes it for text. */
  reply(completion: Completion): string;
}

/** Tells an installed script from a file of somebody else. */
export const scriptMark = 'This file is written by: keys completion';

/** The words that a script has sent, each ended by a NUL; the last one is the current one. */
export function wordsIn(text: string): Line | undefined {
  const words = text.split('\0');
  if (words.pop() !== '') return undefined;
  const current = words.pop();
  return current === undefined ? undefined : { words, current };
}

/** A candidate per line, its parts separated by tabs. */
export function lines(rows: readonly (readonly string[])[]): string {
  return rows.map((parts) => `${parts.join('\t')}\n`).join('');
}

/** Where a script goes. */
export interface Placement {
  file: string;
  /** A line that the shell reads when it starts, in a file of the user's; undefined: it finds the script by itself. */
  line?: { file: string; text: string };
  /** What is left to do, a sentence or a command each. */
  next: readonly string[];
}

/** The folder for the user's own data of all programs. */
export function dataFolder({ env, home }: Machine): string {
  return env.XDG_DATA_HOME || join(home, '.local', 'share');
}

export function configFolder({ env, home }: Machine): string {
  return env.XDG_CONFIG_HOME || join(home, '.config');
}
