// What commands cost with many keys next to few, and long lists next to fetching and parsing the same pages. The cases of a
// table take turns, so that a machine that grows busy or slow does so for all of them. Times are those of the processor, in
// the program and in the kernel for it; the numbers are medians. They are printed, never asserted.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fillDatabase, idOf } from './bench-fill.mjs';
import { newFolder } from './bench-folder.mjs';
import { median, takeTurns } from './bench-table.mjs';
import { root } from './setup.mjs';

const [few, many] = [100, 100_000];
const logEntries = 1_000_000;
const rounds = 5;
const listRounds = 3;

const folder = newFolder('scale');
const program = join(root, 'dist', 'keys.cjs');
const common = { PATH: process.env.PATH, HOME: folder };
const measured = join(folder, 'measured');
const preload = join(folder, 'measure.cjs');

/** Yields a section for commands on local keys, one for lists over HTTP, and one for logs. */
export async function* benchScale() {
  let api;
  try {
    writeMeasuring();
    for (const count of [few, many]) fill(count, count === many ? logEntries : 0);
    yield await benchLocal();
    api = spawn(process.execPath, [join(root, 'scripts', 'bench-scale-api.mjs'), many, logEntries], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(api.stdout, 'data');
    yield* benchRemote(String(line).trim());
  } finally {
    api?.kill();
  }
}

/** Each command on few keys and on many. */
async function benchLocal() {
  let revoked = 0;
  const commands = [
    ['show <name>', () => ['show', 'service-50', '--json']],
    ['show <id>', () => ['show', idOf(50), '--json']],
    ['create', (count) => ['create', 'bench', '--to', secretOf(count)]],
    ['rotate', (count) => ['rotate', 'service-20', '--to', secretOf(count)]],
    ['revoke', () => ['revoke', `service-${30 + Math.floor(revoked++ / 2)}`, '--yes']],
    ['update', () => ['update', 'service-21', '--description', String(Math.random())]],
    ['verify', (count) => ['verify', '--from', secretOf(count)]],
    ['find', (count) => ['find', '--from', secretOf(count)]],
    ['list --limit 10', () => ['list', '--limit', '10', '--json']],
    ['list --limit 10, a table', () => ['list', '--limit', '10', '--format', 'table']],
  ];
  const rows = [];
  for (const [what, args] of commands) {
    const measure = (count) => run([program, ...args(count)], homeEnv(count));
    const [small, large] = (await takeTurns([few, many], rounds, measure)).map(summed);
    rows.push({ what, small: small.cpu, large: large.cpu, ratio: large.cpu / small.cpu, peak: large.peak });
  }
  return {
    title: 'Many keys',
    about: `processor time of commands on the embedded authority with ${few} and ${many} keys`,
    columns: [
      { key: 'small', label: `ms, ${few} keys`, digits: 0 },
      { key: 'large', label: `ms, ${many} keys`, digits: 0 },
      { key: 'ratio', label: 'ratio', digits: 2 },
      { key: 'peak', label: 'peak MB', digits: 0 },
    ],
    rows,
    notes: ['The aims are a ratio of 1.5 and 90 MB.'],
  };
}

/** Lists of many keys, and logs, next to fetching and parsing the same pages. */
async function* benchRemote(url) {
  const account = { KEYS_PROVIDER: 'authority', KEYS_URL: url, KEYS_TOKEN: 'ses_EXAMPLE' };
  const env = { ...common, KEYS_HOME: join(folder, 'remote'), ...account };
  const bare = (path) => ({ what: 'fetch and JSON.parse', args: ['-e', fetchAll(`${url}${path}`)], env });
  const command = (what, ...args) => ({ what, args: [program, ...args], env });
  yield {
    title: 'Long lists',
    about: `processor time of reading ${many} keys over HTTP, in pages of 100`,
    ...(await measuredLists(url, listRounds, [
      bare('/keys?limit=100'),
      ...['ndjson', 'json', 'csv', 'yaml'].map((format) =>
        command(`list --format ${format}`, 'list', '--format', format),
      ),
      command('list --limit 10', 'list', '--limit', '10', '--json'),
      command('show <id>', 'show', idOf(50), '--json'),
    ])),
  };
  yield {
    title: 'Long logs',
    about: `processor time of reading ${logEntries} log entries, in pages of 100`,
    ...(await measuredLists(url, 1, [
      bare('/logs?limit=100'),
      command('logs --format ndjson', 'logs', '--format', 'ndjson'),
      { ...command('the same from the database', 'logs', '--format', 'ndjson'), env: homeEnv(many) },
    ])),
  };
}

async function measuredLists(url, roundCount, cases) {
  const results = await takeTurns(cases, roundCount, async (one, isWarmUp) => {
    if (isWarmUp) return undefined;
    await callsAt(url);
    return { ...run(one.args, one.env), calls: await callsAt(url), first: await firstRow(one) };
  });
  const [bare] = results.map(summed);
  const rows = cases.map(({ what }, index) => {
    const { cpu, peak } = summed(results[index]);
    const { calls, first } = results[index][0];
    return { what, cpu, ratio: cpu / bare.cpu, peak, first, calls };
  });
  return {
    columns: [
      { key: 'cpu', label: 'ms', digits: 0 },
      { key: 'ratio', label: 'ratio', digits: 2 },
      { key: 'peak', label: 'peak MB', digits: 0 },
      { key: 'first', label: 'first row after ms', digits: 0 },
      { key: 'calls', label: 'calls', digits: 0 },
    ],
    rows,
    notes: ['The aims are a ratio of 2 and 200 MB.'],
  };
}

/** Milliseconds from the start of a command to its first output; it is ended there. Undefined for anything else. */
async function firstRow({ args, env }) {
  if (args[0] !== program) return undefined;
  const begun = performance.now();
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'ignore'] });
  await once(child.stdout, 'data');
  const elapsed = performance.now() - begun;
  child.kill('SIGKILL');
  await once(child, 'close');
  return elapsed;
}

