import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Sandbox } from '../support/sandbox.ts';
import { ids, prefixes, secrets, Transcript } from '../support/transcript.ts';

/* What `create` makes of the places that a new secret is to go to. */

async function liveKeys(box: Sandbox): Promise<string[]> {
  const { stdout } = await box.keys(['list', '--json', 'name']);
  return (JSON.parse(stdout) as { name: string }[]).map(({ name }) => name);
}

const now = new Date('2026-11-20T12:00:00Z');

/** `keys …` in a sandbox, as a whole transcript. */
function shows(box: Sandbox, args: readonly string[]): Promise<string> {
  return new Transcript(box, [secrets, prefixes, ids]).keys(args, { now });
}

/** A program that writes down its arguments, one a line. */
function withProgram(box: Sandbox): Sandbox {
  writeFileSync(join(box.cwd, 'deliver'), '#!/bin/sh\ncat >/dev/null\nprintf "%s\\n" "$@" > args\n');
  chmodSync(join(box.cwd, 'deliver'), 0o755);
  return box;
}

test('a name cannot run anything in a shell', async () => {
  const name = 'ci; touch pwned';
  const runs: string[] = [];
  for (const command of ['create', 'rotate']) {
    const box = withProgram(new Sandbox());
    if (command === 'rotate') await box.keys(['create', name, '--to', 'exec:./deliver {name}'], { now });
    const before = await liveKeys(box);
    for (const to of [
      "exec:sh -c './deliver {name}'",
      'exec:./deliver --name={name}',
      'exec:env ./deliver {name}',
    ]) {
      const run = await box.keys([command, name, '--to', to], { now });
      expect(run, to).toMatchObject({ exit: 2, stdout: '' });
      runs.push(run.stderr);
    }
    expect(await liveKeys(box)).toEqual(before);
    expect(existsSync(join(box.cwd, 'pwned'))).toBe(false);
    const run = await box.keys([command, name, '--to', `exec:sh -c 'exec ./deliver "$1"' sh {name}`]);
    expect(run.exit).toBe(0);
    expect(box.read('args')).toBe(`${name}\n`);
  }
  expect(runs.join('\n')).toMatchInlineSnapshot(`
    "error: {name} would be part of code, so that the name of a key could run anything; no key was created
    hint: without a shell: --to 'exec:./deliver {name}'
    hint: or as an argument of the code: --to 'exec:sh -c "./deliver \\"\\$1\\"" sh {name}'

    error: the value of {name}, 'ci; touch pwned', is not safe in '--name={name}': a program could take characters other than letters, digits and . _ @ : + - for code
    hint: make {name} a separate argument of a program that runs no other program: exec:./deliver {name}

    error: the value of {name}, 'ci; touch pwned', is not safe in '{name}': a program could take characters other than letters, digits and . _ @ : + - for code
    hint: make {name} a separate argument of a program that runs no other program: exec:./deliver {name}

    error: {name} would be part of code, so that the name of a key could run anything; no key was created
    hint: without a shell: --to 'exec:./deliver {name}'
    hint: or as an argument of the code: --to 'exec:sh -c "./deliver \\"\\$1\\"" sh {name}'

    error: the value of {name}, 'ci; touch pwned', is not safe in '--name={name}': a program could take characters other than letters, digits and . _ @ : + - for code
    hint: make {name} a separate argument of a program that runs no other program: exec:./deliver {name}

    error: the value of {name}, 'ci; touch pwned', is not safe in '{name}': a program could take characters other than letters, digits and . _ @ : + - for code
    hint: make {name} a separate argument of a program that runs no other program: exec:./deliver {name}
    "
  `);
});

