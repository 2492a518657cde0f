import { mkdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fileOf } from '../support/declaration.ts';
import { Sandbox } from '../support/sandbox.ts';
import { folders, Transcript } from '../support/transcript.ts';

test('provider add installs a checked declaration, once, and asks before it replaces one', async () => {
  const box = new Sandbox();
  const file = join(box.home, 'config', 'providers', 'example.json');
  const shows = new Transcript(box, [folders]);
  box.write('my-api.json', fileOf());
  const first = await box.keys(['provider', 'add', 'my-api.json']);
  expect(readFileSync(file, 'utf8')).toBe(fileOf());
  expect((statSync(file).mode & 0o777).toString(8)).toBe('600');
  const again = await box.keys(['provider', 'add', 'my-api.json', '--json', 'id,changed']);
  box.write('my-api.json', fileOf({ name: 'Another API' }));
  const refused = await box.keys(['provider', 'add', 'my-api.json']);
  expect(readFileSync(file, 'utf8')).toBe(fileOf());
  const replaced = await box.keys(['provider', 'add', 'my-api.json', '--yes']);
  expect(readFileSync(file, 'utf8')).toBe(fileOf({ name: 'Another API' }));
  const runs = [
    shows.printed('keys provider add my-api.json', first),
    shows.printed('keys provider add my-api.json --json id,changed', again),
    shows.printed('keys provider add my-api.json  # another one', refused),
    shows.printed('keys provider add my-api.json --yes', replaced),
  ];
  expect(runs.join('')).toMatchInlineSnapshot(`
    "$ keys provider add my-api.json
    exit 0
    --- stdout
    example	Example API	[folder 1]/config/providers/example.json	true
    --- stderr
    installed: Example API as [folder 1]/config/providers/example.json; to use it: keys login --provider example
    $ keys provider add my-api.json --json id,changed
    exit 0
    --- stdout
    {
      "id": "example",
      "changed": false
    }
    --- stderr
    already installed: Example API as [folder 1]/config/providers/example.json; to use it: keys login --provider example
    $ keys provider add my-api.json  # another one
    exit 2
    --- stderr
    error: there already is another declaration of example, and keys cannot ask: not a terminal
    hint: keys provider check example
    hint: keys provider add my-api.json --yes
    $ keys provider add my-api.json --yes
    exit 0
    --- stdout
    example	Another API	[folder 1]/config/providers/example.json	true
    --- stderr
    installed: Another API as [folder 1]/config/providers/example.json; to use it: keys login --provider example
    "
  `);
});

test('a declaration with faults is not installed', async () => {
  const box = new Sandbox();
  const shows = new Transcript(box, [folders]);
  box.write('my-api.json', fileOf({ id: 'local', revoke: { post: '/revoke' } }));
  const run = await box.keys(['provider', 'add', 'my-api.json']);
  expect(shows.printed('keys provider add my-api.json', run)).toMatchInlineSnapshot(`
    "$ keys provider add my-api.json
    exit 8
    --- stdout
    2	3	id	'local' is reserved for the embedded authority; choose another id
    28	3	revoke	does not use {id}, so the API cannot tell which key is meant; add it, such as "/keys/{id}"
    "
  `);
  expect(() => statSync(join(box.home, 'config', 'providers'))).toThrow('ENOENT');
});

test('a declaration in place of a built-in one is told, with what its login needs', async () => {
  const box = new Sandbox();
  const shows = new Transcript(box, [folders]);
  const { url: _, ...rest } = JSON.parse(fileOf({ id: 'gitlab', name: 'Our GitLab' }));
  const options = { group: { help: 'the group', required: true } };
  box.write('ours.json', JSON.stringify({ ...rest, options, headers: { 'X-Group': '{option.group}' } }));
  const run = await box.keys(['provider', 'add', 'ours.json']);
  expect(shows.printed('keys provider add ours.json', run)).toMatchInlineSnapshot(`
    "$ keys provider add ours.json
    exit 0
    --- stdout
    gitlab	Our GitLab	[folder 1]/config/providers/gitlab.json	true
    --- stderr
    warning: this declaration is used in place of the built-in provider gitlab
    installed: Our GitLab as [folder 1]/config/providers/gitlab.json; to use it: keys login --provider gitlab --url URL --option group=VALUE
    "
  `);
  const shown = await box.keys(['provider', 'show', 'gitlab', '--json', 'name']);
  expect(JSON.parse(shown.stdout)).toEqual({ name: 'Our GitLab' });
});

test('a symbolic link in the folder of the own providers is not written through', async () => {
  const box = new Sandbox();
  const folder = join(box.home, 'config', 'providers');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  box.write('elsewhere.json', '{}');
  symlinkSync(join(box.cwd, 'elsewhere.json'), join(folder, 'example.json'));
  box.write('my-api.json', fileOf());
  expect((await box.keys(['provider', 'add', 'my-api.json', '--yes'])).exit).toBe(1);
  expect(box.read('elsewhere.json')).toBe('{}');
});

test('the embedded authority cannot be declared: an own file of its name is said to be unused', async () => {
  const box = new Sandbox();
  box.ownProvider(JSON.parse(fileOf({ id: 'local' })));
  const run = await box.keys(['provider', 'show', 'local', '--json', 'id']);
  expect(JSON.parse(run.stdout)).toEqual({ id: 'local' });
  expect(run.stderr).toMatch(/^warning: .*local\.json is not used: local is the embedded authority/);
});
