// What `keys serve` answers in a second next to a bare node:http server, under the same load. The two take turns, so that a
// machine that grows busy or slow does so for both; the numbers are medians. They are printed, never asserted.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median, printTable } from './bench-table.mjs';
import { root } from './setup.mjs';

const rounds = 5;
const seconds = 4;
const connections = 64;
const million = 1_000_000;

const program = join(root, 'dist', 'keys.cjs');
const autocannon = join(root, 'node_modules', 'autocannon', 'autocannon.js');

/** Answers as little as an authorisation can: a status and no body. Tells its address, then what its processor time is. */
const bare = `
const server = require('node:http').createServer((request, response) => {
  if (request.url === '/metrics') {
    const { user, system } = process.cpuUsage();
    return response.end('process_cpu_seconds_total ' + (user + system) / 1e6 + '\\n');
  }
  response.writeHead(200).end();
});
server.listen(0, '127.0.0.1', () => console.log('http://127.0.0.1:' + server.address().port));
`;

export async function benchServe() {
  const folder = mkdtempSync(join(tmpdir(), 'keys-bench-serve-'));
  const env = { PATH: process.env.PATH, HOME: folder, KEYS_HOME: join(folder, 'home') };
  const children = [];
  try {
    const [free, limited] = [
      createKey(env, folder, 'free'),
      createKey(env, folder, 'limited', '--rate-limit', '100'),
    ];
    const served = await start(children, env, [program, 'serve', '--port', '0', '--quiet']);
    const plain = await start(children, env, ['-e', bare]);
    const cases = [
      { what: 'a bare node:http server', url: plain, path: '/', key: free },
      { what: '/v1/authorize', url: served, path: '/v1/authorize', key: free, aim: 0.5 },
      { what: '/v1/authorize, over the rate limit', url: served, path: '/v1/authorize', key: limited },
    ];
    const results = cases.map(() => []);
    for (let round = -1; round < rounds; round++) {
      for (const [index, one] of cases.entries()) {
        const result = await measure(one, ['-d', String(round < 0 ? 1 : seconds)]);
        if (round >= 0) results[index].push(result);
      }
    }
    print(cases, results);
    await printMemory(served, cases[1]);
  } finally {
    for (const child of children) child.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

function createKey(env, folder, name, ...flags) {
  const file = join(folder, name);
  const args = [program, 'create', name, '--to', `file:${file}`, '--quiet', ...flags];
  const { status, stderr } = spawnSync(process.execPath, args, { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return readFileSync(file, 'utf8').trim();
}

/** Starts a server, and resolves with the address that its first line says. */
async function start(children, env, args) {
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  let said = '';
  while (!said.includes('\n')) said += (await once(child.stdout, 'data'))[0];
  return /http:[^\s"]+/.exec(said)[0];
}

/** Load from a process of its own. Rates are per second, p99 in milliseconds, processor time in microseconds. */
async function measure({ url, path, key }, amount) {
  const before = await metric(url, 'process_cpu_seconds_total');
  const args = [
    '-c',
    String(connections),
    ...amount,
    '--json',
    '-H',
    `authorization: Bearer ${key}`,
    `${url}${path}`,
  ];
  const child = spawn(process.execPath, [autocannon, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
  let report = '';
  child.stdout.on('data', (text) => {
    report += text;
  });
  await once(child, 'close');
  const cpu = (await metric(url, 'process_cpu_seconds_total')) - before;
  const { requests, latency, errors, '5xx': failures } = JSON.parse(report);
  if (errors > 0 || failures > 0)
    throw new Error(`${errors} errors and ${failures} failures at ${url}${path}`);
  return { rate: requests.average, p99: latency.p99, cpu: (cpu / requests.total) * 1e6 };
}

async function metric(url, name) {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^${name} (.+)$`, 'm').exec(text)[1]);
}

function print(cases, results) {
  const of = (index, field) => median(results[index].map((result) => result[field]));
  console.log(`\n${connections} connections, ${rounds} rounds of ${seconds} s each\n`);
  printTable([
    ['', 'requests/s', 'to bare', 'aim', 'p99 ms', 'processor µs'],
    ...cases.map(({ what, aim }, index) => [
      what,
      of(index, 'rate').toFixed(0),
      (of(index, 'rate') / of(0, 'rate')).toFixed(2),
      aim === undefined ? '' : `>= ${aim}`,
      of(index, 'p99').toFixed(0),
      of(index, 'cpu').toFixed(1),
    ]),
  ]);
}

/** Memory before and after a million requests; collected garbage is given back to the system late, so it is told twice. */
async function printMemory(url, one) {
  const megabytes = async () =>
    ((await metric(url, 'process_resident_memory_bytes')) / 1024 / 1024).toFixed(0);
  const before = await megabytes();
  await measure(one, ['-a', String(million)]);
  const after = await megabytes();
  await measure(one, ['-a', String(million)]);
  console.log(
    `\nmemory: ${before} MB, after a million requests ${after} MB, after another ${await megabytes()} MB`,
  );
}
