import type { Blob, BlobSearch } from './search-blobs.ts';
import { searchBlobs } from './search-blobs.ts';
import type { Scanned } from './search-files.ts';

const listChanges = [
  ...['diff', '--cached', '--raw', '-z', '--no-abbrev', '--no-renames', '--no-ext-diff', '--no-color'],
  '--ignore-submodules=all',
];

/** Searches the files that the next commit changes, as the index has them. `paths`: none others. */
export async function searchStaged(search: BlobSearch, paths: readonly string[]): Promise<Scanned> {
  return searchBlobs(search, stagedBlobs(search, paths));
}

/** Without submodules, and without a file that is only intended to be added. */
async function* stagedBlobs({ repository }: BlobSearch, paths: readonly string[]): AsyncGenerator<Blob> {
  let id: string | undefined;
  for await (const part of repository.parts([...listChanges, '--', ...paths], 0)) {
    if (id !== undefined) {
      if (!/^0+$/.test(id)) yield { id, path: part };
      id = undefined;
    } else {
      // `:100644 100644 <old id> <new id> M`, https://git-scm.com/docs/git-diff-index
      id = /^:\d+ (?:100\d{3}|120000) \w+ (\w+) /.exec(part)?.[1] ?? '0';
    }
  }
}