async function callsAt(url) {
  const response = await fetch(`${url}/calls`, { headers: { connection: 'close' } });
  return Number(await response.text());
}

function fetchAll(url) {
  return `(async () => {
    for (let cursor = ''; cursor !== null; ) {
      const page = cursor === '' ? '' : '&cursor=' + cursor;
      const response = await fetch(${JSON.stringify(url)} + page, { headers: { authorization: 'Bearer ses_EXAMPLE' } });
      cursor = JSON.parse(await response.text()).next_cursor;
    }
  })()`;
}

function summed(results) {
  return { cpu: median(results.map(({ cpu }) => cpu)), peak: median(results.map(({ peak }) => peak)) };
}

/** Runs a script of Node.js: milliseconds of processor time, and megabytes at the peak. */
function run(args, env) {
  const options = { env, encoding: 'utf8', maxBuffer: 2 ** 30 };
  const stdio = ['ignore', 'ignore', 'pipe'];
  const { status, stderr, error } = spawnSync(process.execPath, ['--require', preload, ...args], {
    ...options,
    stdio,
  });
  if (error || status !== 0) throw error ?? new Error(`${args.join(' ')} ended with ${status}: ${stderr}`);
  const [cpu, peak] = JSON.parse(readFileSync(measured, 'utf8'));
  return { cpu, peak };
}

function writeMeasuring() {
  writeFileSync(
    preload,
    `process.on('exit', () => {
      const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
      const numbers = [(userCPUTime + systemCPUTime) / 1000, maxRSS / 1024];
      require('fs').writeFileSync(${JSON.stringify(measured)}, JSON.stringify(numbers));
    });\n`,
  );
}

function homeOf(count) {
  return join(folder, `home-${count}`);
}

function homeEnv(count) {
  return { ...common, KEYS_HOME: homeOf(count) };
}

function secretOf(count) {
  return `file:${join(folder, `secret-${count}`)}`;
}

/** Puts keys, and uses of them, into the database of a home. */
function fill(count, useCount) {
  run([program, 'create', 'seed', '--to', secretOf(count)], homeEnv(count));
  fillDatabase(homeOf(count), count, useCount);
}
