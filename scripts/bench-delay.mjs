// How long authorisations take beside slow questions to the same server, next to a bare node:http server beside the same
// questions and beside a busy process: what the machine's own scheduling delays is in both.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fillDatabase } from './bench-fill.mjs';
import { newFolder } from './bench-folder.mjs';
import { startProgram } from './bench-processes.mjs';
import { takeTurns } from './bench-table.mjs';
import { root } from './setup.mjs';

const keyCount = 100_000;
const useCount = 1_000_000;
const rounds = 3;
const seconds = 5;

const program = join(root, 'dist', 'keys.cjs');
const client = join(root, 'scripts', 'bench-delay-client.mjs');

const bare = `
const server = require('node:http').createServer((request, response) => {
  response.writeHead(200, { 'content-length': 0 }).end();
});
server.listen(0, '127.0.0.1', () => console.log('http://127.0.0.1:' + server.address().port));
`;

const questions = [
  '/unreal/v1/keys',
  '/admin/logs?limit=100&status=404',
  '/admin/usage?by=key',
  '/admin/keys?limit=100',
  '/drun/apis/v1/apikeys',
  '/admin/usage?by=day',
  '/admin/keys?limit=100&search=nobody',
  '/admin/logs?limit=100',
];

/** A section of the report. */
export async function benchDelay() {
  const folder = newFolder('delay');
  const home = join(folder, 'home');
  const env = { PATH: process.env.PATH, HOME: folder, KEYS_HOME: home };
  const running = [];
  const start = async (args, options = {}) => {
    const one = await startProgram(process.execPath, args, { env, ...options });
    running.push(one);
    return one;
  };
  try {
    const key = secretOf(env, join(folder, 'key'), 'create', 'probe');
    fillDatabase(home, keyCount, useCount);
    const session = secretOf(env, join(folder, 'session'), 'session', 'create', '--user', 'admin');
    const plain = (await start(['-e', bare])).line;
    const served = /http:[^\s"]+/.exec((await start([program, 'serve', '--port', '0', '--quiet'])).line)[0];
    const nothing = async () => ({ end() {} });
    const computing = () => start(['-e', 'console.log(1); for (;;);']);
    const urls = questions.map((path) => served + path);
    const asking = () => start([client, 'ask', session, ...urls]);
    const cases = [
      { what: 'a bare node:http server', url: plain, beside: nothing },
      { what: 'the same beside a process that computes', url: plain, beside: computing },
      { what: 'the same beside slow questions to keys serve', url: plain, beside: asking },
      { what: '/v1/authorize', url: `${served}/v1/authorize`, beside: nothing },
      {
        what: '/v1/authorize beside a process that computes',
        url: `${served}/v1/authorize`,
        beside: computing,
      },
      {
        what: '/v1/authorize beside slow questions',
        url: `${served}/v1/authorize`,
        beside: asking,
        aim: '<= 20',
      },
    ];
    const results = await takeTurns(cases, rounds, async ({ url, beside }, isFirst) => {
      const { child, end } = await beside();
      const delays = await probe(url, key, isFirst ? 1 : seconds);
      if (typeof child?.exitCode === 'number') throw new Error('what ran beside it ended');
      end();
      return delays;
    });
    return {
      title: 'Longest delay of an authorisation',
      about: `${keyCount} keys and ${useCount} log entries, 4 connections, ${rounds} rounds of ${seconds} s in turns`,
      columns: [
        { key: 'p50', label: 'p50 ms', digits: 1 },
        { key: 'p99', label: 'p99 ms', digits: 1 },
        { key: 'p999', label: 'p99.9 ms', digits: 1 },
        { key: 'max', label: 'longest ms', digits: 1 },
        { key: 'aim', label: 'aim' },
        { key: 'count', label: 'requests', digits: 0 },
      ],
      rows: cases.map(({ what, aim }, index) => ({ what, aim, ...delaysOf(results[index].flat()) })),
    };
  } finally {
    // The server misses its database if that is removed first.
    await Promise.all(running.map((one) => one.end()));
  }
}

async function probe(url, authorization, duration) {
  const child = spawn(process.execPath, [client, 'probe', url, authorization, String(duration)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (text) => {
    output += text;
  });
  await once(child, 'close');
  return JSON.parse(output);
}

function delaysOf(delays) {
  const sorted = delays.toSorted((a, b) => a - b);
  const at = (part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1), count: sorted.length };
}

/** Runs a command that delivers a secret to a file. */
function secretOf(env, file, ...args) {
  const delivery = ['--to', `file:${file}`, '--quiet'];
  const { status, stderr } = spawnSync(process.execPath, [program, ...args, ...delivery], {
    env,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return `Bearer ${readFileSync(file, 'utf8').trim()}`;
}
