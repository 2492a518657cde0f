import { readFileSync } from 'node:fs';
import { systemCode } from '../errors.ts';

/*
 * Which process made a file. An id alone is not enough: in a container that is started again, the next process has the
 * very id of the one that was killed. Linux also tells when a process was started, in clock ticks since the boot (field
 * 22 of /proc/<pid>/stat, proc(5)).
 */

const ended = 'ended';

/** This process, as a text that no other process has: `<id>` or `<id> <start>`. */
export function processMark(): string {
  const start = startOf(process.pid);
  return start === undefined ? String(process.pid) : `${process.pid} ${start}`;
}

/** Whether the process that left this mark still runs; undefined where the text is no mark. */
export function isRunning(mark: string): boolean | undefined {
  const [, id, start] = /^(\d+)(?: (\d+))?$/.exec(mark.trim()) ?? [];
  const pid = Number(id);
  if (!(pid > 0)) return undefined;
  if (!isAlive(pid)) return false;
  const actual = startOf(pid);
  if (actual === ended) return false;
  return start === undefined || actual === undefined || actual === start;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) !== 'ESRCH';
  }
}

function startOf(pid: number): string | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    // The second field is the program's name in brackets, which may hold blanks and brackets itself. A zombie (Z) has
    // ended: it waits for a parent that may never ask for it.
    const [, state, start] =
      /.*\) (\S+) (?:\S+ ){18}(\d+) /s.exec(readFileSync(`/proc/${pid}/stat`, 'latin1')) ?? [];
    return state === 'Z' ? ended : start;
  } catch {
    return undefined;
  }
}
