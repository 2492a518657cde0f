import {
  chmodSync,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { program, projectRoot, type Run, Sandbox } from '../support/sandbox.ts';

/*
 * The compiled code that one run keeps for the next: it is used only if no other user can have written it and if it belongs
 * to the very same program, and whatever happens to it, commands do what they do without it.
 */

const withCache = { NODE_DISABLE_COMPILE_CACHE: '' };

function folderOf(box: Sandbox): string {
  return join(box.home, 'cache', 'code');
}

function run(box: Sandbox, args: readonly string[], env: Record<string, string> = {}): Promise<Run> {
  return box.program(args, { env: { ...withCache, ...env } });
}

/** A home with a database and the code of `list`. */
async function withCode(): Promise<{ box: Sandbox; file: string; stdout: string }> {
  const box = new Sandbox();
  box.expectSecretIn('secret');
  await box.program(['create', 'ci', '--to', 'file:secret']);
  const { stdout } = await run(box, ['list', '--json']);
  return { box, file: join(folderOf(box), 'list.bin'), stdout };
}

test('a command keeps its code for the next run, readable for its user alone', async () => {
  const { box, file, stdout } = await withCode();
  expect(statSync(file).mode & 0o777).toBe(0o600);
  for (const folder of [dirname(file), join(box.home, 'cache')])
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  const { ino } = statSync(file);
  expect(await run(box, ['list', '--json'])).toEqual({ exit: 0, stdout, stderr: '' });
  expect(statSync(file).ino).toBe(ino);
  // What else the command loads is added.
  await run(box, ['list', '--format', 'table']);
  expect(statSync(file).ino).not.toBe(ino);
  expect(readdirSync(folderOf(box))).toEqual(['list.bin']);
});

test('a home that has no folder for caches yet gets one', async () => {
  const box = new Sandbox();
  const home = join(box.cwd, 'new');
  mkdirSync(home, { mode: 0o755 });
  const env = { HOME: home, KEYS_HOME: '', XDG_CACHE_HOME: '' };
  expect((await run(box, ['provider', 'list'], env)).exit).toBe(0);
  expect(statSync(join(home, '.cache')).mode & 0o777).toBe(0o700);
  expect(readdirSync(join(home, '.cache', 'keys', 'code'))).toEqual(['provider.bin']);
});

test('nothing is kept without a home, by a command that fails, or on request', async () => {
  const box = new Sandbox();
  await run(box, ['list'], { KEYS_HOME: join(box.cwd, 'missing') });
  expect(existsSync(join(box.cwd, 'missing'))).toBe(false);
  mkdirSync(box.home, { recursive: true });
  expect((await run(box, ['nonsense'])).exit).toBe(2);
  expect((await run(box, ['show', 'nothing'])).exit).toBe(3);
  await box.program(['list']);
  expect(existsSync(folderOf(box))).toBe(false);
});

const damages: Record<string, (file: string) => void> = {
  'is empty': (file) => writeFileSync(file, ''),
  'is something else': (file) => writeFileSync(file, '{}'.repeat(2)),
  'is cut': (file) => writeFileSync(file, readFileSync(file).subarray(0, 100_000)),
  'has zeros at its end': (file) => writeFileSync(file, readFileSync(file).fill(0, 150_000)),
  'has a changed byte': (file) => {
    const bytes = readFileSync(file);
    const middle = bytes.length >> 2;
    bytes[middle] = (bytes[middle] ?? 0) ^ 1;
    writeFileSync(file, bytes);
  },
  'can be read by others': (file) => chmodSync(file, 0o644),
  'has two names': (file) => linkSync(file, `${file}.other`),
  'is a folder': (file) => {
    renameSync(file, `${file}.other`);
    mkdirSync(file);
    writeFileSync(join(file, 'content'), '');
  },
  'is a symbolic link': (file) => {
    renameSync(file, `${file}.other`);
    symlinkSync(`${file}.other`, file);
  },
};

test.for(Object.entries(damages))('a file that %s is not used, and replaced', async ([, damage]) => {
  const { box, file, stdout } = await withCode();
  const { ino: damagedIno } = statSync(file);
  damage(file);
  expect(await run(box, ['list', '--json'])).toEqual({ exit: 0, stdout, stderr: '' });
  const { ino, mode, nlink, size } = statSync(file);
  expect([mode & 0o777, nlink, size > 200_000]).toEqual([0o600, 1, true]);
  expect(ino).not.toBe(damagedIno);
});

test('a byte that is changed anywhere in the file is noticed', async () => {
  const { box, file, stdout } = await withCode();
  const intact = readFileSync(file);
  for (const part of [0.001, 0.1, 0.3, 0.5, 0.7, 0.9]) {
    const bytes = Buffer.from(intact);
    const at = Math.floor(bytes.length * part);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    const { ino } = statSync(file);
    expect(await run(box, ['list', '--json'])).toEqual({ exit: 0, stdout, stderr: '' });
    expect(statSync(file).ino, `at ${part}`).not.toBe(ino);
  }
});

test.for([0o755, 0o770, 0o777])('a folder of mode %o is neither read nor written', async (mode) => {
  const { box, file, stdout } = await withCode();
  writeFileSync(file, 'not ours');
  chmodSync(dirname(file), mode);
  expect(await run(box, ['list', '--json'])).toEqual({ exit: 0, stdout, stderr: '' });
  expect(readFileSync(file, 'utf8')).toBe('not ours');
});

test.runIf(process.getuid?.() === 0)("another user's folder is neither read nor written", async () => {
  const { box, file, stdout } = await withCode();
  writeFileSync(file, 'not ours');
  const { chownSync } = await import('node:fs');
  chownSync(dirname(file), 65_534, 65_534);
  expect(await run(box, ['list', '--json'])).toEqual({ exit: 0, stdout, stderr: '' });
  expect(readFileSync(file, 'utf8')).toBe('not ours');
});

test('a process that is killed while it writes keeps none of the next ones from writing', async () => {
  const box = new Sandbox();
  mkdirSync(box.home, { recursive: true });
  box.write(
    'kill.cjs',
    `const fs = require('node:fs');
const { renameSync } = fs;
fs.renameSync = (from, to) => to.endsWith('.bin') ? process.kill(process.pid, 'SIGKILL') : renameSync(from, to);`,
  );
  const killed = await run(box, ['list', '--json'], {
    NODE_OPTIONS: `--require ${join(box.cwd, 'kill.cjs')}`,
  });
  expect(killed.exit).not.toBe(0);
  expect(readdirSync(folderOf(box))).toEqual([expect.stringMatching(/^list\.bin\..*new$/)]);
  expect(await run(box, ['list', '--json'])).toEqual({ exit: 0, stdout: '[]\n', stderr: '' });
  expect(readdirSync(folderOf(box))).toEqual(['list.bin']);
});

test('what stands at the name of a file that is being written is removed', async () => {
  const { box, file } = await withCode();
  const { ino } = statSync(file);
  for (const name of ['list.bin.new', `list.bin.${process.ppid}.abc.new`]) {
    mkdirSync(join(folderOf(box), name, 'inner'), { recursive: true });
    utimesSync(join(folderOf(box), name), 0, 0);
  }
  await run(box, ['list', '--format', 'table']);
  expect(statSync(file).ino).not.toBe(ino);
  expect(readdirSync(folderOf(box))).toEqual(['list.bin']);
});

test('processes at once write whole files', async () => {
  const box = new Sandbox();
  mkdirSync(box.home, { recursive: true });
  const runs = await Promise.all(Array.from({ length: 6 }, () => run(box, ['list', '--json'])));
  for (const one of runs) expect(one).toEqual({ exit: 0, stdout: '[]\n', stderr: '' });
  expect(readdirSync(folderOf(box))).toEqual(['list.bin']);
});

test.for([
  ['a file of its own', ['help'], 'Manage API keys'],
  ['the file of those that most commands load', ['help', 'list'], 'list keys, newest first'],
] as const)('a program that is changed in %s runs as it is now', async ([, args, words]) => {
  const box = new Sandbox();
  mkdirSync(box.home, { recursive: true });
  const copy = join(box.cwd, 'dist');
  cpSync(dirname(program), copy, { recursive: true });
  const help = () => box.command([process.execPath, join(copy, 'keys.cjs'), ...args], { env: withCache });
  const { stdout } = await help();
  expect(stdout).toContain(words);
  expect(readdirSync(folderOf(box))).toEqual(['help.bin']);
  const file = ['common.pack', ...readdirSync(join(copy, 'chunks')).map((name) => join('chunks', name))]
    .map((name) => join(copy, name))
    .find((one) => readFileSync(one, 'utf8').includes(words));
  const text = readFileSync(file ?? '', 'utf8');
  // Of the same length, which is all that V8 looks at.
  const others = words.toUpperCase();
  writeFileSync(file ?? '', text.replace(words, others));
  expect((await help()).stdout).toBe(stdout.replace(words, others));
});

test('code of another program is not used', async () => {
  const { box, file, stdout } = await withCode();
  const copy = join(box.cwd, 'installed', 'dist');
  cpSync(dirname(program), copy, { recursive: true });
  // Not beside the program, where native parts are looked for first.
  symlinkSync(join(projectRoot, 'node_modules'), join(box.cwd, 'node_modules'));
  const { ino } = statSync(file);
  const list = [process.execPath, join(copy, 'keys.cjs'), 'list', '--json'];
  expect(await box.command(list, { env: withCache })).toEqual({ exit: 0, stdout, stderr: '' });
  expect(statSync(file).ino).not.toBe(ino);
});

test.for([
  ['is missing', (file: string) => rmSync(file)],
  ['is empty', (file: string) => truncateSync(file)],
  ['lacks most of its index', (file: string) => truncateSync(file, 100)],
  ['lacks its end', (file: string) => truncateSync(file, Math.floor(statSync(file).size / 2))],
  [
    'is damaged',
    (file: string) => writeFileSync(file, String(readFileSync(file)).replace('(function', '(f')),
  ],
] as const)('a program with a file that %s says so, and does not show it', async ([, spoil]) => {
  const box = new Sandbox();
  const copy = join(box.cwd, 'dist');
  cpSync(dirname(program), copy, { recursive: true });
  spoil(join(copy, 'common.pack'));
  const list = [process.execPath, join(copy, 'keys.cjs'), 'list', '--json'];
  const { exit, stdout, stderr } = await box.command(list);
  expect({ exit, stdout }).toEqual({ exit: 1, stdout: '' });
  expect(stderr).toMatch(/^error: \S+ cannot be loaded \([^)]+\): install keys again\n$/);
});

test('a damaged program does not wait for the keychain that it has asked for', async () => {
  const box = new Sandbox();
  const copy = join(box.cwd, 'dist');
  cpSync(dirname(program), copy, { recursive: true });
  truncateSync(join(copy, 'common.pack'), 1000);
  const profile = { provider: 'unreal', url: 'https://api.example.com' };
  mkdirSync(join(box.home, 'config'), { recursive: true });
  writeFileSync(
    join(box.home, 'config', 'config.json'),
    JSON.stringify({ currentProfile: 'work', profiles: { work: profile } }),
  );
  const { exit } = await box.command(['timeout', '20', process.execPath, join(copy, 'keys.cjs'), 'list']);
  expect(exit).toBe(1);
});
