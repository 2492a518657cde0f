import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
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
