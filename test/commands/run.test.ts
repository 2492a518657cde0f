import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Run } from '../support/sandbox.ts';
import { Sandbox } from '../support/sandbox.ts';

const value = 'sk-0123456789abcdefghij_EXAMPLE';

/** A sandbox with the value in `ci.key` and, as API_KEY, in `.env`. */
function boxWithSources(): Sandbox {
  const box = new Sandbox();
  for (const [path, text] of [
    ['ci.key', `${value}\n`],
    ['.env', `API_KEY=${value}\n`],
  ] as const) {
    writeFileSync(join(box.cwd, path), text);
    box.expectSecretIn(path);
  }
  return box;
}

/** The exit code of a line of shell that is run with the variables. */
async function exitOf(box: Sandbox, bindings: readonly string[], line: string): Promise<number | null> {
  const flags = bindings.flatMap((binding) => ['--env', binding]);
  const run = await box.keys(['run', ...flags, '--', 'sh', '-c', line]);
  expect(run.stderr).toBe('');
  return run.exit;
}

function problemsOf({ stderr }: Run): string[] {
  return stderr.split('\n').filter((line) => line.startsWith('error: '));
}

test('the values are in the environment of the program', async () => {
  const box = boxWithSources();
  box.expectSecretIn('seen');
  const line = 'printf "%s\\n" "$A" "$B" "$C" > seen; exit 42';
  expect(await exitOf(box, ['A=file:ci.key', 'B=env:.env#API_KEY', 'C=file:ci.key'], line)).toBe(42);
  expect(box.read('seen')).toBe(`${value}\n`.repeat(3));
});

test.each([0, 1, 2, 5, 77, 255])('exits with the exit code of the program: %i', async (code) => {
  expect(await exitOf(boxWithSources(), ['A=file:ci.key'], `exit ${code}`)).toBe(code);
});

test.each([
  ['KILL', 137],
  ['TERM', 143],
  ['INT', 130],
])('a program that dies of SIG%s: exit %i', async (signal, code) => {
  expect(await exitOf(boxWithSources(), ['A=file:ci.key'], `kill -${signal} $$`)).toBe(code);
});

describe('refused before anything happens, with exit 2', () => {
  const ls = ['--', 'touch', 'started'];

  test.each<[what: string, args: string[], problems: string[]]>([
    ['no variable', ls, ['--env: at least one NAME=SOURCE is required']],
    ['no command', ['--env', 'A=file:ci.key'], ['missing argument <command...>']],
    ['nothing after --', ['--env', 'A=file:ci.key', '--'], ['missing argument <command...>']],
    ['an empty command', ['--env', 'A=file:ci.key', '--', ''], ['the command after -- is empty']],
    [
      'a command without --',
      ['--env', 'A=file:ci.key', 'touch'],
      ['unexpected argument before --; the program to run comes after it', 'missing argument <command...>'],
    ],
    [
      '-- in place of the variable',
      ['--env', ...ls],
      ['--env needs a value', '--env: at least one NAME=SOURCE is required'],
    ],
    [
      'an unknown flag',
      ['--env', 'A=file:ci.key', '--evn', ...ls],
      ['unknown flag --evn (did you mean --env?)'],
    ],
    [
      'everything at once',
      ['--env', '1A=file:ci.key', '--env', 'B=none', '--env', 'C=file:a', '--env', 'C=file:b', ...ls],
      [
        '--env: value 1 is not NAME=SOURCE; NAME has letters, digits and _, and does not start with a digit',
        '--env: B: not a source; expected keychain:NAME, file:PATH or env:PATH#NAME',
        '--env: C is given twice',
      ],
    ],
  ])('%s', async (_, args, problems) => {
    const box = boxWithSources();
    const run = await box.keys(['run', ...args]);
    expect(run.exit).toBe(2);
    expect(problemsOf(run)).toEqual(problems.map((problem) => `error: ${problem}`));
    expect(() => box.read('started')).toThrow();
  });

  test.each(['keychain:', 'file:', 'env:.env', 'env:#A', 'env:.env#', 'ENV:.env#A', '', 'ci.key'])(
    "the source '%s'",
    async (source) => {
      const run = await boxWithSources().keys(['run', '--env', `A=${source}`, ...ls]);
      expect(run.exit).toBe(2);
      expect(run.stderr).toContain('--env: A: not a source');
    },
  );

  test('a secret in place of its source, without repeating it', async () => {
    for (const binding of ['A=correct-horse-battery', 'correct-horse-battery', `A=${value}`]) {
      const run = await boxWithSources().keys(['run', '--env', binding, ...ls]);
      expect(run.exit).toBe(2);
      expect(run.stderr).not.toMatch(/horse|0123456789/);
    }
  });

  test('a secret among the arguments of the program', async () => {
    const run = await boxWithSources().keys(['run', '--env', 'A=file:ci.key', '--', 'curl', value]);
    expect(run.exit).toBe(2);
    expect(problemsOf(run)).toEqual([expect.stringContaining('argument 6 looks like a secret')]);
  });
});

