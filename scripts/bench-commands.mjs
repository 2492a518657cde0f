// What a run of the program costs next to a bare start of Node.js. The cases take turns, so that a machine that grows busy
// or slow does so for all of them; the numbers are medians. They are printed, never asserted.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median, printTable } from './bench-table.mjs';
import { root } from './setup.mjs';

const rounds = 30;
const memoryRounds = 5;
const keys = 100;

const folder = mkdtempSync(join(tmpdir(), 'keys-bench-'));
// Nothing else of the caller's: NODE_OPTIONS or NODE_EXTRA_CA_CERTS would slow down every start, the bare one too.
const env = { PATH: process.env.PATH, HOME: folder, KEYS_HOME: join(folder, 'home') };
const program = join(root, 'dist', 'keys.cjs');
const secret = `file:${join(folder, 'secret')}`;
const cases = [
  { what: 'node -e 0', args: () => ['-e', '0'] },
  { what: 'keys --version', args: () => [program, '--version'], aim: 1.3 },
  { what: `keys list --json, ${keys} keys`, args: () => [program, 'list', '--json'], aim: 2 },
  { what: `keys list, a table of ${keys} keys`, args: () => [program, 'list', '--format', 'table'] },
  // On a database of its own, which does not grow: the list stays at its number of keys.
  {
    what: 'keys create --to file:…',
    args: () => [program, 'create', 'bench', '--to', secret],
    home: 'other',
  },
];

export function benchCommands() {
  try {
    for (let made = 0; made < keys; made++) {
      run([program, 'create', `key-${made}`, '--expires', '90d', '--to', secret]);
    }
    const times = takeTurns(rounds, duration);
    const peaks = takeTurns(memoryRounds, peakMemory);
    print(
      cases.map(({ what, aim }, index) => ({
        what,
        aim,
        time: median(times[index]),
        peak: median(peaks[index]),
      })),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Measures every case once per round, after one round that does not count; the numbers by case. */
function takeTurns(count, measure) {
  const numbers = cases.map(() => []);
  for (let round = -1; round < count; round++) {
    cases.forEach((one, index) => {
      const number = measure(one);
      if (round >= 0) numbers[index].push(number);
    });
  }
  return numbers;
}

/** Milliseconds from start to end of the process. */
function duration({ args, home }) {
  const begun = performance.now();
  run(args(), home);
  return performance.now() - begun;
}

/** Megabytes at the peak. Measured by a preloaded script, and so apart from the time. */
function peakMemory({ args, home }) {
  const file = join(folder, 'peak');
  const preload = join(folder, 'peak.cjs');
  const write = `require('fs').writeFileSync(${JSON.stringify(file)}, String(process.resourceUsage().maxRSS))`;
  writeFileSync(preload, `process.on('exit', () => ${write});\n`);
  run(['--require', preload, ...args()], home);
  return Number(readFileSync(file, 'utf8')) / 1024;
}

function run(args, home = 'home') {
  const options = { env: { ...env, KEYS_HOME: join(folder, home) }, encoding: 'utf8' };
  const { status, stderr, error } = spawnSync(process.execPath, args, options);
  if (error || status !== 0) throw error ?? new Error(`${args.join(' ')} ended with ${status}: ${stderr}`);
}

function print(results) {
  const bare = results[0].time;
  const rows = results.map(({ what, aim, time, peak }) => [
    what,
    time.toFixed(1),
    (time / bare).toFixed(2),
    aim === undefined ? '' : `<= ${aim}`,
    peak.toFixed(0),
  ]);
  const table = [['', 'median ms', 'to bare Node.js', 'aim', 'peak MB'], ...rows];
  console.log(`Node.js ${process.versions.node}, ${process.platform} ${process.arch}, ${rounds} rounds\n`);
  printTable(table);
}
