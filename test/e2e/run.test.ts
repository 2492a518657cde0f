import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { program, Sandbox } from '../support/sandbox.ts';
import { keysIn } from '../support/terminal.ts';
import { Transcript } from '../support/transcript.ts';

const value = 'sk-0123456789abcdefghij_EXAMPLE';

function boxWithKey(): Sandbox {
  const box = new Sandbox();
  writeFileSync(join(box.cwd, 'ci.key'), value);
  box.expectSecretIn('ci.key');
  return box;
}

const bound = ['run', '--env', 'API_KEY=file:ci.key'];

/** Prints each signal, and ends with 9 when it reads a line. */
const listener = `
  let count = 0;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'])
    process.on(name, () => console.log(name + ' ' + ++count));
  process.stdin.once('data', () => { console.log('total ' + count); process.exit(9); });
  console.log('ready');
`;

test('the program reads our stdin, and writes to our stdout and stderr', async () => {
  const box = boxWithKey();
  const run = await box.program([...bound, '--', 'sh', '-c', 'cat; echo warned >&2'], { stdin: 'typed\n' });
  expect(run).toEqual({ exit: 0, stdout: 'typed\n', stderr: 'warned\n' });
});

test('a program that does not read leaves stdin to the next one', async () => {
  const box = boxWithKey();
  const line = `"$0" "$1" ${bound.join(' ')} -- true; cat`;
  const run = await box.command(['sh', '-c', line, process.execPath, program], { stdin: 'left over\n' });
  expect(run).toEqual({ exit: 0, stdout: 'left over\n', stderr: '' });
});

test('everything after -- is for the program, even what looks like flags of keys', async () => {
  const box = boxWithKey();
  const words = ['--json', '--help', '-V', '--env', 'X=Y', '--json', 'id,nme', '--', '--profile', '', 'a b'];
  const code = 'console.log(JSON.stringify(process.argv.slice(1)))';
  const run = await box.program([...bound, '--', process.execPath, '-e', code, '--', ...words]);
  expect(JSON.parse(run.stdout)).toEqual(words);
  expect(run).toMatchObject({ exit: 0, stderr: '' });
});

test("the program has the caller's environment without the secrets of keys", async () => {
  const box = boxWithKey();
  const own = { KEYS_TOKEN: 'tok-EXAMPLE', KEYS_PASSWORD: 'pw-EXAMPLE', KEYS_OTP: '000000' };
  const code = 'console.log(JSON.stringify(Object.keys(process.env).sort()))';
  const names = async (args: readonly string[]) => {
    const run = await box.program([...args, '--', process.execPath, '-e', code], {
      env: { ...own, TARGET: 'staging' },
    });
    return JSON.parse(run.stdout) as string[];
  };
  expect(await names(bound)).toEqual([
    'API_KEY',
    'HOME',
    'KEYS_HOME',
    'NODE_DISABLE_COMPILE_CACHE',
    'PATH',
    'TARGET',
  ]);
  // --env sets one of them by name.
  expect(await names(['run', '--env', 'KEYS_TOKEN=file:ci.key'])).toEqual([
    'HOME',
    'KEYS_HOME',
    'KEYS_TOKEN',
    'NODE_DISABLE_COMPILE_CACHE',
    'PATH',
    'TARGET',
  ]);
});

test('the program is looked up in the PATH that it gets', async () => {
  const box = boxWithKey();
  const env = { PATH: '/nonexistent' };
  const args = [...bound, '--', 'sh', '-c', 'exit 3'];
  const secret = { word: 'secret', pattern: new RegExp(value, 'g') };
  expect(await new Transcript(box, [secret]).program(args, { env })).toMatchInlineSnapshot(`
    "$ keys run --env API_KEY=file:ci.key -- sh -c 'exit 3'
    exit 127
    --- stderr
    error: there is no program 'sh'
    hint: check the name, and that its folder is on the PATH
    --- files
    ci.key (644): [secret]
    "
  `);
});

