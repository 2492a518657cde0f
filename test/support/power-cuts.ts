import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Sandbox } from './sandbox.ts';
import { program } from './sandbox.ts';
import { temporaryFolder } from './temporary-folder.ts';

/*
 * What a power cut would leave: of each file, what had been written when its last finished sync began; a new file only
 * once its folder is synced, too. strace tells the order of the calls.
 */

/** A call that others can see, and what a power cut right before it would leave: contents by path. */
export interface VisibleCall {
  /** Such as `POST /keys {"name":"ci"}`, `unlink <path>`, or the program and its arguments. */
  call: string;
  disk: ReadonlyMap<string, string>;
}

const synced = /^f(data)?sync$/;

/** Runs the built program under strace; each call to an API, each program started, each file removed and each line of stdout. */
export async function visibleCallsOf(
  box: Sandbox,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ calls: VisibleCall[]; syncs: number }> {
  const file = join(temporaryFolder(), 'trace');
  const traced = 'trace=openat,write,pwrite64,writev,fsync,fdatasync,unlink,execve';
  const strace = ['-f', '-qq', '-y', '-s', '4000', '-e', traced, '-o', file];
  const child = spawn('strace', [...strace, process.execPath, program, ...args], {
    cwd: box.cwd,
    env: { ...box.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child.stdout.resume();
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`the run ended with ${code}`);
  const disk = new Disk();
  const calls: VisibleCall[] = [];
  let syncs = 0;
  for (const { name, text, isBegin } of callsIn(readFileSync(file, 'utf8'))) {
    if (synced.test(name)) {
      if (isBegin) syncs += 1;
      disk.sync(pathIn(text), isBegin);
    } else if (isBegin) {
      const call = visible(name, text);
      if (call) calls.push({ call, disk: disk.durable() });
    } else disk.change(name, text);
  }
  return { calls, syncs };
}

class Disk {
  readonly #written = new Map<string, string>();
  readonly #synced = new Map<string, string>();
  /** By folder. */
  readonly #named = new Map<string, readonly string[]>();
  /** What the syncs that run at present will make durable. */
  readonly #running = new Map<string, { content: string; names: readonly string[] }>();

  change(name: string, text: string): void {
    if (name === 'openat' && text.includes('O_CREAT')) {
      const path = /= \d+<(.*)>$/.exec(text)?.[1];
      if (path && !this.#written.has(path)) this.#written.set(path, '');
    }
    if (name === 'write') {
      const path = pathIn(text);
      const before = this.#written.get(path);
      if (before !== undefined) this.#written.set(path, before + textIn(text));
    }
    // The whole content.
    if (name === 'pwrite64') this.#written.set(pathIn(text), textIn(text));
  }

  sync(path: string, isBegin: boolean): void {
    if (isBegin) {
      const names = [...this.#written.keys()].filter((one) => dirname(one) === path);
      this.#running.set(path, { content: this.#written.get(path) ?? '', names });
      return;
    }
    const { content = '', names = [] } = this.#running.get(path) ?? {};
    this.#synced.set(path, content);
    this.#named.set(path, names);
  }

  durable(): ReadonlyMap<string, string> {
    return new Map([...this.#synced].filter(([path]) => this.#named.get(dirname(path))?.includes(path)));
  }
}

interface TracedCall {
  name: string;
  /** With arguments; at its end with the result, too. */
  text: string;
  isBegin: boolean;
}

/** Beginnings and ends of calls, in their order. */
function* callsIn(trace: string): Generator<TracedCall> {
  const begun = new Map<string, string>();
  for (const line of trace.split('\n')) {
    const [, process = '', rest = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    const resumed = /^<\.\.\. (\w+) resumed>(.*)$/.exec(rest);
    if (resumed) {
      const [, name = '', end = ''] = resumed;
      yield { name, text: (begun.get(process) ?? '') + end, isBegin: false };
      continue;
    }
    const name = /^(\w+)\(/.exec(rest)?.[1];
    if (!name) continue;
    const [, text = rest, unfinished] = /^(.*?)( <unfinished \.\.\.>)?$/.exec(rest) ?? [];
    yield { name, text, isBegin: true };
    if (unfinished) begun.set(process, text);
    else yield { name, text, isBegin: false };
  }
}

/** Undefined for a call that only this machine's files notice. */
function visible(name: string, text: string): string | undefined {
  if (name === 'execve') return [...text.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, word]) => word).join(' ');
  if (name === 'unlink') return `unlink ${/"(.*?)"/.exec(text)?.[1]}`;
  if (!name.startsWith('write')) return undefined;
  if (/^writev?\(1</.test(text)) return `stdout ${textIn(text)}`;
  const request = /^[^"]*<(?:socket|TCP)[^"]*"(POST|DELETE|PATCH|PUT) (\S+) /.exec(text);
  return request ? `${request[1]} ${request[2]} ${textIn(text).split('\r\n\r\n')[1] ?? ''}` : undefined;
}

function pathIn(text: string): string {
  return /^\w+\(\d+<(.*?)>/.exec(text)?.[1] ?? '';
}

/** What a call writes. */
function textIn(text: string): string {
  return [...text.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([word]) => unescaped(word)).join('');
}

function unescaped(word: string): string {
  return JSON.parse(word.replace(/\\(\d{1,3}|x[\da-f]{2})/g, '?')) as string;
}
