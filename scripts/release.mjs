// `npm run release -- 0.2.0 [--dry-run]`: checks the tree and the changelog, builds and packs, checks the contents of the
// package, commits the version and writes a tag. Publishing stays a step of its own. A dry run changes nothing.
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageProblems } from './package-contents.mjs';
import { root, setUp } from './setup.mjs';

try {
  release(process.argv.slice(2));
} catch (error) {
  console.error(`npm run release: ${error.message}`);
  process.exitCode = 1;
}

function release([version = '', ...flags]) {
  const isDryRun = flags.includes('--dry-run');
  if (!/^\d+\.\d+\.\d+$/.test(version) || flags.some((flag) => flag !== '--dry-run'))
    throw new Error('name a version: npm run release -- 0.2.0 [--dry-run]');
  if (output('git', 'status', '--porcelain') !== '') throw new Error('commit or stash your changes first');
  if (output('git', 'tag', '--list', `v${version}`) !== '') throw new Error(`the tag v${version} exists`);
  const changes = changesOf(version, isDryRun);
  setUp();

  const versions = ['package.json', 'package-lock.json'].map((name) => join(root, name));
  const before = versions.map((path) => readFileSync(path));
  const undo = () => versions.forEach((path, index) => void writeFileSync(path, before[index]));
  try {
    output('npm', 'version', version, '--no-git-tag-version', '--allow-same-version');
    const file = packed(version, isDryRun);
    if (isDryRun) {
      undo();
      console.log(`dry run: would tag v${version} with the section of CHANGELOG.md:\n\n${changes}`);
      return;
    }
    if (output('git', 'status', '--porcelain', '--untracked-files=no') !== '')
      output('git', 'commit', '--quiet', '--all', '--message', `Release ${version}`);
    output('git', 'tag', '--annotate', `v${version}`, '--message', `keys ${version}\n\n${changes}`);
    console.log(`tagged v${version}; to publish it: npm publish ${file} && git push --follow-tags`);
  } catch (error) {
    undo();
    throw error;
  }
}

/** Builds and packs, and gives the name of the file. */
function packed(version, isDryRun) {
  const text = output('npm', 'pack', '--json', ...(isDryRun ? ['--dry-run'] : []));
  // What the build prints comes first.
  const [{ filename, files }] = JSON.parse(text.slice(text.lastIndexOf('\n[') + 1));
  const problems = packageProblems(files.map(({ path }) => path));
  if (problems.length > 0) {
    rmSync(join(root, filename), { force: true });
    throw new Error(problems.join('\n'));
  }
  console.log(`${filename} (version ${version}): ${files.length} files, all of them expected`);
  return filename;
}

/** The section of a version in CHANGELOG.md, without its heading. */
function changesOf(version, isDryRun) {
  const [, ...sections] = readFileSync(join(root, 'CHANGELOG.md'), 'utf8').split(/^## /m);
  const section = sections.find((text) => text.split(/\s/, 1)[0] === version);
  if (section === undefined) throw new Error(`CHANGELOG.md has no section "## ${version}"`);
  const [heading = '', ...lines] = section.split('\n');
  const changes = lines.join('\n').trim();
  if (changes === '') throw new Error(`the section "## ${heading}" of CHANGELOG.md is empty`);
  if (heading.includes('unreleased') && !isDryRun)
    throw new Error(`CHANGELOG.md calls ${version} unreleased: put the date in its heading`);
  return changes;
}

function output(command, ...args) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${stderr}`);
  return stdout.trim();
}
