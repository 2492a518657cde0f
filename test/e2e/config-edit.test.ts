import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Sandbox } from '../support/sandbox.ts';
import { keysIn } from '../support/terminal.ts';

const before =
  '{"currentProfile":"work","profiles":{"work":{"provider":"unreal","url":"https://api.example.com"}}}';

/** An editor that runs these lines of shell, with the file as `$1`. */
function editor(box: Sandbox, script: string): { env: Record<string, string> } {
  mkdirSync(join(box.home, 'config'), { recursive: true, mode: 0o700 });
  writeFileSync(join(box.home, 'config', 'config.json'), before, { mode: 0o600 });
  const path = join(box.cwd, 'editor');
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  mkdirSync(join(box.cwd, 'tmp'));
  return { env: { EDITOR: path, TMPDIR: join(box.cwd, 'tmp') } };
}

const settingsIn = (box: Sandbox) =>
  JSON.parse(readFileSync(join(box.home, 'config', 'config.json'), 'utf8'));
const draftsIn = (box: Sandbox) => readdirSync(join(box.cwd, 'tmp'));

test('what was written in the editor becomes the configuration', async () => {
  const box = new Sandbox();
  const terminal = keysIn(box, ['config', 'edit'], editor(box, `sed -i 's/api.example/eu.example/' "$1"`));
  expect(await terminal.ended).toBe(0);
  expect(settingsIn(box).profiles.work.url).toBe('https://eu.example.com');
  expect(draftsIn(box)).toEqual([]);
});

test('settings that are not valid are edited again, or given up: exit 1, and the file is as it was', async () => {
  const box = new Sandbox();
  const script = `if [ -e tried ]; then echo '{"profiles":[' > "$1"; else touch tried; sed -i 's/unreal"/unreal", "escrow": 7/' "$1"; fi`;
  const terminal = keysIn(box, ['config', 'edit'], editor(box, script));
  await terminal.shows('profiles.work.escrow: is 7');
  await terminal.shows('Edit them again?');
  terminal.type('\x1b[B\r');
  await terminal.shows('Edit them again?', 2);
  terminal.type('\r');
  expect(await terminal.ended).toBe(1);
  expect(settingsIn(box)).toEqual(JSON.parse(before));
  expect(draftsIn(box)).toEqual([]);
});

test('an editor that fails or is missing changes nothing: exit 1', async () => {
  const box = new Sandbox();
  const terminal = keysIn(box, ['config', 'edit'], editor(box, `echo '{}' > "$1"; exit 3`));
  expect(await terminal.ended).toBe(1);
  expect(terminal.output).toContain('failed with exit code 3');
  expect(settingsIn(box)).toEqual(JSON.parse(before));
});

test('Ctrl-C in an editor that it ends changes nothing, and leaves no copy: exit 130', async () => {
  const box = new Sandbox();
  const terminal = keysIn(box, ['config', 'edit'], editor(box, `echo '{}' > "$1"; echo open; read -r line`));
  await terminal.shows('open');
  terminal.type('\x03');
  expect(await terminal.ended).toBe(130);
  expect(terminal.output).toContain('error: interrupted; nothing was changed');
  expect(settingsIn(box)).toEqual(JSON.parse(before));
  expect(draftsIn(box)).toEqual([]);
});

test('a change by another command meanwhile is kept', async () => {
  const box = new Sandbox();
  const file = join(box.home, 'config', 'config.json');
  const terminal = keysIn(
    box,
    ['config', 'edit'],
    editor(box, `echo '{"profiles":{}}' > '${file}'; sed -i 's/api/eu/' "$1"`),
  );
  expect(await terminal.ended).toBe(1);
  expect(settingsIn(box)).toEqual({ profiles: {} });
  expect(existsSync(file)).toBe(true);
});
