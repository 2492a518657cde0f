import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './temporary-folder.ts';

/** What a program does if its arguments match. `$STDIN` in a text is replaced by its input. */
export interface Behaviour {
  /** Matched against the arguments, joined by spaces; absent: matches always. */
  args?: RegExp;
  stdout?: string;
  stderr?: string;
  code?: number;
  /** Milliseconds before it ends. */
  lasts?: number;
  /** It ends without reading its input. */
  deaf?: boolean;
}

/** One call, as the program itself saw it. */
export interface Call {
  args: string[];
  env: Record<string, string>;
  stdin: string;
  /** Its /proc/self/cmdline; empty on other systems. */
  cmdline: string;
}

/** Fakes of vendors' programs in a folder for the PATH, which record how they are called. */
export class StandIns {
  readonly folder = temporaryFolder();
  readonly #calls = join(this.folder, 'calls');

  /** Adds a program. It does what the first matching behaviour says; without one it succeeds. */
  add(name: string, ...behaviours: Behaviour[]): this {
    const rules = behaviours.map(({ args, ...rest }) => ({ args: args?.source ?? '', ...rest }));
    const file = join(this.folder, name);
    writeFileSync(
      file,
      `#!${process.execPath}\n(${standIn})(require, process, ${JSON.stringify({ rules, calls: this.#calls })});\n`,
    );
    chmodSync(file, 0o755);
    return this;
  }

  get calls(): Call[] {
    if (!existsSync(this.#calls)) return [];
    // What follows the last newline is nothing, or a call that is still being written.
    const lines = readFileSync(this.#calls, 'utf8').split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as Call);
  }
}

interface Rules {
  rules: (Omit<Behaviour, 'args'> & { args: string })[];
  calls: string;
}

/** The program itself: it is written to a file as text, so it may use nothing but its parameters. */
function standIn(load: NodeJS.Require, self: NodeJS.Process, { rules, calls }: Rules): void {
  const fs = load('node:fs') as typeof import('node:fs');
  const args = self.argv.slice(2);
  const rule = rules.find((one) => new RegExp(one.args).test(args.join(' ')));
  let stdin = '';
  try {
    if (!rule?.deaf) stdin = fs.readFileSync(0, 'utf8');
  } catch {
    // There is no input.
  }
  let cmdline = '';
  try {
    cmdline = fs.readFileSync('/proc/self/cmdline', 'utf8');
  } catch {
    // This system has no /proc.
  }
  fs.appendFileSync(calls, `${JSON.stringify({ args, env: self.env, stdin, cmdline })}\n`);
  const filled = (text = '') => text.replaceAll('$STDIN', stdin);
  // Exit once all output is in the pipes: an earlier exit would lose what a busy reader has not read.
  let unwritten = 2;
  const end = () => {
    unwritten -= 1;
    if (unwritten === 0) setTimeout(() => self.exit(rule?.code ?? 0), rule?.lasts ?? 0);
  };
  self.stdout.write(filled(rule?.stdout), end);
  self.stderr.write(filled(rule?.stderr), end);
}
