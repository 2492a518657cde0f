import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Sandbox } from '../support/sandbox.ts';
import { folders, Transcript } from '../support/transcript.ts';

const value = 'sk-0123456789abcdefghij_EXAMPLE';

/** A sandbox with the value in `ci.key` and, as API_KEY, in `.env`. */
function boxWithSources(): Sandbox {
  const box = new Sandbox();
  for (const [path, text] of [
    ['ci.key', `${value}\n`],
    ['.env', `API_KEY=${value}\n`],
  ] as const) {
    writeFileSync(join(box.cwd, path), text, { mode: 0o600 });
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
  const command = ['--', 'touch', 'started'];

  function refusals(...lines: string[][]): Promise<string> {
    const shows = new Transcript(boxWithSources(), []);
    return shows.all(lines.map((args) => ['run', ...args]));
  }

  test('no variable', async () => {
    expect(await refusals(command)).toMatchInlineSnapshot(`
      "$ keys run -- touch started
      exit 2
      --- stderr
      error: --env: at least one NAME=SOURCE is required
      hint: keys help run
      --- files
      .env (600): API_KEY=sk-0123456789abcdefghij_EXAMPLE
      ci.key (600): sk-0123456789abcdefghij_EXAMPLE
      "
    `);
  });

  test('no command', async () => {
    const binding = ['--env', 'A=file:ci.key'];
    expect(await refusals(binding, [...binding, '--'], [...binding, '--', ''])).toMatchInlineSnapshot(`
      "$ keys run --env A=file:ci.key
      exit 2
      --- stderr
      error: missing argument <command...>
      hint: keys help run
      $ keys run --env A=file:ci.key --
      exit 2
      --- stderr
      error: missing argument <command...>
      hint: keys help run
      $ keys run --env A=file:ci.key -- ''
      exit 2
      --- stderr
      error: the command after -- is empty
      hint: keys help run
      --- files
      .env (600): API_KEY=sk-0123456789abcdefghij_EXAMPLE
      ci.key (600): sk-0123456789abcdefghij_EXAMPLE
      "
    `);
  });

  test('a command without --', async () => {
    expect(await refusals(['--env', 'A=file:ci.key', 'touch'])).toMatchInlineSnapshot(`
      "$ keys run --env A=file:ci.key touch
      exit 2
      --- stderr
      error: unexpected argument before --; the program to run comes after it
      error: missing argument <command...>
      hint: keys help run
      --- files
      .env (600): API_KEY=sk-0123456789abcdefghij_EXAMPLE
      ci.key (600): sk-0123456789abcdefghij_EXAMPLE
      "
    `);
  });

  test('-- in place of the variable', async () => {
    expect(await refusals(['--env', ...command])).toMatchInlineSnapshot(`
      "$ keys run --env -- touch started
      exit 2
      --- stderr
      error: --env needs a value
      error: --env: at least one NAME=SOURCE is required
      hint: keys help run
      --- files
      .env (600): API_KEY=sk-0123456789abcdefghij_EXAMPLE
      ci.key (600): sk-0123456789abcdefghij_EXAMPLE
      "
    `);
  });

  test('an unknown flag', async () => {
    expect(await refusals(['--env', 'A=file:ci.key', '--evn', ...command])).toMatchInlineSnapshot(`
      "$ keys run --env A=file:ci.key --evn -- touch started
      exit 2
      --- stderr
      error: unknown flag --evn (did you mean --env?)
      hint: keys help run
      --- files
      .env (600): API_KEY=sk-0123456789abcdefghij_EXAMPLE
      ci.key (600): sk-0123456789abcdefghij_EXAMPLE
      "
    `);
  });

  test('everything at once', async () => {
    const bindings = ['1A=file:ci.key', 'B=none', 'C=file:a', 'C=file:b'];
    expect(await refusals([...bindings.flatMap((one) => ['--env', one]), ...command])).toMatchInlineSnapshot(`
      "$ keys run --env 1A=file:ci.key --env B=none --env C=file:a --env C=file:b -- touch started
      exit 2
      --- stderr
      error: --env: value 1 is not NAME=SOURCE; NAME has letters, digits and _, and does not start with a digit
      error: --env: B: not a source; expected keychain:NAME, file:PATH or env:PATH#NAME
      error: --env: C is given twice
      hint: keys help run
      --- files
      .env (600): API_KEY=sk-0123456789abcdefghij_EXAMPLE
      ci.key (600): sk-0123456789abcdefghij_EXAMPLE
      "
    `);
  });

  test.each(['keychain:', 'file:', 'env:.env', 'env:#A', 'env:.env#', '', 'ci.key'])(
    "the source '%s'",
    async (source) => {
      expect(await boxWithSources().keys(['run', '--env', `A=${source}`, ...command])).toEqual({
        exit: 2,
        stdout: '',
        stderr:
          'error: --env: A: not a source; expected keychain:NAME, file:PATH or env:PATH#NAME\nhint: keys help run\n',
      });
    },
  );

  test('a source of another case, which is suggested', async () => {
    expect((await boxWithSources().keys(['run', '--env', 'A=ENV:.env#A', ...command])).stderr).toBe(
      'error: --env: A: not a source (did you mean env:?); expected keychain:NAME, file:PATH or env:PATH#NAME\nhint: keys help run\n',
    );
  });

  test('a secret in place of its source, without repeating it', async () => {
    for (const binding of ['A=correct-horse-battery', 'correct-horse-battery', `A=${value}`]) {
      const run = await boxWithSources().keys(['run', '--env', binding, ...command]);
      expect(run.stdout + run.stderr).not.toMatch(/horse|0123456789/);
    }
    expect(
      await refusals(
        ['--env', 'A=correct-horse-battery', ...command],
        ['--env', 'correct-horse-battery', ...command],
      ),
    ).toMatchInlineSnapshot(`
      "$ keys run --env A=correct-horse-battery -- touch started
      exit 2
      --- stderr
      error: --env: A: not a source; expected keychain:NAME, file:PATH or env:PATH#NAME
      hint: keys help run
      $ keys run --env correct-horse-battery -- touch started
      exit 2
      --- stderr
      error: --env: value 1 is not NAME=SOURCE; NAME has letters, digits and _, and does not start with a digit
      hint: keys help run
      --- files
      .env (600): API_KEY=sk-0123456789abcdefghij_EXAMPLE
      ci.key (600): sk-0123456789abcdefghij_EXAMPLE
      "
    `);
  });

  test('a secret among the arguments of the program', async () => {
    expect(await refusals(['--env', 'A=file:ci.key', '--', 'curl', value])).toMatchInlineSnapshot(`
      "$ keys run --env A=file:ci.key -- curl sk-0123456789abcdefghij_EXAMPLE
      exit 2
      --- stderr
      error: argument 6 looks like a secret, and secrets are not accepted on the command line; name a key by its id or name
      hint: keys help run
      --- files
      .env (600): API_KEY=sk-0123456789abcdefghij_EXAMPLE
      ci.key (600): sk-0123456789abcdefghij_EXAMPLE
      "
    `);
  });
});

