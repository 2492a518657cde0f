import { existsSync, fstatSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Entries of the bundle that run in a process of their own; `scripts/build.mjs` lists their sources. */
export type ChildEntry = 'keychain-child' | 'program-launcher' | 'clipboard-clear';

/** No command starts like this. */
const mark = 'keys:';

/** What to pass to `process.execPath` to start such an entry: its file, or its name if this is the single executable. */
export function entryArgument(entry: ChildEntry): string {
  return isExecutable() ? mark + entry : entryPath(entry);
}

/** What to pass to `process.execPath` to start the program itself. */
export function programArguments(): string[] {
  return isExecutable() ? [] : [entryPath('keys')];
}

/** Entries of the bundle that run in a thread. */
export type ThreadEntry = 'server-thread' | 'search-thread';

/** What a thread runs: a file, or code where there is no file, with these arguments. */
export interface ThreadProgram {
  source: string;
  isCode: boolean;
  argv: string[];
}

/** The program of a thread. The single executable carries its own script, which takes the entry as its argument. */
export function threadProgram(entry: ThreadEntry): ThreadProgram {
  return isExecutable()
    ? {
        source: process.getBuiltinModule('node:sea').getAsset('main.cjs', 'utf8'),
        isCode: true,
        argv: [entry],
      }
    : { source: entryPath(entry), isCode: false, argv: [] };
}

function isExecutable(): boolean {
  return process.getBuiltinModule?.('node:sea')?.isSea() ?? false;
}

/** Tests, which run from the sources, use the file of the last build. */
function entryPath(entry: string): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const bundledPath = join(here, '..', `${entry}.cjs`);
  return existsSync(bundledPath) ? bundledPath : join(here, '..', '..', 'dist', `${entry}.cjs`);
}

/** They do what they are asked: hand out session tokens, run programs. */
const protectedEntries: readonly ChildEntry[] = ['keychain-child', 'program-launcher'];

/**
 * The entry that the single executable is started as; undefined: the program itself. Some may be started only by `keys`:
 * anyone who may run this program with arguments of their choice, such as a coding agent, could read the tokens with it.
 */
export function entryOf(argument: string | undefined): ChildEntry | undefined {
  if (argument === `${mark}clipboard-clear`) return 'clipboard-clear';
  const entry = protectedEntries.find((name) => argument === mark + name);
  return entry && isStartedByKeys() ? entry : undefined;
}

/**
 * Whether this process has the streams that Node.js gives a child (sockets, where a shell has files, pipes or a
 * terminal), and, where the system says it, whether its parent runs the same file.
 */
function isStartedByKeys(): boolean {
  const isStream = (fd: number) => {
    const stats = fstatSync(fd);
    return process.platform === 'win32' ? stats.isFIFO() : stats.isSocket();
  };
  return [0, 1, 2].every(isStream) && (process.platform !== 'linux' || isSameProgram(process.ppid));
}

/** True if that cannot be told: a program with capabilities of its own hides its file. */
function isSameProgram(pid: number): boolean {
  try {
    const [own, other] = ['self', pid].map((one) => statSync(`/proc/${one}/exe`));
    return own?.dev === other?.dev && own?.ino === other?.ino;
  } catch {
    return true;
  }
}
