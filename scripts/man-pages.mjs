// Writes a manual page for each command, each group of commands and the program, from their declarations, and lists them
// in package.json, from which npm links them for `man`.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'rolldown';
import { manPage } from './man-page.mjs';

/** Writes the pages into a folder. `options` are those with which the program is bundled. */
export async function writeManPages({ root, folder, options }) {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const day = new Date(
    process.env.SOURCE_DATE_EPOCH ? Number(process.env.SOURCE_DATE_EPOCH) * 1000 : Date.now(),
  );
  const settings = { date: day.toISOString().slice(0, 10), source: `keys ${version}` };
  const pages = await withDeclarations(root, options, (declarations) => setPages(declarations, settings));
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of pages) writeFileSync(join(folder, `${name}.1`), text);
  return pages.map(([name]) => `${name}.1`);
}

async function setPages({ pageOf, manualOf, catalog }, settings) {
  const manual = manualOf(catalog);
  const commands = Object.keys(catalog);
  const groups = [
    ...new Set(commands.filter((name) => name.includes(' ')).map((name) => name.split(' ')[0])),
  ];
  const names = [...commands, ...groups].sort();
  const pages = await Promise.all(
    names.map(async (name) => {
      const [group] = name.split(' ');
      const siblings = commands.filter((other) => other !== name && other.startsWith(`${group} `));
      const related = ['keys', ...siblings.map(fileName)];
      return [fileName(name), manPage(await pageOf(manual, name), { ...settings, related })];
    }),
  );
  const topics = await Promise.all(Object.keys(manual.topics).map((name) => pageOf(manual, name)));
  const program = manPage(await pageOf(manual, undefined), {
    ...settings,
    topics,
    related: names.map(fileName),
  });
  return [['keys', program], ...pages];
}

function fileName(name) {
  return `keys-${name.replaceAll(' ', '-')}`;
}

/** Bundles what help is made of, and imports it: no version of Node.js that we build with reads TypeScript. */
async function withDeclarations(root, options, use) {
  const temporary = mkdtempSync(join(root, 'node_modules', '.man-'));
  try {
    const input = {
      help: 'src/cli/help.ts',
      manual: 'src/commands/manual.ts',
      catalog: 'src/commands/catalog.ts',
    };
    await build({
      ...options,
      input,
      output: { dir: temporary, format: 'esm', entryFileNames: '[name].mjs' },
    });
    const modules = Object.keys(input).map(
      (name) => import(pathToFileURL(join(temporary, `${name}.mjs`)).href),
    );
    return await use(Object.assign({}, ...(await Promise.all(modules))));
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** Makes package.json list these files. It stays as it is if it does. */
export function listManPages(root, paths) {
  const file = join(root, 'package.json');
  const text = readFileSync(file, 'utf8');
  const settings = JSON.parse(text);
  if (JSON.stringify(settings.man) === JSON.stringify(paths)) return;
  const entries = Object.entries(settings).filter(([name]) => name !== 'man');
  const after = entries.findIndex(([name]) => name === 'bin') + 1;
  const listed = Object.fromEntries(entries.toSpliced(after, 0, ['man', paths]));
  writeFileSync(file, `${JSON.stringify(listed, null, 2)}\n`);
}
