import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import type { Planted } from '../../scripts/leak-corpus.mjs';
import { plantCorpus } from '../../scripts/leak-corpus.mjs';
import type { Leak } from '../../src/keys/leak.ts';
import { authorityFormats } from '../../src/leaks/sought-formats.ts';
import { builtInProviders } from '../../src/providers/built-in/built-in.ts';
import { Sandbox } from '../support/sandbox.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const count = 1_000;
let formats: string[] = [];

beforeAll(async () => {
  const declared = (await builtInProviders()).flatMap(({ values = [] }) => values);
  formats = [...new Set([...authorityFormats.map(({ text }) => text), ...declared])];
});

const git = (folder: string, ...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.com', ...args], { cwd: folder });

async function leaksIn(folder: string, ...args: string[]): Promise<Leak[]> {
  const run = await new Sandbox().program(['leaks', ...args, folder, '--json', 'file,line,masked']);
  expect(run.exit).toBe(8);
  return JSON.parse(run.stdout).findings;
}

/** Each planted value has one finding, in its line, and there is no other one. */
function expectAll(findings: readonly Leak[], planted: readonly Planted[]): void {
  const places = (ones: readonly { file: string; line: number }[]) =>
    ones.map(({ file, line }) => `${file.replace(/^.*?(?=found|lookalikes)/, '')}:${line}`).sort();
  expect(places(findings)).toEqual(places(planted));
}

test('all values planted in a tree are found, and no lookalike', { timeout: 60_000 }, async () => {
  const folder = temporaryFolder();
  const planted = plantCorpus(folder, formats, count);
  expectAll(await leaksIn(folder), planted);
});

test('all values that git has ever had are found', { timeout: 60_000 }, async () => {
  const folder = join(temporaryFolder(), 'repository');
  mkdirSync(folder);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  git(folder, 'init', '-q');
  const planted = plantCorpus(folder, formats, count);
  git(folder, 'add', '-A');
  git(folder, 'commit', '-qm', 'all');
  git(folder, 'rm', '-qr', '.');
  git(folder, 'commit', '-qm', 'none');
  expectAll(await leaksIn(folder, '--history'), planted);
});