describe('--if-missing, with a key that is there already', () => {
  const again = (box: Sandbox, to: string) => box.keys(['create', 'ci', '--if-missing', '--to', to], { now });

  async function delivered(to: string): Promise<Sandbox> {
    const box = withProgram(new Sandbox());
    for (const name of ['deploy.key', '.env', 'sub/deploy.key']) box.expectSecretIn(name);
    mkdirSync(join(box.cwd, 'sub'));
    expect((await again(box, to)).exit).toBe(0);
    return box;
  }

  test('a sink that holds it is done', async () => {
    const runs: string[] = [];
    for (const to of ['file:deploy.key', 'env:.env#KEY', 'file:sub/deploy.key'])
      runs.push(await shows(await delivered(to), ['create', 'ci', '--if-missing', '--to', to]));
    expect(runs.join('\n')).toMatchInlineSnapshot(`
      "$ keys create ci --if-missing --to file:deploy.key
      exit 0
      --- stdout
      [id 1]	ci		active	[prefix]	2026-11-20T12:00:00.000Z				read			0			requests=0,tokens=0	false	local	local
      --- stderr
      a key named ci already works ([id 1]): nothing was created
      --- files
      deliver (755): #!/bin/sh
      cat >/dev/null
      printf "%s\\n" "$@" > args
      deploy.key (600): [secret 1]

      $ keys create ci --if-missing --to env:.env#KEY
      exit 0
      --- stdout
      [id 1]	ci		active	[prefix]	2026-11-20T12:00:00.000Z				read			0			requests=0,tokens=0	false	local	local
      --- stderr
      a key named ci already works ([id 1]): nothing was created
      --- files
      .env (600): KEY=[secret 1]
      deliver (755): #!/bin/sh
      cat >/dev/null
      printf "%s\\n" "$@" > args

      $ keys create ci --if-missing --to file:sub/deploy.key
      exit 0
      --- stdout
      [id 1]	ci		active	[prefix]	2026-11-20T12:00:00.000Z				read			0			requests=0,tokens=0	false	local	local
      --- stderr
      a key named ci already works ([id 1]): nothing was created
      --- files
      deliver (755): #!/bin/sh
      cat >/dev/null
      printf "%s\\n" "$@" > args
      sub/deploy.key (600): [secret 1]
      "
    `);
  });

  test('a sink that no longer holds it is refused, and the hint delivers a new value', async () => {
    const changes: [to: string, change: (box: Sandbox) => void][] = [
      ['file:deploy.key', (box) => rmSync(join(box.cwd, 'deploy.key'))],
      ['file:deploy.key', (box) => writeFileSync(join(box.cwd, 'deploy.key'), '')],
      ['file:deploy.key', (box) => writeFileSync(join(box.cwd, 'deploy.key'), 'hunter2')],
      ['file:sub/deploy.key', (box) => rmSync(join(box.cwd, 'sub'), { recursive: true })],
      ['env:.env#KEY', (box) => rmSync(join(box.cwd, '.env'))],
      ['env:.env#KEY', (box) => writeFileSync(join(box.cwd, '.env'), 'OTHER=1\n')],
      ['env:.env#KEY', (box) => writeFileSync(join(box.cwd, '.env'), 'KEY=\n')],
    ];
    const runs: string[] = [];
    for (const [to, change] of changes) {
      const box = await delivered(to);
      rmSync(join(box.cwd, 'deliver'));
      change(box);
      for (const file of ['deploy.key', '.env'])
        if (existsSync(join(box.cwd, file))) chmodSync(join(box.cwd, file), 0o600);
      runs.push(await shows(box, ['create', 'ci', '--if-missing', '--to', to]));
      expect(await liveKeys(box)).toEqual(['ci']);
      mkdirSync(join(box.cwd, 'sub'), { recursive: true });
      expect((await box.keys(['rotate', 'ci', '--grace', '0', '--to', to])).exit).toBe(0);
      expect((await again(box, to)).exit).toBe(0);
    }
    expect(runs.join('\n')).toMatchInlineSnapshot(`
      "$ keys create ci --if-missing --to file:deploy.key
      exit 5
      --- stderr
      error: a key named ci already works ([id 1]), but file:deploy.key does not hold its value, which is shown only once; nothing was created
      hint: deliver a new value: keys rotate ci --to file:deploy.key

      $ keys create ci --if-missing --to file:deploy.key
      exit 5
      --- stderr
      error: a key named ci already works ([id 1]), but file:deploy.key does not hold its value, which is shown only once; nothing was created
      hint: deliver a new value: keys rotate ci --to file:deploy.key
      --- files
      deploy.key (600): 

      $ keys create ci --if-missing --to file:deploy.key
      exit 5
      --- stderr
      error: a key named ci already works ([id 1]), but file:deploy.key does not hold its value, which is shown only once; nothing was created
      hint: deliver a new value: keys rotate ci --to file:deploy.key
      --- files
      deploy.key (600): hunter2

      $ keys create ci --if-missing --to file:sub/deploy.key
      exit 5
      --- stderr
      error: a key named ci already works ([id 1]), but file:sub/deploy.key does not hold its value, which is shown only once; nothing was created
      hint: deliver a new value: keys rotate ci --to file:sub/deploy.key

      $ keys create ci --if-missing --to env:.env#KEY
      exit 5
      --- stderr
      error: a key named ci already works ([id 1]), but env:.env#KEY does not hold its value, which is shown only once; nothing was created
      hint: deliver a new value: keys rotate ci --to 'env:.env#KEY'

      $ keys create ci --if-missing --to env:.env#KEY
      exit 5
      --- stderr
      error: a key named ci already works ([id 1]), but env:.env#KEY does not hold its value, which is shown only once; nothing was created
      hint: deliver a new value: keys rotate ci --to 'env:.env#KEY'
      --- files
      .env (600): OTHER=1

      $ keys create ci --if-missing --to env:.env#KEY
      exit 5
      --- stderr
      error: a key named ci already works ([id 1]), but env:.env#KEY does not hold its value, which is shown only once; nothing was created
      hint: deliver a new value: keys rotate ci --to 'env:.env#KEY'
      --- files
      .env (600): KEY=
      "
    `);
  });

  test('the value of a key that was rotated meanwhile is another one', async () => {
    const box = await delivered('file:deploy.key');
    await box.keys(['rotate', 'ci', '--to', 'exec:./deliver']);
    expect((await again(box, 'file:deploy.key')).exit).toBe(5);
  });

  test('for a sink that cannot be read there is a warning', async () => {
    const box = await delivered('exec:./deliver');
    const args = ['create', 'ci', '--if-missing', '--to', 'exec:./deliver'];
    expect(await shows(box, args)).toMatchInlineSnapshot(`
      "$ keys create ci --if-missing --to exec:./deliver
      exit 0
      --- stdout
      [id 1]	ci		active	[prefix]	2026-11-20T12:00:00.000Z				read			0			requests=0,tokens=0	false	local	local
      --- stderr
      warning: cannot tell whether exec:./deliver holds the value of ci ([id 1])
      a key named ci already works ([id 1]): nothing was created
      --- files
      args (644): 
      deliver (755): #!/bin/sh
      cat >/dev/null
      printf "%s\\n" "$@" > args
      "
    `);
  });
});

test('a file is not to hold the bare value and a variable, and no key is made', async () => {
  const box = new Sandbox();
  const args = ['create', 'ci', '--to', 'file:./key', '--to', 'env:key#API_KEY'];
  expect(await shows(box, args)).toMatchInlineSnapshot(`
    "$ keys create ci --to file:./key --to env:key#API_KEY
    exit 2
    --- stderr
    error: env:key#API_KEY and a file: sink write to the same file; no key was created
    hint: use a different file for each sink
    "
  `);
  expect((await box.keys(['list', '--json'])).stdout).toBe('[]\n');
});
