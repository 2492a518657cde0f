import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { shells } from '../../src/cli/complete.ts';
import { Sandbox } from '../support/sandbox.ts';

/** A sandbox whose user has a home folder of her own. */
function boxWithHome(): { box: Sandbox; home: string; install: Install } {
  const box = new Sandbox();
  const home = join(box.cwd, 'ada');
  mkdirSync(home);
  return {
    box,
    home,
    install: (shell, env = {}) =>
      box.keys(['completion', shell, '--install', '--json'], { env: { HOME: home, ...env } }),
  };
}

type Install = (shell: string, env?: Record<string, string>) => ReturnType<Sandbox['keys']>;

/** Where the script goes, and the file with the line that loads it. */
const places: [shell: string, script: string, start?: string][] = [
  ['bash', '.local/share/bash-completion/completions/keys'],
  ['zsh', '.local/share/zsh/site-functions/_keys', '.zshrc'],
  ['fish', '.config/fish/completions/keys.fish'],
  ['powershell', '.config/powershell/keys-completion.ps1', '.config/powershell/profile.ps1'],
];

test.each(Object.keys(shells))('prints the script for %s', async (shell) => {
  const box = new Sandbox();
  const run = await box.keys(['completion', shell]);
  expect(run).toMatchObject({ exit: 0, stderr: '' });
  expect(run.stdout).toBe((await shells[shell]?.())?.script);
});

test.each(places)('%s: installs where the shell looks, once', async (shell, script, start) => {
  const { home, install } = boxWithHome();
  const first = await install(shell);
  expect(first.exit).toBe(0);
  const record = JSON.parse(first.stdout);
  expect(record).toMatchObject({ shell, file: join(home, script), changed: true });
  expect(record.next.length).toBeGreaterThan(0);
  expect(readFileSync(join(home, script), 'utf8')).toBe((await shells[shell]?.())?.script);
  const loading = start === undefined ? '' : readFileSync(join(home, start), 'utf8');
  if (start !== undefined) expect(loading).toContain(join(home, script));

  expect(JSON.parse((await install(shell)).stdout)).toMatchObject({ changed: false });
  if (start !== undefined) expect(readFileSync(join(home, start), 'utf8')).toBe(loading);
});

test('says what it has done and what is left to do', async () => {
  const { box, home } = boxWithHome();
  const run = await box.keys(['completion', 'fish', '--install'], { env: { HOME: home } });
  expect(run.stderr.replaceAll(home, '~')).toBe(
    'installed: ~/.config/fish/completions/keys.fish\nnext: start a new shell\n',
  );
});

const hasLoader = existsSync('/usr/share/bash-completion/bash_completion');
test.skipIf(!hasLoader)('bash: says what to do if no start file loads bash-completion', async () => {
  const { home, install } = boxWithHome();
  const next = async () => JSON.parse((await install('bash')).stdout).next.join('\n');
  writeFileSync(join(home, '.bashrc'), '# . /usr/share/bash-completion/bash_completion\n');
  expect(await next()).toContain(`source ${home}`);
  writeFileSync(join(home, '.bashrc'), 'if true; then\n  . /usr/share/bash-completion/bash_completion\nfi\n');
  expect(await next()).not.toMatch(/source |loads/);
});

test.each(places)('%s: replaces its own script, and no other file', async (shell, script) => {
  const { home, install } = boxWithHome();
  const file = join(home, script);
  await install(shell);
  writeFileSync(file, readFileSync(file, 'utf8').replace('completion for', 'an earlier completion for'));
  expect(JSON.parse((await install(shell)).stdout)).toMatchObject({ shell });
  expect(readFileSync(file, 'utf8')).toBe((await shells[shell]?.())?.script);

  writeFileSync(file, 'mine\n');
  const refused = await install(shell);
  expect([refused.exit, JSON.parse(refused.stderr).error.code]).toEqual([1, 'file_taken']);
  expect(readFileSync(file, 'utf8')).toBe('mine\n');
});

test.each(places)('%s: writes through no symbolic link', async (shell, script) => {
  const { home, install } = boxWithHome();
  const file = join(home, script);
  mkdirSync(join(file, '..'), { recursive: true });
  // Even one of its own, which somebody else may have meant for another place.
  writeFileSync(join(home, 'target'), (await shells[shell]?.())?.script ?? '');
  symlinkSync(join(home, 'target'), file);
  const refused = await install(shell);
  expect([refused.exit, JSON.parse(refused.stderr).error.code]).toEqual([1, 'file_taken']);
});

test.each(places)('%s: writes to no folder in which others can write', async (shell, script) => {
  const { home, install } = boxWithHome();
  const folder = join(home, script, '..');
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o777);
  const refused = await install(shell);
  expect([refused.exit, JSON.parse(refused.stderr).error.code]).toEqual([2, 'not_trusted']);
  expect(readdirSync(folder)).toEqual([]);
});

test('the rest of a file that the shell reads stays as it is', async () => {
  const { home, install } = boxWithHome();
  const file = join(home, '.zshrc');
  writeFileSync(file, 'bindkey -e', { mode: 0o640 });
  await install('zsh');
  expect(readFileSync(file, 'utf8')).toMatch(/^bindkey -e\n[^\n]+_keys\n$/);
  expect(statSync(file).mode & 0o777).toBe(0o640);
});

test('a link to a file that the shell reads is left alone, and the line named', async () => {
  const { home, install } = boxWithHome();
  writeFileSync(join(home, 'dotfile'), '');
  symlinkSync(join(home, 'dotfile'), join(home, '.zshrc'));
  const { next } = JSON.parse((await install('zsh')).stdout);
  expect(readFileSync(join(home, 'dotfile'), 'utf8')).toBe('');
  expect(next).toHaveLength(3);
  expect(next[0]).toBe(`add this line to ${join(home, '.zshrc')}`);
  writeFileSync(join(home, 'dotfile'), `${next[1]}\n`);
  expect(JSON.parse((await install('zsh')).stdout).next).toEqual(['start a new shell']);
});

test('a folder of zsh that is the user’s own needs no line', async () => {
  const { home, install } = boxWithHome();
  const folder = join(home, 'functions');
  mkdirSync(folder);
  const run = await install('zsh', { FPATH: `/usr/share/zsh/functions:${folder}` });
  expect(JSON.parse(run.stdout).file).toBe(join(folder, '_keys'));
  expect(existsSync(join(home, '.zshrc'))).toBe(false);
});

test('other folders are named by variables', async () => {
  const { home, install } = boxWithHome();
  const env = { XDG_DATA_HOME: join(home, 'data'), XDG_CONFIG_HOME: join(home, 'config') };
  expect(JSON.parse((await install('bash', env)).stdout).file).toBe(
    join(home, 'data/bash-completion/completions/keys'),
  );
  expect(JSON.parse((await install('fish', env)).stdout).file).toBe(
    join(home, 'config/fish/completions/keys.fish'),
  );
});

test('the shell is that of the user, or named', async () => {
  const { box, home } = boxWithHome();
  const args = ['completion', '--install', '--json'];
  const run = await box.keys(args, { env: { HOME: home, SHELL: '/usr/bin/fish' } });
  expect(JSON.parse(run.stdout).shell).toBe('fish');
  for (const SHELL of ['', '/bin/tcsh'])
    expect((await box.keys(args, { env: { HOME: home, SHELL } })).exit).toBe(2);
  expect((await box.keys(['completion'])).stderr).toContain('name a shell: bash, zsh, fish, powershell');
  expect((await box.keys(['completion', 'tcsh'])).exit).toBe(2);
});
