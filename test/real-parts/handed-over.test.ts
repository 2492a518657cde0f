import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { bundleProgram } from '../support/bundle.ts';
import { lacks } from '../support/real-parts.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/*
 * A program that gets a value on stdin gets all of it or is never started, at whichever system call this process is
 * killed. strace kills it before the call. It traces only the main thread, so the program itself is not affected.
 */

const value = 'value_EXAMPLE'.repeat(500);
const store = 'cat > "got-$$"';
const source = `
  import { runProgram } from 'src/platform/run-program.ts';
  await runProgram({
    command: ['/bin/sh', '-c', ${JSON.stringify(store)}],
    cwd: process.cwd(),
    env: process.env,
    timeoutMs: 20_000,
    input: 'value_EXAMPLE'.repeat(500),
  });
`;

/** The calls that start a process, pass on data or close an end. */
const calls = [
  'clone',
  'clone3',
  'fork',
  'vfork',
  'socketpair',
  'pipe2',
  'openat',
  'mkdir',
  'unlink',
  'rmdir',
];
const traced = [...calls, 'write', 'writev', 'sendto', 'sendmsg', 'shutdown', 'close', 'read', 'wait4'];

/** Runs it under strace in a folder of its own; returns what the program has stored once every process has ended. */
async function run(program: string, ...options: string[]): Promise<{ stored: string[]; folder: string }> {
  const folder = temporaryFolder();
  const trace = ['-qq', '-o', join(folder, 'trace'), '-e', `trace=${traced.join(',')}`, ...options];
  const child = spawn('strace', [...trace, process.execPath, program], { cwd: folder, stdio: 'ignore' });
  await new Promise((done) => child.on('exit', done));
  while (isInUse(folder)) await sleep(5);
  const names = readdirSync(folder).filter((name) => name.startsWith('got-'));
  return { stored: names.map((name) => readFileSync(join(folder, name), 'utf8')), folder };
}

/** Whether a process still works there. */
function isInUse(folder: string): boolean {
  return readdirSync('/proc').some((pid) => {
    try {
      return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/cwd`) === folder;
    } catch {
      return false;
    }
  });
}

/** The calls of a trace from the first process on, each with its number among those of its name. */
function momentsOf(trace: string): { call: string; when: number }[] {
  const counts = new Map<string, number>();
  let hasBegun = false;
  return trace.split('\n').flatMap((line) => {
    const call = /^(\w+)\(/.exec(line)?.[1] ?? '';
    const when = (counts.get(call) ?? 0) + 1;
    counts.set(call, when);
    hasBegun ||= call === 'socketpair';
    return hasBegun && call !== '' ? [{ call, when }] : [];
  });
}

test.skipIf(lacks('strace') || !existsSync('/proc/self/cwd'))(
  'a program gets the whole value or is never started, at whichever call this process is killed',
  async () => {
    const program = await bundleProgram(source);
    const whole = await run(program);
    expect(whole.stored).toEqual([value]);
    const moments = momentsOf(readFileSync(join(whole.folder, 'trace'), 'utf8'));
    expect(moments.length).toBeGreaterThan(20);

    const outcomes = { never: 0, whole: 0 };
    const queue = [...moments];
    const next = async () => {
      for (let moment = queue.pop(); moment; moment = queue.pop()) {
        const { call, when } = moment;
        const { stored } = await run(program, `--inject=${call}:signal=KILL:when=${when}`);
        for (const text of stored) expect(text.length, `killed at ${call} ${when}`).toBe(value.length);
        outcomes[stored.length === 0 ? 'never' : 'whole'] += 1;
      }
    };
    await Promise.all([next(), next()]);
    expect(outcomes.never).toBeGreaterThan(5);
    expect(outcomes.whole).toBeGreaterThan(5);
  },
  120_000,
);