test('reads every source before the program starts, and names all that are unreadable', async () => {
  const box = boxWithSources();
  const flags = ['A=file:ci.key', 'B=file:missing', 'C=env:.env#OTHER_KEY'].flatMap((one) => ['--env', one]);
  const shows = new Transcript(box, [folders]);
  expect(await shows.keys(['run', ...flags, '--', 'touch', 'started'])).toMatchInlineSnapshot(`
    "$ keys run --env A=file:ci.key --env B=file:missing --env C=env:.env#OTHER_KEY -- touch started
    exit 1
    --- stderr
    error: [folder 1]/missing cannot be read (ENOENT)
    error: there is no value at env:.env#OTHER_KEY
    hint: check that the file exists and that you may read it
    --- files
    .env (600): API_KEY=sk-0123456789abcdefghij_EXAMPLE
    ci.key (600): sk-0123456789abcdefghij_EXAMPLE
    "
  `);
});

test('refuses a value with a NUL character without repeating it', async () => {
  const box = new Sandbox();
  writeFileSync(join(box.cwd, 'binary'), 'before\0after');
  const args = ['run', '--env', 'A=file:binary', '--json', '--', 'touch', 'started'];
  const run = await box.keys(args);
  rmSync(join(box.cwd, 'binary'));
  expect(new Transcript(box, []).of(args, run)).toMatchInlineSnapshot(`
    "$ keys run --env A=file:binary --json -- touch started
    exit 1
    --- stderr
    {"error":{"code":"value_with_nul","message":"the value for A contains a NUL character, which no variable can hold; nothing was started","hint":"name another source, or remove the character from the file"}}
    "
  `);
});

