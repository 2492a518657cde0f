import { posix } from 'node:path';
import type { KeysError } from '../../base/errors.ts';
import { usageError } from '../../base/errors.ts';
import { didYouMean } from '../../base/nearest.ts';
import { readPages } from './read-pages.ts';

/** A page of the documentation. */
export interface DocsPage {
  /** What `keys docs` calls it. */
  name: string;
  title: string;
  /** In the repository and in the package. */
  path: string;
  text: string;
}

/** The names of pages that another page's file name would suggest; null: for those who change the program. */
const otherNames: Readonly<Record<string, string | null>> = {
  'docs/style.md': null,
  'docs/reference/providers.md': 'declarations',
  'docs/providers/README.md': 'built-in',
};

/** The guides in the order in which a user meets them; the reference and the pages of the providers come after them. */
const firstPages = [
  'README',
  'installing',
  'terminal',
  'rotation',
  'recovery',
  'policy',
  'audit',
  'leaks',
  'ci',
  'pipes',
  'providers',
  'serving',
  'scaling',
];

export function docsPages(): DocsPage[] {
  const pages = Object.entries(readPages()).flatMap(([path, text]) => {
    const name = path in otherNames ? otherNames[path] : posix.basename(path, '.md').toLowerCase();
    const [, title = path] = /^# (.+)$/m.exec(text) ?? [];
    return name ? [{ name, title, path, text }] : [];
  });
  return pages.sort((one, other) => rankOf(one) - rankOf(other) || (one.name < other.name ? -1 : 1));
}

function rankOf({ path }: DocsPage): number {
  const index = firstPages.findIndex((name) => path === `docs/${name}.md` || path === `${name}.md`);
  if (index >= 0) return index;
  return path.startsWith('docs/providers/') && !path.endsWith('README.md') ? 200 : 100;
}

/** By its name, or by its path as other pages give it. Throws `KeysError` (2). */
export function docsPage(pages: readonly DocsPage[], word: string): DocsPage {
  const bare = word.replace(/^\.?\//, '').replace(/\.md$/i, '');
  const isMeant = ({ name, path }: DocsPage) =>
    name === bare.toLowerCase() || path === `${bare}.md` || path === `docs/${bare}.md`;
  const page = pages.find(isMeant);
  if (!page) throw noPage(pages, word);
  return page;
}

function noPage(pages: readonly DocsPage[], word: string): KeysError {
  const names = pages.map(({ name }) => name);
  return usageError(`there is no page '${word}'${didYouMean(word, names)}`, 'keys docs');
}

/** What to type to read the page that a link of another page leads to. */
export function commandFor(pages: readonly DocsPage[], from: DocsPage, target: string): string | undefined {
  const [file = ''] = target.split('#');
  const path = file === '' ? from.path : posix.join(posix.dirname(from.path), file);
  const page = pages.find((one) => one.path === path);
  return page && page !== from ? `keys docs ${page.name}` : undefined;
}
