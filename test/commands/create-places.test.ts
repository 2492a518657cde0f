import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Sandbox } from '../support/sandbox.ts';

/* What `create` makes of the places that a new secret is to go to. */

async function liveKeys(box: Sandbox): Promise<string[]> {
  const { stdout } = await box.keys(['list', '--json', 'name']);
  return (JSON.parse(stdout) as { name: string }[]).map(({ name }) => name);
}

/** A program that writes down its arguments, one a line. */
function withProgram(box: Sandbox): Sandbox {
  writeFileSync(join(box.cwd, 'deliver'), '#!/bin/sh\ncat >/dev/null\nprintf "%s\\n" "$@" > args\n');
  chmodSync(join(box.cwd, 'deliver'), 0o755);
  return box;
}

test.each(['create', 'rotate'])('a name cannot run anything in a shell: %s', async (command) => {
  const box = withProgram(new Sandbox());
  const name = 'ci; touch pwned';
  if (command === 'rotate') await box.keys(['create', name, '--to', 'exec:./deliver {name}']);
  const before = await liveKeys(box);
  for (const to of [
    "exec:sh -c './deliver {name}'",
    'exec:./deliver --name={name}',
    'exec:env ./deliver {name}',
  ]) {
    const run = await box.keys([command, name, '--to', to]);
    expect(run, to).toMatchObject({ exit: 2, stdout: '' });
  }
  expect(await liveKeys(box)).toEqual(before);
  expect(existsSync(join(box.cwd, 'pwned'))).toBe(false);
  const run = await box.keys([command, name, '--to', `exec:sh -c 'exec ./deliver "$1"' sh {name}`]);
  expect(run.exit).toBe(0);
  expect(box.read('args')).toBe(`${name}\n`);
});

describe('--if-missing, with a key that is there already', () => {
  const again = (box: Sandbox, to: string, ...more: string[]) =>
    box.keys(['create', 'ci', '--if-missing', '--to', to, ...more]);

  async function delivered(to: string): Promise<Sandbox> {
    const box = withProgram(new Sandbox());
    for (const name of ['deploy.key', '.env', 'sub/deploy.key']) box.expectSecretIn(name);
    mkdirSync(join(box.cwd, 'sub'));
    expect((await again(box, to)).exit).toBe(0);
    return box;
  }

  test.each(['file:deploy.key', 'env:.env#KEY', 'file:sub/deploy.key'])(
    '%s that holds it is done',
    async (to) => {
      const box = await delivered(to);
      expect(await again(box, to)).toMatchObject({
        exit: 0,
        stderr: expect.stringContaining('already works'),
      });
    },
  );

  test.each<[string, string, (box: Sandbox) => void]>([
    ['without its file', 'file:deploy.key', (box) => rmSync(join(box.cwd, 'deploy.key'))],
    ['with an empty file', 'file:deploy.key', (box) => writeFileSync(join(box.cwd, 'deploy.key'), '')],
    ['with another value', 'file:deploy.key', (box) => writeFileSync(join(box.cwd, 'deploy.key'), 'hunter2')],
    ['without its folder', 'file:sub/deploy.key', (box) => rmSync(join(box.cwd, 'sub'), { recursive: true })],
    ['without its file', 'env:.env#KEY', (box) => rmSync(join(box.cwd, '.env'))],
    ['without its variable', 'env:.env#KEY', (box) => writeFileSync(join(box.cwd, '.env'), 'OTHER=1\n')],
    ['with an empty variable', 'env:.env#KEY', (box) => writeFileSync(join(box.cwd, '.env'), 'KEY=\n')],
  ])('a place %s is not: %s', async (_, to, change) => {
    const box = await delivered(to);
    change(box);
    for (const file of ['deploy.key', '.env'])
      if (existsSync(join(box.cwd, file))) chmodSync(join(box.cwd, file), 0o600);
    const run = await again(box, to);
    expect(run).toMatchObject({ exit: 5, stdout: '' });
    expect(run.stderr).toContain(`${to} does not hold its value`);
    expect(run.stderr).toContain(
      `hint: deliver a new value: keys rotate ci --to ${to.includes('#') ? `'${to}'` : to}\n`,
    );
    expect(await liveKeys(box)).toEqual(['ci']);
    // The hint does what it says.
    mkdirSync(join(box.cwd, 'sub'), { recursive: true });
    expect((await box.keys(['rotate', 'ci', '--grace', '0', '--to', to])).exit).toBe(0);
    expect((await again(box, to)).exit).toBe(0);
  });

  test('the value of a key that was rotated meanwhile is another one', async () => {
    const box = await delivered('file:deploy.key');
    await box.keys(['rotate', 'ci', '--to', 'exec:./deliver']);
    expect((await again(box, 'file:deploy.key')).exit).toBe(5);
  });

  test('for a sink that cannot be read there is a warning', async () => {
    const box = await delivered('exec:./deliver');
    const run = await again(box, 'exec:./deliver');
    expect(run).toMatchObject({ exit: 0 });
    expect(run.stderr).toContain('warning: cannot tell whether exec:./deliver holds the value of ci');
  });
});

test('a file is not to hold the bare value and a variable, and no key is made', async () => {
  const box = new Sandbox();
  const run = await box.keys(['create', 'ci', '--to', 'file:./key', '--to', 'env:key#API_KEY']);
  expect(run).toMatchObject({ exit: 2, stderr: expect.stringContaining('env:key#API_KEY') });
  expect((await box.keys(['list', '--json'])).stdout).toBe('[]\n');
});
