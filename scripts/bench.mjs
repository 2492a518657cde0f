// `npm run bench [-- commands|serve|scale|fleet|leaks|peers]`: how fast the program is, as ratios within one run: never asserted. Without a
// part it measures everything and writes `bench/results.json` and `docs/performance.md`; `peers` measures what other programs
// can be compared with, beside them.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { benchCommands } from './bench-commands.mjs';
import { benchDelay } from './bench-delay.mjs';
import { benchFleet } from './bench-fleet.mjs';
import { newFolder } from './bench-folder.mjs';
import { benchLeaks } from './bench-leaks.mjs';
import { performancePage } from './bench-page.mjs';
import { installPeers } from './bench-peers.mjs';
import { benchScale } from './bench-scale.mjs';
import { benchServe } from './bench-serve.mjs';
import { printSection } from './bench-table.mjs';
import { root, setUp } from './setup.mjs';

/** Each yields sections as it has measured them. */
const parts = {
  async *commands() {
    yield await benchCommands();
  },
  async *serve() {
    yield await benchServe();
    yield await benchDelay();
  },
  scale: benchScale,
  async *fleet() {
    yield await benchFleet();
  },
  async *leaks() {
    yield await benchLeaks();
  },
  async *peers() {
    yield* withPeers({ comparedOnly: true });
  },
  async *all() {
    yield* withPeers();
    yield await benchDelay();
    yield* benchScale();
    yield await benchFleet();
  },
};

const [name = 'all'] = process.argv.slice(2);
if (!(name in parts)) throw new Error(`choose one of: ${Object.keys(parts).join(', ')}`);
setUp();
const results = {
  date: new Date().toISOString().slice(0, 10),
  node: process.versions.node,
  machine: `${process.platform} ${process.arch}, ${cpus().length} × ${cpus()[0].model}, ${Math.round(totalmem() / 2 ** 30)} GB`,
  sections: [],
};
console.log(`Node.js ${results.node}, ${results.machine}`);
for await (const section of parts[name]()) {
  printSection(section);
  results.sections.push(section);
}
if (name === 'all') write();

async function* withPeers(options) {
  const peers = installPeers(newFolder('peers'));
  for (const note of peers.notes) console.log(note);
  yield await benchCommands({ peers, ...options });
  yield await benchServe({ peers, ...options });
}

function write() {
  mkdirSync(join(root, 'bench'), { recursive: true });
  const file = join(root, 'bench', 'results.json');
  writeFileSync(file, JSON.stringify(results));
  const biome = join(root, 'node_modules', '@biomejs', 'biome', 'bin', 'biome');
  spawnSync(process.execPath, [biome, 'format', '--write', file], { cwd: root });
  writeFileSync(join(root, 'docs', 'performance.md'), performancePage(results));
  console.log('\nwrote bench/results.json and docs/performance.md');
}
