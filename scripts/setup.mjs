// Installs and builds what a clone needs to run the program and its tests, and skips what is up to date.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const lock = join(root, '.setup.lock');
const installed = join(root, 'node_modules', '.installed-from');
const built = join(root, 'dist', '.built-from');
const buildInputs = [
  'bin',
  'src',
  'scripts/build.mjs',
  'scripts/man-page.mjs',
  'scripts/man-pages.mjs',
  'scripts/packed-docs.mjs',
  'docs',
  'README.md',
  'SECURITY.md',
  'CHANGELOG.md',
  'scripts/no-validator.mjs',
  'scripts/libsql-target.mjs',
  'scripts/no-signal-hooks.mjs',
  'scripts/no-child-process.mjs',
  'package.json',
  'package-lock.json',
];

/** Returns when dependencies and bundle match this tree. Prints to stderr only. */
export function setUp() {
  checkNode();
  if (isInstalled() && isBuilt()) return;
  alone(() => {
    if (!isInstalled()) install();
    if (!isBuilt()) build();
  });
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  fail(`this is Node.js ${process.versions.node}, but 20.19 or later is required`);
}

function isInstalled() {
  return existsSync(installed) && readFileSync(installed, 'utf8') === installationId();
}

/** Dependencies contain binaries for each platform, but not for each version of Node.js. */
function installationId() {
  return `${hashOf(['package-lock.json'])} ${process.platform}-${process.arch}\n`;
}

function install() {
  console.error('keys: installing dependencies (once)…');
  // The npm that runs this script, if one does.
  const cli = process.env.npm_execpath;
  const [command, first] = cli?.endsWith('.js') ? [process.execPath, [cli]] : ['npm', []];
  const options = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  run(command, [...first, ...options], 'could not install the dependencies');
  writeFileSync(installed, installationId());
}

function isBuilt() {
  return existsSync(built) && readFileSync(built, 'utf8') === hashOf(buildInputs);
}

function build() {
  const inputs = hashOf(buildInputs);
  run(process.execPath, [join(root, 'scripts', 'build.mjs')], 'could not build the program');
  writeFileSync(built, inputs);
}

function run(command, args, message) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32' && command === 'npm',
  });
  if (error || status !== 0) fail(`${message}${error ? `: ${error.message}` : ''}`);
}

function hashOf(paths) {
  const hash = createHash('sha256');
  const add = (path) => {
    if (statSync(join(root, path)).isDirectory()) {
      for (const name of readdirSync(join(root, path)).sort()) add(`${path}/${name}`);
    } else {
      hash.update(`${path}\0`).update(readFileSync(join(root, path)));
    }
  };
  paths.forEach(add);
  return hash.digest('hex');
}

/** Two commands started at once on a fresh clone must not install at the same time. */
function alone(work) {
  const deadline = Date.now() + 10 * 60_000;
  while (!takeLock()) {
    if (Date.now() > deadline) fail(`another setup holds ${lock}; if no setup is running, delete the file`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  }
  try {
    work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function takeLock() {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    if (isDead(lock)) rmSync(lock, { force: true });
    return false;
  }
}

function isDead(file) {
  try {
    process.kill(Number(readFileSync(file, 'utf8')), 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

function fail(message) {
  console.error(`keys: ${message}`);
  rmSync(lock, { force: true });
  process.exit(1);
}
