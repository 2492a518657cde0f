import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The pages in this tree, by path. In the bundle, `scripts/packed-docs.mjs` stands here: the pages are in the program itself. */
export function readPages(): Readonly<Record<string, string>> {
  const root = join(import.meta.dirname, '..', '..', '..');
  const files = ['docs', 'docs/reference', 'docs/providers'].flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => `${folder}/${name}`),
  );
  const paths = ['README.md', 'SECURITY.md', 'CHANGELOG.md', ...files].filter((path) => path.endsWith('.md'));
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(root, path), 'utf8')]));
}