describe('a program that cannot be started', () => {
  async function starts(...programs: string[]): Promise<string> {
    const box = boxWithSources();
    mkdirSync(join(box.cwd, 'folder'));
    writeFileSync(join(box.cwd, 'plain'), '#!/bin/sh\n', { mode: 0o600 });
    writeFileSync(join(box.cwd, 'stray'), '#!/no/such/interpreter\n');
    chmodSync(join(box.cwd, 'stray'), 0o755);
    const lines = programs.map((program) => ['run', '--env', 'A=file:ci.key', '--json', '--', program]);
    return new Transcript(box, [folders]).all(lines);
  }

  test('because it does not exist', async () => {
    expect(await starts('no-such-program', './no-such-program', 'npm start')).toMatchInlineSnapshot(`
      "$ keys run --env A=file:ci.key --json -- no-such-program
      exit 127
      --- stderr
      {"error":{"code":"program_not_found","message":"there is no program 'no-such-program'","hint":"check the name, and that its folder is on the PATH"}}
      $ keys run --env A=file:ci.key --json -- ./no-such-program
      exit 127
      --- stderr
      {"error":{"code":"program_not_found","message":"there is no program './no-such-program'","hint":"check the name, and that its folder is on the PATH"}}
      $ keys run --env A=file:ci.key --json -- 'npm start'
      exit 127
      --- stderr
      {"error":{"code":"program_not_found","message":"there is no program 'npm start'","hint":"keys run starts no shell; to run a shell command: -- sh -c '...'"}}
      --- files
      .env (600): API_KEY=sk-0123456789abcdefghij_EXAMPLE
      ci.key (600): sk-0123456789abcdefghij_EXAMPLE
      plain (600): #!/bin/sh
      stray (755): #!/no/such/interpreter
      "
    `);
  });

  test('because it is not an executable file', async () => {
    expect(await starts('./plain', './folder', './plain/inside', './stray')).toMatchInlineSnapshot(`
      "$ keys run --env A=file:ci.key --json -- ./plain
      exit 126
      --- stderr
      {"error":{"code":"program_not_executable","message":"'./plain' cannot be started: it is not executable (EACCES)","hint":"check that the file is a program you may run"}}
      $ keys run --env A=file:ci.key --json -- ./folder
      exit 126
      --- stderr
      {"error":{"code":"program_not_executable","message":"'./folder' cannot be started: it is not executable (EACCES)","hint":"check that the file is a program you may run"}}
      $ keys run --env A=file:ci.key --json -- ./plain/inside
      exit 126
      --- stderr
      {"error":{"code":"program_not_executable","message":"'./plain/inside' cannot be started: a part of its path is not a folder (ENOTDIR)","hint":"check that the file is a program you may run"}}
      $ keys run --env A=file:ci.key --json -- ./stray
      exit 126
      --- stderr
      {"error":{"code":"program_not_executable","message":"'./stray' cannot be started: the interpreter in its first line is missing (ENOENT)","hint":"check that the file is a program you may run"}}
      --- files
      .env (600): API_KEY=sk-0123456789abcdefghij_EXAMPLE
      ci.key (600): sk-0123456789abcdefghij_EXAMPLE
      plain (600): #!/bin/sh
      stray (755): #!/no/such/interpreter
      "
    `);
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
