import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { endChildren } from '../../../src/platform/children.ts';
import type { Launcher } from '../../../src/platform/launcher/launcher.ts';
import { readyLauncher } from '../../../src/platform/launcher/launcher.ts';
import { runProgram } from '../../../src/platform/run-program.ts';
import { bundleProgram } from '../../support/bundle.ts';

const env = { PATH: process.env.PATH, LC_ALL: 'C', KEYS_TOKEN: 'token_EXAMPLE' };
const isAlive = (pid: number) => existsSync(`/proc/${pid}`) && !/^State:\tZ/m.test(statusOf(pid));
const statusOf = (pid: number | string) => {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return '';
  }
};
const parentOf = (pid: number | string) => Number(/^PPid:\t(\d+)$/m.exec(statusOf(pid))?.[1]);

describe.skipIf(process.platform !== 'linux')('a launcher', () => {
  let launcher: Launcher;
  let cwd = '';

  beforeAll(async () => {
    while (!readyLauncher(env)) await sleep(10);
    launcher = readyLauncher(env) as Launcher;
    // This process starts the first programs by itself.
    for (let round = 0; round < 8; round += 1)
      await runProgram({ command: ['true'], cwd: '/', env, timeoutMs: 10_000 });
  });

  beforeEach(() => {
    cwd = mkdtempSync(join(tmpdir(), 'keys-test-'));
  });

  /** Runs a line of shell with an input, by the launcher. */
  const shell = (line: string, options = {}) =>
    runProgram({
      ...{ command: ['sh', '-c', line], cwd, env, timeoutMs: 10_000, input: 'value_EXAMPLE', ...options },
    });
  /** The id of a process that wrote it to a file. */
  const pidIn = async (file: string) => {
    await expect.poll(() => existsSync(join(cwd, file))).toBe(true);
    await expect.poll(() => readFileSync(join(cwd, file), 'utf8')).toMatch(/\n/);
    return Number(readFileSync(join(cwd, file), 'utf8'));
  };
  /** Prints its id, and waits. */
  const waiting = 'echo $PPID >parent; echo $$ >pid.new; mv pid.new pid; exec sleep 30';

  test('runs a program with its input, its own session and pipes that it can open', async () => {
    const line =
      'cat /dev/stdin; echo error >/dev/stderr; echo "$PPID $KEYS_TOKEN" >parent; readlink /proc/self/fd/0 >stdin; exit 3';
    expect(await shell(line)).toEqual({
      ...{ stdout: 'value_EXAMPLE', stderr: 'error\n', code: 3, signal: null },
    });
    const [parent = '', token] = readFileSync(join(cwd, 'parent'), 'utf8').trim().split(' ');
    expect([parentOf(parent), token]).toEqual([process.pid, undefined]);
    expect(readFileSync(join(cwd, 'stdin'), 'utf8')).toMatch(/^pipe:/);
  });

  test('runs a program without an input', async () => {
    const { stdout } = await shell('wc -c; echo "$PPID" >parent', { input: undefined });
    expect(stdout.trim()).toBe('0');
    expect(parentOf(readFileSync(join(cwd, 'parent'), 'utf8').trim())).toBe(process.pid);
  });

  test('gives each of many programs its own input, and keeps no pipe', async () => {
    const pipes = () => {
      const folder = `/proc/${launcherPids()[0]}/fd`;
      return readdirSync(folder).filter((fd) => linkOf(join(folder, fd)).startsWith('pipe:')).length;
    };
    const before = pipes();
    const inputs = Array.from({ length: 30 }, (_, index) => `value${index}_EXAMPLE`);
    const outcomes = await Promise.all(inputs.map((input) => shell('cat', { input })));
    expect(outcomes.map(({ stdout }) => stdout)).toEqual(inputs);
    await expect.poll(pipes).toBe(before);
  });

  test('has the same words for a program that cannot be started, takes too long or prints without end', async () => {
    await expect(shell('', { command: ['no-such-program'] })).rejects.toThrow('was not found (ENOENT)');
    await expect(shell(waiting, { timeoutMs: 300 })).rejects.toThrow('has not ended after 0.3 s');
    await expect.poll(async () => isAlive(await pidIn('pid'))).toBe(false);
    await expect(shell('yes')).rejects.toThrow('prints without end');
  });

  test.each(['INT', 'HUP'])(
    'starts a program again that the terminal ended by SIG%s before it took its input',
    async (signal) => {
      const { stdout, code } = await shell(`[ -e begun ] || { touch begun; kill -${signal} $$; }; cat`);
      expect({ stdout, code }).toEqual({ stdout: 'value_EXAMPLE', code: 0 });
    },
  );

  test('leaves to others what it cannot run: a missing folder, an input that is no pipe', async () => {
    const program = { command: ['cat'], cwd: '/', env, timeoutMs: 10_000 };
    expect(await launcher.run({ ...program, cwd: '/no-such-folder' })).toBeUndefined();
    expect(await launcher.run(program, 0)).toBeUndefined();
    expect((await shell('cat', { cwd: '/no-such-folder' })).stdout).toBe('value_EXAMPLE');
  });

  test('is told to end the programs when waiting has to end', async () => {
    const outcome = shell(waiting);
    const pid = await pidIn('pid');
    endChildren();
    expect((await outcome).signal).toBe('SIGTERM');
    expect(isAlive(pid)).toBe(false);
  });

  test('is not ended by the signals that ask this process to stop', async () => {
    const [pid = 0] = launcherPids();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(pid, signal);
    await sleep(100);
    expect((await shell('cat')).stdout).toBe('value_EXAMPLE');
    expect(launcherPids()).toEqual([pid]);
  });

  /** A process that runs a program by its launcher, and then does as `andThen` says. */
  async function other(andThen: string): Promise<void> {
    const call = { command: ['sh', '-c', waiting], cwd, env: { PATH: env.PATH }, timeoutMs: 60_000 };
    const program = await bundleProgram(`import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { filledPipe } from 'src/platform/filled-pipe.ts';
import { readyLauncher } from 'src/platform/launcher/launcher.ts';
const call = ${JSON.stringify(call)};
while (!readyLauncher(call.env)) await sleep(5);
void readyLauncher(call.env).run(call, await filledPipe('value_EXAMPLE'));
while (!existsSync('pid')) await sleep(5);
${andThen}
`);
    await new Promise((resolve) => execFile(process.execPath, [program], { cwd }, resolve));
  }

  test.each([
    ['ends in good order ends the programs', 'process.exit(0);', false],
    ['is killed leaves the programs, as without a launcher', "process.kill(process.pid, 'SIGKILL');", true],
  ])('of a process that %s, and ends', async (_, andThen, isLeft) => {
    await other(andThen);
    const pid = await pidIn('pid');
    const launcherPid = await pidIn('parent');
    await expect.poll(() => isAlive(launcherPid)).toBe(false);
    if (isLeft) {
      expect(isAlive(pid)).toBe(true);
      process.kill(pid, 'SIGKILL');
    } else await expect.poll(() => isAlive(pid)).toBe(false);
  });

  test('that is killed: its programs are killed, their deliveries are unclear, and others go on', async () => {
    const outcome = expect(shell(waiting)).rejects.toThrow(
      'may have run: the process that starts programs has ended',
    );
    const pid = await pidIn('pid');
    for (const one of launcherPids()) process.kill(one, 'SIGKILL');
    await outcome;
    await expect.poll(() => isAlive(pid)).toBe(false);
    expect((await shell('cat')).stdout).toBe('value_EXAMPLE');
  });

  afterAll(() => {
    for (const pid of launcherPids()) process.kill(pid, 'SIGKILL');
  });
});

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

/** The processes of this process's launcher. */
function launcherPids(): number[] {
  const isLauncher = (pid: string) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('program-launcher');
    } catch {
      return false;
    }
  };
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && parentOf(name) === process.pid && isLauncher(name))
    .map(Number);
}
