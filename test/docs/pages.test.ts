import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { InvalidValue, KeysError } from '../../src/base/errors.ts';
import { isCommand, isGroup } from '../../src/cli/catalog.ts';
import { parseArguments } from '../../src/cli/parse.ts';
import { catalog } from '../../src/commands/catalog.ts';
import { splitCommand } from '../../src/sinks/split-command.ts';
import { filesBelow, projectRoot } from '../support/sandbox.ts';

/* What the pages say about files, links and command lines is true. */

const pages = [
  ...['README.md', 'SECURITY.md', 'CHANGELOG.md', 'ARCHITECTURE.md'].map((name) => join(projectRoot, name)),
  ...filesBelow(join(projectRoot, 'docs')).filter((file) => file.endsWith('.md')),
].map((file) => ({ file, name: relative(projectRoot, file), text: readFileSync(file, 'utf8') }));

const now = new Date('2026-11-20T12:00:00Z');

test.each(pages)('every link in $name leads somewhere', ({ file, text }) => {
  const links = [...prose(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  const broken = links.filter((target) => !/^https?:/.test(target) && !isThere(file, target));
  expect(broken).toEqual([]);
});

test.each(pages)('every file that $name names exists', ({ text }) => {
  const named = [...prose(text).matchAll(/`((?:src|docs|test|scripts|bin)\/[\w./-]*)`/g)];
  const missing = named.map(([, path = '']) => path).filter((path) => !existsSync(join(projectRoot, path)));
  expect(missing).toEqual([]);
});

test('command lines are found at all', () => {
  expect(pages.flatMap(({ text }) => commandLines(text)).length).toBeGreaterThan(60);
});

test.each(pages)('every command line in $name can be parsed', async ({ text }) => {
  const refused: string[] = [];
  for (const line of commandLines(text))
    await parse(line).catch((error) => refused.push(`${line}: ${reason(error)}`));
  expect(refused).toEqual([]);
});

test.each(pages)('every command that $name mentions exists', ({ text }) => {
  const mentioned = [...prose(text).matchAll(/`keys ([a-z]+)(?: ([a-z-]+))?[^`]*`/g)];
  const unknown = mentioned
    .map(([, word = '', second = '']) => (isGroup(catalog, word) ? `${word} ${second}` : word))
    .filter((words) => !isCommand(catalog, words));
  expect(unknown).toEqual([]);
});

test.each(Object.entries(catalog))('every example of keys %s can be parsed', async (_, load) => {
  for (const example of (await load()).examples) {
    for (const line of keysCalls(example)) await parse(line);
  }
});

async function parse(line: string): Promise<void> {
  const [, ...argv] = splitCommand(line);
  await parseArguments(argv, catalog, { now });
}

function reason(error: unknown): string {
  if (error instanceof KeysError || error instanceof InvalidValue) return error.message;
  throw error;
}

/** The text outside of fenced blocks. */
function prose(text: string): string {
  return text.replaceAll(/^```[\s\S]*?^```$/gm, '');
}

function isThere(file: string, target: string): boolean {
  const [path = '', anchor] = target.split('#');
  const found = path === '' ? file : join(dirname(file), path);
  if (!existsSync(found)) return false;
  return anchor === undefined || anchorsOf(readFileSync(found, 'utf8')).includes(anchor);
}

/** The anchors that GitHub gives to headings. */
function anchorsOf(text: string): string[] {
  return [...prose(text).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

/** Calls of `keys` in blocks of shell, in transcripts (after `$ `) and in workflows. */
function commandLines(text: string): string[] {
  const blocks = [...text.matchAll(/^```(sh|console|yaml)\n([\s\S]*?)^```$/gm)].flatMap(
    ([, kind, body = '']) =>
      body
        .replaceAll(/\\?\n {2,}(?=-|keys )/g, ' ')
        .split('\n')
        .filter((line) => kind !== 'console' || line.startsWith('$ ')),
  );
  return blocks.flatMap(keysCalls);
}

/** The calls of `keys` in one line of shell, without what is piped in or out. */
function keysCalls(line: string): string[] {
  const parts = line.replace(/\s#\s.*$/, '').match(/(?:'[^']*'|"[^"]*"|[^|&;<>'"])+/g) ?? [];
  return parts.flatMap((part) => /(?:^\$ |^|[-:] )(keys [a-z-].*)/.exec(part.trim())?.[1] ?? []);
}
