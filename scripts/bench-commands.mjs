// What a run of the program costs next to a bare start of Node.js, in time and memory.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newFolder } from './bench-folder.mjs';
import { startKeyring, startProgram } from './bench-processes.mjs';
import { median, takeTurns } from './bench-table.mjs';
import { root } from './setup.mjs';

const rounds = 25;
const memoryRounds = 3;
const keys = 100;

const node = process.execPath;
const program = join(root, 'dist', 'keys.cjs');
const extension = process.platform === 'win32' ? '.exe' : '';
const binary = join(root, 'binary', `keys${extension}`);
const binaryNode = join(
  root,
  'node_modules',
  '.binary-node',
  'node_modules',
  'node',
  'bin',
  `node${extension}`,
);
const columns = [
  { key: 'ms', label: 'median ms', digits: 1 },
  { key: 'ratio', label: 'to bare Node.js', digits: 2 },
  { key: 'aim', label: 'aim' },
  { key: 'peakMb', label: 'peak MB', digits: 0 },
];

/** A section of the report. `peers` are those of `installPeers`; `comparedOnly`: nothing that has no peer. */
export async function benchCommands({ peers, comparedOnly = false } = {}) {
  const folder = newFolder('commands');
  const running = [];
  try {
    const place = { folder, api: await startProgram(node, [join(root, 'scripts', 'bench-stand-in.mjs')]) };
    running.push(place.api);
    const notes = [];
    const cases = [...ownCases(place), ...peerCases(place, peers, notes)];
    if (!comparedOnly) {
      const keyring = await startKeyring(folder);
      if (keyring) running.push(keyring);
      cases.push(...keychainCases(place, keyring, notes), ...binaryCases(notes));
    }
    const measured = comparedOnly ? cases.filter(({ isCompared }) => isCompared) : inOrder(cases);
    fillAuthority(folder);
    return {
      title: 'Commands',
      about: `whole processes, ${rounds} rounds in turns, with ${keys} keys`,
      columns,
      rows: await rowsOf(measured, folder),
      notes,
    };
  } finally {
    for (const one of running) one.end();
  }
}

function ownCases({ folder, api }) {
  const remote = { KEYS_PROVIDER: 'unreal', KEYS_URL: api.line, KEYS_TOKEN: 'tok-EXAMPLE' };
  const own = (...args) => [node, program, ...args];
  return [
    { what: 'node -e 0', command: [node, '-e', '0'], isCompared: true },
    { what: 'keys --version', command: own('--version'), aim: '<= 1.08', isCompared: true },
    { what: 'keys list --json', command: own('list', '--json'), aim: '<= 1.6' },
    { what: 'keys list, a table', command: own('list', '--format', 'table'), aim: '<= 2.5' },
    // On a database of its own, which does not grow: the list stays at its number of keys.
    {
      what: 'keys create --to file:…',
      command: own('create', 'bench', '--to', `file:${join(folder, 'secret')}`),
      env: { KEYS_HOME: join(folder, 'other') },
      aim: '<= 2.5',
    },
    {
      what: 'keys list --json, over HTTP',
      command: own('list', '--json'),
      env: remote,
      aim: '<= 2.0',
      isCompared: true,
    },
  ];
}

function peerCases({ folder, api }, peers, notes) {
  const home = { HOME: join(folder, 'peer') };
  const cases = [];
  if (spawnSync('gh', ['--version']).status === 0)
    cases.push({ what: 'gh --version', command: ['gh', '--version'], env: home, isCompared: true });
  else notes.push('gh --version is left out: gh is not installed.');
  if (!peers?.resend) return cases;
  const { what, program: resend } = peers.resend;
  const env = {
    ...home,
    RESEND_BASE_URL: api.line,
    RESEND_API_KEY: 're_EXAMPLE',
    RESEND_NO_UPDATE_NOTIFIER: '1',
    RESEND_TELEMETRY_DISABLED: '1',
  };
  const list = ['api-keys', 'list', '--limit', String(keys), '--json'];
  return [
    ...cases,
    { what: `${what} --version`, command: [node, resend, '--version'], env, isCompared: true },
    { what: `${what} api-keys list --json`, command: [node, resend, ...list], env, isCompared: true },
  ];
}

