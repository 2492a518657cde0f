import { expect, test } from 'vitest';
import { lacks } from '../support/real-parts.ts';
import { Sandbox } from '../support/sandbox.ts';
import { shell } from '../support/shell.ts';
import { bashIn } from '../support/terminal.ts';
import { UnrealServer } from '../support/unreal-server.ts';

/* A command ends its process as soon as it is done: whatever it wrote arrives all the same, however late it is read. */

const count = 12_000;
const list = 'list --format ndjson';

/** An API whose list is more than 10 MB of ndjson. */
async function longList() {
  const [box, server] = [new Sandbox(), await UnrealServer.start()];
  for (let made = 0; made < count; made += 1) server.add(`key-${made}-${'x'.repeat(700)}`);
  return {
    box,
    env: { KEYS_PROVIDER: 'unreal', KEYS_URL: server.url, KEYS_TOKEN: 'tok-EXAMPLE', PAGER: 'cat' },
  };
}

test('a pipe that is read late has all lines of a long list', async () => {
  const { box, env } = await longList();
  const line = `keys ${list} | (sleep 1; wc -lc)`;
  const { exit, stdout } = await shell(box, line, { env });
  const [lines = 0, bytes = 0] = stdout.trim().split(/\s+/).map(Number);
  expect({ exit, lines }).toEqual({ exit: 0, lines: count });
  expect(bytes).toBeGreaterThan(10_000_000);
});

test.skipIf(lacks('python3'))('so has one that does not wait for its reader', async () => {
  const { box, env } = await longList();
  const program = 'import os, sys; os.set_blocking(1, False); os.execvp(sys.argv[1], sys.argv[1:])';
  const line = `python3 -c '${program}' keys ${list} | (sleep 1; wc -l)`;
  expect(await shell(box, line, { env })).toMatchObject({ exit: 0, stdout: `${count}\n` });
});

test('a file has all lines', async () => {
  const { box, env } = await longList();
  expect(await shell(box, `keys ${list} > out && wc -l < out`, { env })).toMatchObject({
    exit: 0,
    stdout: `${count}\n`,
  });
});

test('a terminal shows all lines', async () => {
  const { box, env } = await longList();
  // The shell outlives the command: once a terminal is closed, libuv reads no more of it, whatever is left.
  const terminal = bashIn(box, `"$0" "$1" ${list}; echo "exit $?"; read -r`, { env });
  await expect.poll(() => terminal.output.endsWith('exit 0\r\n'), { timeout: 30_000 }).toBe(true);
  expect(terminal.output.split('"id"')).toHaveLength(count + 1);
});

test('an error is written whole to a pipe that is full when it is reported', async () => {
  const box = new Sandbox();
  // More than a pipe holds, so that the error waits for the reader.
  const line = `
    exec 3> >(sleep 1; tr -d 'x' > err)
    head -c 65536 /dev/zero | tr '\\0' x >&3
    keys show missing 2>&3; echo $?
    exec 3>&-; wait $!`;
  const { stdout } = await shell(box, line);
  expect(stdout).toBe('3\n');
  expect(box.read('err')).toMatchInlineSnapshot(`
    "error: no key has the id or the name 'missing'
    hint: keys list --status all
    "
  `);
});
