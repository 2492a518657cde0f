// How long `keys leaks` takes for a tree of 1 GB of text, next to ripgrep with the same patterns in the same run, and for a change
// that is about to be committed, next to Node.js alone. ripgrep has to be installed. Nothing is asserted.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newFolder } from './bench-folder.mjs';
import { median, takeTurns } from './bench-table.mjs';
import { declaredFormats, randomValue } from './leak-corpus.mjs';
import { root } from './setup.mjs';

const treeBytes = 1e9;
const rounds = 5;
const program = join(root, 'dist', 'keys.cjs');

export async function benchLeaks() {
  const folder = newFolder('leaks');
  const formats = await declaredFormats(folder);
  const patterns = join(folder, 'patterns');
  writeFileSync(patterns, formats.map((format) => `${patternOf(format)}\n`).join(''));
  const tree = join(folder, 'tree');
  const files = fillTree(tree, formats);
  const repository = join(folder, 'repository');
  stageChange(repository);
  const cases = [
    {
      what: 'a tree',
      base: true,
      command: ['rg', '-uu', '--no-config', '--no-unicode', '-c', '-f', patterns, tree],
    },
    { what: 'a tree', command: [process.execPath, program, 'leaks', '--no-ignore', '--json', tree] },
    { what: 'a staged change', base: true, command: [process.execPath, '-e', '0'] },
    { what: 'a staged change', cwd: repository, command: [process.execPath, program, 'leaks', '--staged'] },
  ];
  const env = { ...process.env, KEYS_HOME: join(folder, 'home'), KEYS_PROFILE: 'local' };
  const results = await takeTurns(cases, rounds, ({ command, cwd }) => measure(command, { cwd, env }));
  const rows = [0, 2].map((at) => {
    const [base, own] = [results[at], results[at + 1]];
    const seconds = median(own.map((one) => one.seconds));
    const baseSeconds = median(base.map((one) => one.seconds));
    return {
      what: cases[at].what,
      seconds,
      baseSeconds,
      ratio: median(own.map((one, round) => one.seconds / base[round].seconds)),
      megabytes: Math.max(...own.map((one) => one.megabytes)),
    };
  });
  return {
    title: 'Leaks',
    about: `a search of ${files} files of 1 GB together next to ripgrep with the same ${formats.length} patterns, and of a staged change next to Node.js that does nothing`,
    columns: [
      { key: 'seconds', label: 's', digits: 2 },
      { key: 'baseSeconds', label: 'next to', digits: 2 },
      { key: 'ratio', label: 'ratio', digits: 2 },
      { key: 'megabytes', label: 'MB of memory', digits: 0 },
    ],
    rows,
  };
}

/** As ripgrep writes it. */
function patternOf(format) {
  const classes = {
    digits: '0-9',
    hex: '0-9a-f',
    lower: '0-9a-z',
    upper: '0-9A-Z',
    base62: '0-9A-Za-z',
    base64url: '0-9A-Za-z_-',
  };
  return format
    .replaceAll('.', '\\.')
    .replace(
      /\{(\w+):(\d+)(?:-(\d+))?\}/g,
      (_, name, min, max) => `[${classes[name]}]{${max ? `${min},${max}` : min}}`,
    );
}

/** Text from this project's dependencies in files of every size, with a value in every 500th of them. */
function fillTree(tree, formats) {
  const texts = textsBelow(join(root, 'node_modules'));
  let bytes = 0;
  let files = 0;
  while (bytes < treeBytes) {
    const folder = join(tree, String(files % 997));
    mkdirSync(folder, { recursive: true });
    const text = texts[files % texts.length];
    const value = files % 500 === 0 ? `\nkey = ${randomValue(formats[files % formats.length])}\n` : '';
    writeFileSync(join(folder, `${files}.txt`), Buffer.concat([text, Buffer.from(value)]));
    bytes += text.length;
    files += 1;
  }
  return files;
}

function textsBelow(folder) {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:[cm]?js|ts|json|md|map)$/.test(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
  return names.map((name) => readFileSync(name)).filter((text) => text.length > 0 && !text.includes(0));
}

function stageChange(repository) {
  mkdirSync(repository, { recursive: true });
  writeFileSync(join(repository, 'a.js'), 'export const answer = 42;\n'.repeat(100));
  for (const args of [
    ['init', '-q'],
    ['add', '.'],
  ])
    spawnSync('git', args, { cwd: repository });
}

function measure([command, ...args], options) {
  const start = performance.now();
  const time = spawnSync('/usr/bin/time', ['-f', '%M', command, ...args], {
    ...options,
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  if (time.error) throw time.error;
  const kilobytes = Number(/(\d+)\s*$/.exec(time.stderr)?.[1]);
  return { seconds: (performance.now() - start) / 1000, megabytes: kilobytes / 1024 };
}