function keychainCases({ folder, api }, keyring, notes) {
  if (!keyring) {
    notes.push('A session token from the keychain is left out: it needs dbus-run-session and gnome-keyring.');
    return [];
  }
  const env = { ...keyring.env, KEYS_HOME: join(folder, 'keychain') };
  const login = [program, 'login', '--provider', 'unreal', '--url', api.line, '--with-token', '--no-verify'];
  run([node, ...login], folder, env, 'tok-EXAMPLE\n');
  return [
    {
      what: 'keys list --json, over HTTP, token in the keychain',
      command: [node, program, 'list', '--json'],
      env,
      aim: '<= 3.0',
    },
  ];
}

/** The single executable, beside the Node.js that it carries. */
function binaryCases(notes) {
  if (!existsSync(binary) || !existsSync(binaryNode)) {
    notes.push('The single executable is left out: npm run build:binary makes it.');
    return [];
  }
  return [
    { what: 'single executable: its Node.js, -e 0', command: [binaryNode, '-e', '0'] },
    { what: 'single executable: keys --version', command: [binary, '--version'] },
    { what: 'single executable: keys list --json', command: [binary, 'list', '--json'] },
  ];
}

/** What is alike, together. */
function inOrder(cases) {
  const groups = [/^node/, /^(?!single).*--version$/, /HTTP|api-keys/, /^keys/, /^single/];
  const group = ({ what }) => groups.findIndex((pattern) => pattern.test(what));
  return cases.toSorted((a, b) => group(a) - group(b));
}

async function rowsOf(cases, folder) {
  const times = await takeTurns(cases, rounds, (one) => duration(one, folder));
  const peaks = await takeTurns(cases, memoryRounds, (one) => peakMemory(one, folder));
  const bare = median(times[0]);
  return cases.map(({ what, aim }, index) => {
    const ms = median(times[index]);
    const row = { what, ms, ratio: ms / bare, aim };
    return peaks[index].includes(undefined) ? row : { ...row, peakMb: median(peaks[index]) };
  });
}

/** Milliseconds from start to end of the process. */
function duration({ command, env }, folder) {
  const begun = performance.now();
  run(command, folder, env);
  return performance.now() - begun;
}

/** Megabytes at the peak of a program that Node.js runs. Measured by a preloaded script, and so apart from the time. */
function peakMemory({ command: [executable, ...args], env }, folder) {
  if (executable !== node) return undefined;
  const file = join(folder, 'peak');
  const preload = join(folder, 'peak.cjs');
  const write = `require('fs').writeFileSync(${JSON.stringify(file)}, String(process.resourceUsage().maxRSS))`;
  writeFileSync(preload, `process.on('exit', () => ${write});\n`);
  run([node, '--require', preload, ...args], folder, env);
  return Number(readFileSync(file, 'utf8')) / 1024;
}

function fillAuthority(folder) {
  for (let created = 0; created < keys; created++) {
    const args = ['create', `key-${created}`, '--expires', '90d', '--to', `file:${join(folder, 'secret')}`];
    run([node, program, ...args], folder);
  }
}

/** With nothing else of the caller's: NODE_OPTIONS or NODE_EXTRA_CA_CERTS would slow down every start, the bare one too. */
function run([command, ...args], folder, env = {}, input = '') {
  const own = { PATH: process.env.PATH, HOME: folder, KEYS_HOME: join(folder, 'home') };
  const { status, stderr, error } = spawnSync(command, args, {
    env: { ...own, ...env },
    input,
    encoding: 'utf8',
  });
  if (error || status !== 0)
    throw error ?? new Error(`${[command, ...args].join(' ')} ended with ${status}: ${stderr}`);
}
