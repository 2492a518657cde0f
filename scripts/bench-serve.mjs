// What `keys serve` answers in a second next to a bare node:http server, under the same load.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { newFolder } from './bench-folder.mjs';
import { startPostgres } from './bench-postgres.mjs';
import { startProgram } from './bench-processes.mjs';
import { median, takeTurns } from './bench-table.mjs';
import { root } from './setup.mjs';

const rounds = 5;
const seconds = 3;
const connections = 64;
const memoryRequests = 250_000;

const program = join(root, 'dist', 'keys.cjs');

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

const columns = [
  { key: 'rate', label: 'requests/s', digits: 0 },
  { key: 'ratio', label: 'to bare', digits: 2 },
  { key: 'aim', label: 'aim' },
  { key: 'p99', label: 'p99 ms', digits: 1 },
  { key: 'p99Ratio', label: 'p99 to bare', digits: 2 },
  { key: 'cpu', label: 'processor µs', digits: 1 },
  { key: 'databaseCpu', label: 'of PostgreSQL µs', digits: 1 },
  { key: 'trips', label: 'round trips for slots', digits: 3 },
];

/** A section of the report. `peers` are those of `installPeers`; `comparedOnly`: nothing that has no peer. */
export async function benchServe({ peers, comparedOnly = false } = {}) {
  const folder = newFolder('serve');
  const env = { PATH: process.env.PATH, HOME: folder, KEYS_HOME: join(folder, 'home') };
  const running = [];
  const startWith = async (variables, ...args) => {
    const one = await startProgram(process.execPath, args, { env: { ...env, ...variables } });
    running.push(one);
    return one.line;
  };
  const start = (...args) => startWith({}, ...args);
  const database = comparedOnly ? undefined : await startPostgres();
  try {
    const [free, limited] = [
      createKey(env, folder, 'free'),
      createKey(env, folder, 'limited', '--rate-limit', '100'),
    ];
    const plain = await start('-e', bare);
    const served = /http:[^\s"]+/.exec(await start(program, 'serve', '--port', '0', '--quiet'))[0];
    const authorize = { url: `${served}/v1/authorize`, metricsUrl: served };
    const cases = [
      { what: 'a bare node:http server', url: plain, metricsUrl: plain, authorization: free },
      { what: '/v1/authorize', ...authorize, authorization: free, aim: '>= 0.6' },
    ];
    if (!comparedOnly)
      cases.push({ what: '/v1/authorize, over the rate limit', ...authorize, authorization: limited });
    for (const { what, script } of peers?.servers ?? [])
      cases.push({ what, ...JSON.parse(await start(script)) });
    if (database) cases.push(...(await postgresCases(env, folder, database, startWith)));
    const results = await takeTurns(cases, rounds, (one, isFirst) =>
      measure(one, ['seconds', String(isFirst ? 1 : seconds)]),
    );
    return {
      title: 'Verifications',
      about: `one process, ${connections} connections, ${rounds} rounds of ${seconds} s in turns`,
      columns,
      rows: rowsOf(cases, results),
      notes: comparedOnly ? [] : [await memoryNote(cases[1])],
    };
  } finally {
    for (const one of running) one.end();
    await database?.end();
  }
}

/** Keys that are never refused: without a rate limit, and with one that is high enough for leases to matter. */
async function postgresCases(env, folder, database, startWith) {
  const variables = { ...database.env, KEYS_DB: database.url };
  const create = (name, ...flags) => createKey({ ...env, ...variables }, folder, name, ...flags);
  const keys = {
    free: create('free-postgres'),
    leased: create('leased', '--rate-limit', '1000000000'),
    spending: create('spending', '--budget', '1000'),
  };
  const served = /http:[^\s"]+/.exec(
    await startWith(variables, program, 'serve', '--port', '0', '--quiet'),
  )[0];
  const authorize = { url: `${served}/v1/authorize`, metricsUrl: served, database };
  return [
    { what: '/v1/authorize, PostgreSQL', ...authorize, authorization: keys.free, aim: '>= 0.3' },
    { what: 'the same with a rate limit, leased', ...authorize, authorization: keys.leased, aim: '>= 0.3' },
    { what: 'the same with a budget, read each time', ...authorize, authorization: keys.spending },
  ];
}

function createKey(env, folder, name, ...flags) {
  const file = join(folder, name);
  const args = [program, 'create', name, '--to', `file:${file}`, '--quiet', ...flags];
  const { status, stderr } = spawnSync(process.execPath, args, { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return `Bearer ${readFileSync(file, 'utf8').trim()}`;
}

/** Load from a process of its own. Rates are per second, p99 in milliseconds, processor time in microseconds. */
async function measure({ url, metricsUrl, authorization, database }, amount) {
  const before = await metric(metricsUrl, 'process_cpu_seconds_total');
  const tripsBefore = database && (await metric(metricsUrl, 'keys_slot_round_trips_total'));
  const databaseBefore = database?.processorMs();
  const args = [join(root, 'scripts', 'bench-load.mjs'), url, authorization, String(connections), ...amount];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let report = '';
  child.stdout.on('data', (text) => {
    report += text;
  });
  await once(child, 'close');
  const cpu = (await metric(metricsUrl, 'process_cpu_seconds_total')) - before;
  const { rate, total, p99, failures } = JSON.parse(report);
  if (failures > 0) throw new Error(`${failures} of ${total} requests failed at ${url}`);
  const result = { rate, p99, cpu: (cpu / total) * 1e6 };
  if (!database) return result;
  // What was used is written a moment later.
  await new Promise((resume) => setTimeout(resume, 300));
  const trips = (await metric(metricsUrl, 'keys_slot_round_trips_total')) - tripsBefore;
  const databaseMs = databaseBefore === undefined ? undefined : database.processorMs() - databaseBefore;
  return {
    ...result,
    trips: trips / total,
    ...(databaseMs !== undefined && { databaseCpu: (databaseMs / total) * 1000 }),
  };
}

async function metric(url, name) {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^${name} (.+)$`, 'm').exec(text)[1]);
}

function rowsOf(cases, results) {
  const of = (index, field) => median(results[index].map((result) => result[field]));
  return cases.map(({ what, aim }, index) => ({
    what,
    rate: of(index, 'rate'),
    ratio: of(index, 'rate') / of(0, 'rate'),
    aim,
    p99: of(index, 'p99'),
    p99Ratio: of(index, 'p99') / of(0, 'p99'),
    cpu: of(index, 'cpu'),
    ...(results[index][0].databaseCpu !== undefined && { databaseCpu: of(index, 'databaseCpu') }),
    ...(results[index][0].trips !== undefined && { trips: of(index, 'trips') }),
  }));
}

/** Memory before and after many requests; collected garbage is given back to the system late, so it is measured twice. */
async function memoryNote(one) {
  const megabytes = [];
  for (const requests of [0, memoryRequests, memoryRequests]) {
    if (requests > 0) await measure(one, ['requests', String(requests)]);
    const bytes = await metric(one.metricsUrl, 'process_resident_memory_bytes');
    megabytes.push((bytes / 1024 / 1024).toFixed(0));
  }
  const [before, after, last] = megabytes;
  const amount = memoryRequests.toLocaleString('en');
  return `Memory of keys serve: ${before} MB, after ${amount} requests ${after} MB, after as many again ${last} MB.`;
}