test('reads every source before the program starts, and names all that are unreadable', async () => {
  const box = boxWithSources();
  const flags = ['A=file:ci.key', 'B=file:missing', 'C=env:.env#NOBODY'].flatMap((one) => ['--env', one]);
  const run = await box.keys(['run', ...flags, '--', 'touch', 'started']);
  expect(run.exit).toBe(1);
  expect(problemsOf(run)).toEqual([
    `error: ${join(box.cwd, 'missing')} cannot be read (ENOENT)`,
    'error: there is no value at env:.env#NOBODY',
  ]);
  expect(() => box.read('started')).toThrow();
});

test('refuses a value with a NUL character without repeating it', async () => {
  const box = new Sandbox();
  writeFileSync(join(box.cwd, 'binary'), 'before\0after');
  const run = await box.keys(['run', '--env', 'A=file:binary', '--json', '--', 'touch', 'started']);
  expect(run.exit).toBe(1);
  expect(JSON.parse(run.stderr).error.code).toBe('value_with_nul');
  expect(run.stderr).not.toMatch(/before|after/);
  expect(() => box.read('started')).toThrow();
});

describe('a program that cannot be started', () => {
  test.each([
    ['no-such-program', 127, 'program_not_found', undefined],
    ['./no-such-program', 127, 'program_not_found', undefined],
    ['npm start', 127, 'program_not_found', expect.stringContaining("-- sh -c '...'")],
    ['./plain', 126, 'program_not_executable', undefined],
    ['./folder', 126, 'program_not_executable', undefined],
    ['./plain/inside', 126, 'program_not_executable', undefined],
    ['./stray', 126, 'program_not_executable', undefined],
  ])('%s: exit %i', async (program, exit, code, hint) => {
    const box = boxWithSources();
    mkdirSync(join(box.cwd, 'folder'));
    writeFileSync(join(box.cwd, 'plain'), '#!/bin/sh\n');
    writeFileSync(join(box.cwd, 'stray'), '#!/no/such/interpreter\n');
    chmodSync(join(box.cwd, 'stray'), 0o755);
    const run = await box.keys(['run', '--env', 'A=file:ci.key', '--json', '--', program]);
    expect(run).toMatchObject({ exit, stdout: '' });
    expect(JSON.parse(run.stderr).error).toEqual({
      code,
      message: expect.stringContaining(`'${program}'`),
      hint: hint ?? expect.any(String),
    });
  });
});

test('Ctrl-C before the program has started: exit 130, and it does not start', async () => {
  const box = boxWithSources();
  const args = ['run', '--env', 'A=file:ci.key', '--', 'touch', 'started'];
  expect((await box.keys(args, { interrupt: AbortSignal.abort() })).exit).toBe(130);
  expect(() => box.read('started')).toThrow();
});

test('--debug names the variables, never their values', async () => {
  const box = boxWithSources();
  const run = await box.keys(['run', '--debug', '--env', 'A=file:ci.key', '--', 'true']);
  expect(run).toEqual({ exit: 0, stdout: '', stderr: 'debug: starts true with A in its environment\n' });
});

test('in GitHub Actions, masks the values before the program starts', async () => {
  const box = boxWithSources();
  const run = await box.keys(['run', '--env', 'A=file:ci.key', '--', 'true'], {
    env: { GITHUB_ACTIONS: 'true' },
    secretOnStderr: true,
  });
  expect(run.stderr).toBe(`::add-mask::${value}\n`);
});
