// `node scripts/compare-leaks.mjs`: what `keys leaks` and secretlint find in the same tree, and how many lookalikes they take for
// values; into docs/leaks.md, between its markers. secretlint comes from the registry, and reads no history.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { declaredFormats, plantCorpus } from './leak-corpus.mjs';
import { root, setUp } from './setup.mjs';

const count = 1_000;
const peer = 'secretlint@11.7.1';
const rules = '@secretlint/secretlint-rule-preset-recommend@11.7.1';

setUp();
const work = mkdtempSync(join(tmpdir(), 'keys-leaks-'));
try {
  const formats = await declaredFormats(work);
  const tree = join(work, 'tree');
  mkdirSync(tree);
  const planted = plantCorpus(tree, formats, count);
  const peers = {
    'keys leaks': findByKeys(tree),
    secretlint: findBySecretlint(tree),
    'keys leaks --history': findInHistory(tree),
  };
  const table = tableOf(planted, peers);
  console.log(table);
  const page = join(root, 'docs', 'leaks.md');
  const text = readFileSync(page, 'utf8');
  const date = new Date().toISOString().slice(0, 10);
  const content = `<!-- comparison -->\n\nOn ${date}, with ${peer}:\n\n${table}\n\n<!-- /comparison -->`;
  writeFileSync(
    page,
    text.replace(/<!-- comparison -->.*<!-- \/comparison -->/s, () => content),
  );
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** Places as `file:line`, once for each value there. */
function findByKeys(tree, ...args) {
  const env = { ...process.env, KEYS_HOME: join(work, 'home'), KEYS_PROFILE: 'local' };
  const { stdout } = spawnSync(
    process.execPath,
    [join(root, 'dist', 'keys.cjs'), 'leaks', '--json', ...args],
    {
      cwd: tree,
      env,
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    },
  );
  return JSON.parse(stdout).findings.map(({ file, line }) => `${file}:${line}`);
}

function findInHistory(tree) {
  const git = (...args) =>
    execFileSync('git', ['-c', 'user.name=keys', '-c', 'user.email=keys@example.com', ...args], {
      cwd: tree,
    });
  git('init', '-q');
  git('add', '-A');
  git('commit', '-qm', 'all');
  git('rm', '-qr', '.');
  git('commit', '-qm', 'none');
  return findByKeys(tree, '--history');
}

function findBySecretlint(tree) {
  // Above the tree, where it looks for its rules.
  const folder = work;
  const flags = ['--no-audit', '--no-fund', '--loglevel=error'];
  execFileSync('npm', ['install', '--prefix', folder, ...flags, peer, rules], { stdio: ['ignore', 2, 2] });
  const config = join(folder, 'secretlintrc.json');
  writeFileSync(config, JSON.stringify({ rules: [{ id: '@secretlint/secretlint-rule-preset-recommend' }] }));
  const bin = join(folder, 'node_modules', 'secretlint', 'bin', 'secretlint.js');
  // It ends before a pipe has taken all of its output.
  const output = join(folder, 'secretlint.json');
  const args = [bin, '--secretlintrc', config, '--format', 'json', '--output', output, '**/*', '**/.*'];
  const { stderr } = spawnSync(process.execPath, args, { cwd: tree, encoding: 'utf8' });
  if (!existsSync(output)) throw new Error(`secretlint failed: ${stderr.slice(0, 500)}`);
  return JSON.parse(readFileSync(output, 'utf8')).flatMap(({ filePath, messages }) =>
    messages.map(({ loc }) => `${relative(tree, filePath)}:${loc.start.line}`),
  );
}

function tableOf(planted, peers) {
  const names = [...new Set(planted.map(({ kind }) => kind))];
  const rows = [
    ...names.map((name) => [name, planted.filter(({ kind }) => kind === name)]),
    ['all', planted],
  ];
  const foundBy = Object.fromEntries(Object.entries(peers).map(([name, places]) => [name, countsOf(places)]));
  const lines = rows.map(([name, ones]) => {
    const cells = Object.values(foundBy).map((counts) => {
      const there = countsOf(ones.map(({ file, line }) => `${file}:${line}`));
      let found = 0;
      for (const [place, number] of there) found += Math.min(number, counts.get(place) ?? 0);
      return `${found} / ${ones.length - found}`;
    });
    return [name, String(ones.length), ...cells];
  });
  const falseOnes = Object.values(peers).map((places) =>
    String(places.filter((place) => place.startsWith('lookalikes/')).length),
  );
  const head = ['', 'planted', ...Object.keys(peers).map((name) => `\`${name}\` found / missed`)];
  const all = [head, head.map((_, index) => (index ? '---:' : '---')), ...lines, ['false', '', ...falseOnes]];
  return all.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function countsOf(places) {
  const counts = new Map();
  for (const place of places) counts.set(place, (counts.get(place) ?? 0) + 1);
  return counts;
}