describe.skipIf(process.platform !== 'linux')('on Linux', () => {
  test("the value is in no list of arguments, and only in the program's environment", async () => {
    const box = boxWithKey();
    const line =
      'cat /proc/$PPID/cmdline /proc/$PPID/environ /proc/$$/cmdline; grep -c EXAMPLE /proc/$$/environ';
    const run = await box.program([...bound, '--debug', '--', 'sh', '-c', line]);
    expect(run.stdout).toContain('file:ci.key');
    expect(run.stdout).not.toContain('EXAMPLE\0');
    expect(run.stdout.endsWith('\n1\n') || run.stdout.endsWith('\0' + '1\n')).toBe(true);
    expect(run.stdout + run.stderr).not.toContain(value);
  });
});

describe('away from a terminal', () => {
  test.each(['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGUSR2'] as const)(
    '%s is forwarded to the program, which decides',
    async (signal) => {
      const run = startAlone(boxWithKey(), [process.execPath, '-e', listener]);
      await run.prints('ready');
      for (const count of [1, 2, 3]) {
        run.child.kill(signal);
        await run.prints(`${signal} ${count}`);
      }
      run.child.stdin?.write('end\n');
      expect(await run.ended).toBe(9);
      const received = [1, 2, 3].map((count) => `${signal} ${count}\n`);
      expect(run.output()).toBe(`ready\n${received.join('')}total 3\n`);
    },
  );

  test.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGINT', 130],
  ] as const)('a program that dies of a forwarded %s: exit %i', async (signal, exit) => {
    const run = startAlone(boxWithKey(), ['sh', '-c', 'echo ready; exec sleep 60']);
    await run.prints('ready');
    run.child.kill(signal);
    expect(await run.ended).toBe(exit);
  });
});

describe('in a terminal', () => {
  test('each Ctrl-C reaches the program once, and keys waits for its end', async () => {
    const terminal = keysIn(boxWithKey(), [...bound, '--', process.execPath, '-e', listener]);
    await terminal.shows('ready');
    for (const count of [1, 2, 3]) {
      terminal.type('\x03');
      await terminal.shows(`SIGINT ${count}`);
      // A second signal would have arrived after this time.
      await sleep(150);
    }
    terminal.type('end\r');
    await terminal.shows('total 3');
    expect(await terminal.ended).toBe(9);
  });

  test('a program that ignores Ctrl-C ends by itself', async () => {
    const line = 'trap "" INT; echo ready; read line; exit 5';
    const terminal = keysIn(boxWithKey(), [...bound, '--', 'sh', '-c', line]);
    await terminal.shows('ready');
    for (let count = 0; count < 5; count++) {
      terminal.type('\x03');
      await sleep(30);
    }
    terminal.type('continue\r');
    expect(await terminal.ended).toBe(5);
  });

  test('Ctrl-C ends a program that does not handle it: exit 130', async () => {
    const terminal = keysIn(boxWithKey(), [...bound, '--', 'sh', '-c', 'echo ready; exec sleep 60']);
    await terminal.shows('ready');
    terminal.type('\x03');
    expect(await terminal.ended).toBe(130);
  });

  test('the program has the terminal itself', async () => {
    const terminal = keysIn(boxWithKey(), [...bound, '--', 'sh', '-c', '[ -t 0 ] && [ -t 1 ] && [ -t 2 ]']);
    expect(await terminal.ended).toBe(0);
  });
});

/** `keys run` in a session of its own, where no terminal sends signals. */
function startAlone(box: Sandbox, command: readonly string[]) {
  const args = [...bound, '--', ...command];
  const child: ChildProcess = spawn(process.execPath, [program, ...args], {
    cwd: box.cwd,
    env: box.env,
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let output = '';
  let look = () => {};
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    look();
  });
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  onTestFinished(async () => {
    // The whole session, with the program that was started.
    if (child.exitCode === null && child.pid) process.kill(-child.pid, 'SIGKILL');
    box.keep(args, { exit: await ended, stdout: output, stderr: '' }, {});
  });
  const prints = (text: string) =>
    new Promise<void>((done) => {
      look = () => {
        if (output.includes(text)) done();
      };
      look();
    });
  return { child, prints, ended, output: () => output };
}
