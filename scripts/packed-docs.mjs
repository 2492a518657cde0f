// Stands in the bundle for `src/app/docs/read-pages.ts`: the pages themselves, compressed, so that the single executable has
// them, too.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';

/** The source of a module with the pages of this tree. */
export function packedDocs(root) {
  const files = ['docs', 'docs/reference', 'docs/providers'].flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => `${folder}/${name}`),
  );
  const paths = ['README.md', 'SECURITY.md', 'CHANGELOG.md', ...files].filter((path) => path.endsWith('.md'));
  const pages = Object.fromEntries(paths.map((path) => [path, readFileSync(join(root, path), 'utf8')]));
  const packed = brotliCompressSync(JSON.stringify(pages)).toString('base64');
  return `import { brotliDecompressSync } from 'node:zlib';
export function readPages() {
  return JSON.parse(brotliDecompressSync(Buffer.from('${packed}', 'base64')).toString('utf8'));
}
`;
}
