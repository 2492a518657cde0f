import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { BundleTexts } from '../../src/platform/bundle-texts.ts';
import { filesBelow, projectRoot, Sandbox } from '../support/sandbox.ts';
import { startServe } from '../support/serving.ts';
import { UnrealServer } from '../support/unreal-server.ts';

/*
 * A command loads only what it uses. Node.js lists the scripts that a process has loaded in its coverage report. Phrases
 * tell what is in them, so that it does not matter how the bundle is split.
 */

/** For each part of the program, a phrase that occurs in it and nowhere else. */
const phrases = {
  '@inquirer/prompts': 'ExitPromptError',
  chalk: 'blackBright',
  child_process: 'require("node:child_process")',
  'cli-table3': 'top-mid',
  commander: 'commander.helpDisplayed',
  conf: 'projectSuffix',
  fastify: 'FST_ERR_NOT_FOUND',
  'log chart': '\\u259e',
  pickers: 'nothing matches',
  libsql: 'databasePrepareSync',
  'p-map': 'Mapper function is required',
  pg: 'SCRAM-SERVER-FINAL-MESSAGE',
  'prom-client': 'process_cpu_user_seconds_total',
  undici: 'UND_ERR_SOCKET',
  'usage chart': 'US dollars spent',
  valibot: '~standard',
  delivery: '--allow-in-git',
  dotenv: 'DOTENV_',
  journal: ',"sum":"',
  launcher: 'the process that starts programs',
  keychain: 'keys-cli-escrow',
  'recent use': 'recent use is left out',
  recover: 'which of several keys this operation created',
  create: '--if-missing',
  docs: '<picture>',
  doctor: 'no database yet',
  list: 'sort by any field',
  rotate: '--when-idle <for>',
  logs: '--follow',
  revoke: '--confirm <name>',
  server: 'HOST_NOT_ALLOWED',
};

const dist = join(projectRoot, 'dist');
const pack = join(dist, 'common.pack');
const bundleTexts = new BundleTexts(pack);

test('every phrase is in the bundle', () => {
  const scripts = filesBelow(dist).filter((file) => file.endsWith('.cjs'));
  const [index = ''] = readFileSync(pack, 'latin1').slice(1).split('\n\n', 1);
  const packed = index.split('\n').map((line) => line.split(' ')[0] ?? '');
  expect(partsIn([...scripts, ...packed])).toEqual(Object.keys(phrases).sort());
});

