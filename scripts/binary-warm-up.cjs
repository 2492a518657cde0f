// Runs a command from the texts that the single executable gets, as `bin/executable.ts` does, and writes what V8 has compiled at
// the end: the data has the functions that were called. Of several commands, the one that called most of a file is kept.
const { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } = require('node:fs');
const { dirname, join, posix } = require('node:path');
const { Script } = require('node:vm');

const [, , work, ...args] = process.argv;
process.argv.splice(2, 1);
const scripts = new Map();
const modules = new Map();

function load(path) {
  const known = modules.get(path);
  if (known) return known.exports;
  const module = { exports: {} };
  modules.set(path, module);
  const filename = join(work, 'bundle', path);
  const script = new Script(readFileSync(join(work, 'text', path), 'latin1'), { filename });
  scripts.set(path, script);
  const requireFrom = (id) => (id.startsWith('.') ? load(posix.join(posix.dirname(path), id)) : require(id));
  script.runInThisContext()(module.exports, requireFrom, module, filename, dirname(filename));
  return module.exports;
}

process.once('exit', (code) => {
  if (code !== 0) throw new Error(`keys ${args.join(' ')} ended with ${code}`);
  for (const [path, script] of scripts) {
    const file = join(work, 'compiled', path);
    const data = script.createCachedData();
    mkdirSync(dirname(file), { recursive: true });
    if (!existsSync(file) || statSync(file).size < data.length) writeFileSync(file, data);
  }
});
load('program.cjs');
