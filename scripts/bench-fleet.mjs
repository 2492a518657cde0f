// What a rotation of many keys takes next to its calls alone: their number × the latency of the API ÷ how many run at once.
// The programs that deliver are run once more by themselves, as many at once, from a Node.js program that does nothing else; one
// ratio counts that time, the other one does not. A bare client makes as many calls: what it takes beyond their latency is the
// stand-in's, which shares the processors; it has answered as many calls before. Each figure is the median of some rounds.
// Nothing is asserted.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { newFolder } from './bench-folder.mjs';
import { startProgram } from './bench-processes.mjs';
import { median } from './bench-table.mjs';
import { root } from './setup.mjs';

const keys = 1000;
const latencyMs = 20;
const concurrency = 16;
const rounds = 3;

const program = join(root, 'dist', 'keys.cjs');

export async function benchFleet() {
  const folder = newFolder('fleet');
  const api = await startProgram(process.execPath, [
    join(root, 'scripts', 'bench-fleet-api.mjs'),
    keys,
    latencyMs,
  ]);
  try {
    await callAlone(api.line, 2 * keys);
    const results = new Map([
      ['7d', []],
      ['0', []],
    ]);
    for (let round = 0; round < rounds; round++) {
      for (const [grace, ofRounds] of results)
        ofRounds.push(await rotateAll(join(folder, `${grace}-${round}`), { url: api.line, grace }));
    }
    return {
      title: 'Fleets',
      about: `a rotation of all of ${keys} keys at an API that takes ${latencyMs} ms, ${concurrency} at once, each delivered by a program; ${rounds} rounds in turns`,
      columns: [
        { key: 'callsPerKey', label: 'calls a key', digits: 2 },
        { key: 'seconds', label: 's', digits: 1 },
        { key: 'deliverySeconds', label: 'of that programs alone', digits: 1 },
        { key: 'idealSeconds', label: 'calls alone', digits: 1 },
        { key: 'bareSeconds', label: 'by a bare client', digits: 1 },
        { key: 'wholeRatio', label: 'ratio', digits: 2 },
        { key: 'ratio', label: 'ratio without programs', digits: 2 },
      ],
      rows: Array.from(results, ([grace, all]) => ({ what: `--grace ${grace}`, ...medians(all) })),
      notes: ['The aims are 4 calls a key and a ratio of 1.2.'],
    };
  } finally {
    api.end();
  }
}

function medians(results) {
  const names = Object.keys(results[0]);
  return Object.fromEntries(names.map((name) => [name, median(results.map((result) => result[name]))]));
}

async function rotateAll(folder, { url, grace }) {
  await fetch(`${url}/reset`);
  const home = join(folder, 'home');
  const places = join(home, 'places');
  mkdirSync(places, { recursive: true });
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    KEYS_HOME: join(home, 'keys'),
    KEYS_PROVIDER: 'unreal',
    KEYS_URL: url,
    KEYS_TOKEN: 'token-EXAMPLE',
  };
  const to = `exec:cp /dev/stdin ${join(places, '{name}')}`;
  const flags = ['--grace', grace, '--concurrency', String(concurrency), '--to', to, '--yes', '--quiet'];
  const totalMs = await timed(() => run(process.execPath, [program, 'rotate', '--all', ...flags], env));
  const { calls } = await (await fetch(`${url}/reset`)).json();
  const idealMs = (calls * latencyMs) / concurrency;
  const bareMs = await timed(() => callAlone(url, calls));
  const deliveryMs = await deliverAlone(join(folder, 'alone'));
  return {
    callsPerKey: calls / keys,
    seconds: totalMs / 1000,
    deliverySeconds: deliveryMs / 1000,
    idealSeconds: idealMs / 1000,
    bareSeconds: bareMs / 1000,
    wholeRatio: totalMs / idealMs,
    ratio: (totalMs - deliveryMs) / idealMs,
  };
}

/** The milliseconds that the same programs take by themselves. */
async function deliverAlone(folder) {
  const script = join(root, 'scripts', 'bench-fleet-programs.mjs');
  const programs = await startProgram(process.execPath, [script, keys, concurrency, folder]);
  programs.end();
  return Number(programs.line);
}

/** As many calls by `node:http`, on connections that are kept. */
async function callAlone(url, calls) {
  const agent = new Agent({ keepAlive: true });
  await atOnce(calls, async () => {
    const [response] = await once(
      get(`${url}/v1/models`, { agent, headers: { authorization: '' } }),
      'response',
    );
    await once(response.resume(), 'end');
  });
  agent.destroy();
}

/** Does a piece of work so many times, as many at once as a rotation does. */
async function atOnce(times, work) {
  let next = 0;
  const worker = async () => {
    while (next < times) await work(next++);
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}

async function run(command, args, env = process.env) {
  const child = spawn(command, args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${command} ${args[0]} ended with ${code}`);
}

async function timed(work) {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