test('--version loads the entry alone', async () => {
  const scripts = await loadedBy(new Sandbox(), ['--version']);
  expect(scripts.map((script) => script.replace(/.*\/dist\//, ''))).toEqual(['keys.cjs']);
});

test.for<[command: string, parts: string[]]>([
  ['list --json', ['commander', 'libsql', 'list']],
  ['list', ['commander', 'libsql', 'list']],
  ['list --format table', ['commander', 'libsql', 'list', 'recent use']],
  ['show ci', ['commander', 'libsql']],
  ['usage --by day', ['commander', 'libsql']],
  ['list --format yaml', ['commander', 'libsql', 'list']],
  ['create ci --to file:secret', ['commander', 'create', 'delivery', 'journal', 'libsql']],
  ['create ci --to env:.env#K', ['commander', 'create', 'delivery', 'dotenv', 'journal', 'libsql']],
  ['create ci --to exec:true', ['child_process', 'commander', 'create', 'delivery', 'journal', 'libsql']],
  ['recover --list', ['commander', 'delivery', 'journal', 'recover']],
  ['rotate ci --to file:first', ['commander', 'delivery', 'journal', 'libsql', 'rotate']],
  ['rotate --finish', ['commander', 'delivery', 'journal', 'libsql', 'p-map', 'rotate']],
  ['revoke ci --yes --json', ['commander', 'libsql', 'revoke']],
  ['status --json', ['commander', 'libsql']],
  ['session list', ['commander', 'libsql']],
  ['logs --format ndjson', ['commander', 'libsql', 'logs']],
])('%s loads only what it uses', async ([command, parts]) => {
  const box = new Sandbox();
  for (const file of ['first', 'secret', '.env']) box.expectSecretIn(file);
  await box.program(['create', 'ci', '--to', 'file:first']);
  expect(partsIn(await loadedBy(box, command.split(' ')))).toEqual(parts);
});

test.for<[command: string, modules: string[]]>([
  ['--version', []],
  ['list --json', ['vm']],
  ['list --format table', ['vm']],
  // crypto brings the streams.
  [
    'create ci --to file:secret',
    ['vm', 'internal/abort_controller', 'string_decoder', 'stream/promises', 'stream', 'crypto'],
  ],
])('%s loads no other modules of Node.js', async ([command, modules]) => {
  expect(await builtinsLoadedBy(command.split(' '))).toEqual(modules);
});

test('a table loads colours for colours, and what measures wide text for wide text', async () => {
  const box = new Sandbox();
  box.expectSecretIn('secret');
  const table = ['list', '--format', 'table'];
  await box.program(['create', 'naïve', '--to', 'file:secret']);
  const coloured = partsIn(await loadedBy(box, table, { FORCE_COLOR: '1' }));
  expect(coloured).toEqual(['chalk', 'commander', 'libsql', 'list', 'recent use']);
  await box.program(['create', '鍵', '--to', 'file:secret']);
  expect(partsIn(await loadedBy(box, table))).toContain('cli-table3');
});

test('serve loads the server, but no tables, prompts or sinks', async () => {
  const box = new Sandbox();
  const folder = join(box.env.HOME ?? '', 'coverage');
  const { stop } = await startServe(box, [], { env: { NODE_V8_COVERAGE: folder } });
  expect(await stop()).toBe(0);
  expect(partsIn(scriptsIn(folder))).toEqual([
    'commander',
    'fastify',
    'libsql',
    'prom-client',
    'server',
    'valibot',
  ]);
});

test('help loads no database, tables or prompts', async () => {
  const parts = partsIn(await loadedBy(new Sandbox(), ['help']));
  expect(parts).toMatchInlineSnapshot(`
    [
      "child_process",
      "commander",
      "create",
      "delivery",
      "journal",
      "keychain",
      "list",
      "logs",
      "recover",
      "revoke",
      "rotate",
    ]
  `);
});

test('a built-in provider loads neither the database nor the check of a declaration', async () => {
  const server = await UnrealServer.start();
  const env = { KEYS_PROVIDER: 'unreal', KEYS_URL: server.url, KEYS_TOKEN: 'tok-EXAMPLE' };
  const parts = partsIn(await loadedBy(new Sandbox(), ['list', '--json'], env));
  expect(parts).toMatchInlineSnapshot(`
    [
      "commander",
      "list",
    ]
  `);
});

test('a search for leaked values loads no more than git before it has found any', async () => {
  const box = new Sandbox();
  await box.command(['git', 'init', '-q']);
  box.write('a', 'nothing');
  await box.command(['git', 'add', 'a']);
  expect(partsIn(await loadedBy(box, ['leaks', '--staged']))).toEqual(['child_process', 'commander']);
  const other = new Sandbox();
  other.write('a', 'nothing');
  expect(partsIn(await loadedBy(other, ['leaks', 'a']))).toEqual(['commander']);
});

test('a call over HTTP loads neither TLS nor cryptography nor the fetch of Node.js', async () => {
  const server = await UnrealServer.start();
  const env = { KEYS_PROVIDER: 'unreal', KEYS_URL: server.url, KEYS_TOKEN: 'tok-EXAMPLE' };
  const modules = await builtinsLoadedBy(['list', '--json'], env);
  const unused = /^(crypto|https|tls|zlib|child_process|readline|perf_hooks|fs\/promises)$|undici/;
  expect(modules).toContain('http');
  expect(modules.filter((name) => unused.test(name))).toEqual([]);
});

test('Tab loads the command that is typed, and no more than its names need', async () => {
  const tab = async (stdin: string) => {
    const box = new Sandbox();
    const folder = join(box.env.HOME ?? '', 'coverage');
    await box.program(['completion', '--words', 'zsh'], { stdin, env: { NODE_V8_COVERAGE: folder } });
    return partsIn(scriptsIn(folder));
  };
  expect(await tab('list\0--st\0')).toEqual(['commander', 'list']);
  expect(await tab('show\0\0')).toEqual(['commander', 'libsql']);
});

/** The script files that a run loads, its own and those of packages. */
async function loadedBy(
  box: Sandbox,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  const folder = join(box.env.HOME ?? '', 'coverage');
  const { exit } = await box.program(args, { env: { ...env, NODE_V8_COVERAGE: folder } });
  expect(exit).toBe(0);
  return scriptsIn(folder);
}

/** The modules of Node.js that a run loads besides those that Node.js loads by itself, and AbortController. */
async function builtinsLoadedBy(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  const box = new Sandbox();
  box.expectSecretIn('secret');
  const file = join(box.env.HOME ?? '', 'modules.json');
  box.write(
    'preload.cjs',
    `const { builtinModules } = require('node:module');
    const own = new Set(process.moduleLoadList);
    process.once('exit', () => {
      const loaded = process.moduleLoadList.filter((name) => !own.has(name)).map((name) => name.split(' ')[1]);
      const open = loaded.filter((name) => (builtinModules.includes(name) || /undici|abort_controller/.test(name)) && name !== 'process');
      require('node:fs').writeFileSync(process.env.MODULES, JSON.stringify(open));
    });`,
  );
  const preload = { NODE_OPTIONS: `--require=${join(box.cwd, 'preload.cjs')}`, MODULES: file };
  const { exit } = await box.program(args, { env: { ...env, ...preload } });
  expect(exit).toBe(0);
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** The script files in a folder of coverage reports. */
function scriptsIn(folder: string): string[] {
  const urls = readdirSync(folder).flatMap((name) => {
    const { result } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as { result: { url: string }[] };
    return result.map(({ url }) => url);
  });
  return urls
    .filter((url) => url.startsWith('file:'))
    .map((url) => fileURLToPath(url))
    .sort();
}

function partsIn(scripts: readonly string[]): string[] {
  // The loader names child_process, but loads it for a token in the keychain alone.
  const ownScripts = scripts.filter((script) => !script.endsWith('/dist/keys.cjs'));
  const texts = ownScripts.map((script) => bundleTexts.of(script).text);
  return Object.entries(phrases)
    .filter(([, phrase]) => texts.some((text) => text.includes(phrase)))
    .map(([part]) => part)
    .sort();
}
