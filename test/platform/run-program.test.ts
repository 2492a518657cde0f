import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { runProgram } from '../../src/platform/run-program.ts';

const env = { PATH: process.env.PATH, LC_ALL: 'C' };
const timeoutMs = 10_000;

/** The output of a line of shell that runs with this input. */
function shell(line: string, input?: string, options = {}) {
  const call = { command: ['sh', '-c', line], cwd: tmpdir(), env, timeoutMs, ...options };
  return runProgram({ ...call, ...(input !== undefined && { input }) });
}

const folders = () => readdirSync(tmpdir()).filter((name) => name.startsWith('keys-pipe-'));

test('the whole input is in a pipe, which can be opened again as /dev/stdin', async () => {
  const before = folders();
  const { stdout, code } = await shell('test -p /dev/stdin && cat /dev/stdin', 'value_EXAMPLE');
  expect({ stdout, code }).toEqual({ stdout: 'value_EXAMPLE', code: 0 });
  expect(folders().filter((name) => !before.includes(name))).toEqual([]);
});

test.skipIf(process.platform !== 'linux')(
  'on Linux the pipe never has a name: reopening a named one would wait for a writer',
  async () => {
    for (let round = 0; round < 40; round += 1) {
      expect((await shell('exec readlink /proc/self/fd/0', 'a')).stdout).toMatch(/^pipe:/);
    }
  },
);

test.each([1, 4096, 16_384, 65_536])('an input of %i bytes arrives unchanged', async (length) => {
  const { stdout } = await shell('wc -c', 'x'.repeat(length));
  expect(stdout.trim()).toBe(String(length));
});

test('an input longer than a pipe is refused before the program starts', async () => {
  const cwd = mkdtempSync(`${tmpdir()}/keys-test-`);
  const refused = shell('cat > started', 'x'.repeat(2_000_000), { cwd });
  await expect(refused).rejects.toThrowErrorMatchingInlineSnapshot(
    `[Error: cannot take 2000000 bytes on stdin: a pipe holds less]`,
  );
  expect(readdirSync(cwd)).toEqual([]);
});

/** Whether a signal hit it before its first instruction or a moment later cannot be seen from outside. */
const endsOnceBy = (signal: string) => `[ -e begun ] || { touch begun; kill -${signal} $$; }`;
const newFolder = () => mkdtempSync(`${tmpdir()}/keys-test-`);

test.skipIf(process.platform !== 'linux').each(['INT', 'HUP'])(
  'a program that the terminal ended by SIG%s before it took its input is started again',
  async (signal) => {
    const { stdout, code } = await shell(`${endsOnceBy(signal)}; cat`, 'value_EXAMPLE', { cwd: newFolder() });
    expect({ stdout, code }).toEqual({ stdout: 'value_EXAMPLE', code: 0 });
  },
);

test.each([
  ['took a part of its input', `head -c 1 > taken; ${endsOnceBy('INT')}; cat`, 'SIGINT'],
  ['printed something', `echo text; ${endsOnceBy('INT')}; cat`, 'SIGINT'],
  ['was ended by another signal', `${endsOnceBy('KILL')}; cat`, 'SIGKILL'],
  ['is ended each time', 'kill -INT $$', 'SIGINT'],
])('a program that %s stays ended', async (_, line, signal) => {
  expect((await shell(line, 'value_EXAMPLE', { cwd: newFolder() })).signal).toBe(signal);
});

test('the input ends at once for a program that reads it twice or not at all', async () => {
  expect((await shell('cat; cat; echo end', 'a')).stdout).toBe('aend\n');
  expect((await shell('exit 3', 'a')).code).toBe(3);
});

test.skipIf(process.platform !== 'linux')(
  'a script with an input can write to /dev/stdout and /dev/stderr',
  async () => {
    const line =
      'set -e; n=$(wc -c); echo "got $n" >/dev/stderr; echo done >/dev/stdout; echo more >&2; exit 3';
    expect(await shell(line, 'value_EXAMPLE')).toEqual({
      ...{ stdout: 'done\n', stderr: 'got 13\nmore\n', code: 3, signal: null },
    });
  },
);

test('programs that run at the same time each get their own input', async () => {
  const inputs = Array.from({ length: 20 }, (_, index) => `value${index}_EXAMPLE`);
  const outcomes = await Promise.all(
    inputs.map((input) => shell('cat /dev/stdin; echo . >/dev/stderr', input)),
  );
  expect(outcomes.map(({ stdout }) => stdout)).toEqual(inputs);
  expect(outcomes.map(({ stderr }) => stderr)).toEqual(inputs.map(() => '.\n'));
});

/** The process of the shell that makes pipes. */
function pipeShell(): number | undefined {
  const isPipeShell = (pid: string) => {
    const parent = /^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return (
      Number(parent) === process.pid && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('exec 3<<')
    );
  };
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (isPipeShell(pid)) return Number(pid);
    } catch {
      // It has ended.
    }
  }
  return undefined;
}

test.skipIf(process.platform !== 'linux')(
  'the shell that makes the pipes keeps none of them, and is not needed',
  async () => {
    await shell('cat', 'value_EXAMPLE');
    const pid = pipeShell() ?? 0;
    const kept = () => readdirSync(`/proc/${pid}/fd`).filter((fd) => /^[3-9]$/.test(fd));
    await expect.poll(kept).toEqual([]);
    process.kill(pid, 'SIGKILL');
    await expect.poll(pipeShell).toBeUndefined();
    const line = 'test -p /dev/stdin && cat /dev/stdin && echo end >/dev/stderr';
    const { stdout, stderr } = await shell(line, 'value_EXAMPLE');
    expect([stdout, stderr]).toEqual(['value_EXAMPLE', 'end\n']);
  },
);

test('all output is captured, even much at once', async () => {
  const { stdout, stderr } = await shell('cat >/dev/null; printf "%060000d" 1; printf "%060000d" 2 >&2', 'a');
  expect([stdout.length, stderr.length, stderr.at(-1)]).toEqual([60_000, 60_000, '2']);
});

test('without an input stdin is empty', async () => {
  expect((await shell('wc -c')).stdout.trim()).toBe('0');
});
