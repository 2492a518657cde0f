import type { LeakedValues, Place } from './leaked-values.ts';
import type { Blob, BlobSearch } from './search-blobs.ts';
import { searchBlobs } from './search-blobs.ts';
import type { Scanned } from './search-files.ts';

const newline = 0x0a;

/**
 * Searches all that any branch, tag or stash of a repository has ever had, each blob once. A value that a file kept through
 * several commits is one place, in the oldest of them. `paths`: no other files.
 */
export async function searchHistory(search: BlobSearch, paths: readonly string[]): Promise<Scanned> {
  const scanned = await searchBlobs(search, pastBlobs(search, paths));
  await addCommits(search, search.values);
  return scanned;
}

/** `rev-list` tells ids and paths of objects, `cat-file` which of them are blobs. */
async function* pastBlobs({ repository }: BlobSearch, paths: readonly string[]): AsyncGenerator<Blob> {
  const all = [
    'rev-list',
    '--objects',
    '--all',
    ...(paths.length > 0 ? ['--full-history', '--', ...paths] : []),
  ];
  async function* objects(): AsyncGenerator<string> {
    // A commit has no path.
    for await (const line of repository.parts(all, newline)) if (line.includes(' ')) yield `${line}\n`;
  }
  const types = ['cat-file', '--batch-check=%(objecttype) %(objectname) %(rest)', '--buffer'];
  for await (const line of repository.parts(types, newline, objects())) {
    const [, id, path = ''] = /^blob (\w+) (.*)$/s.exec(line) ?? [];
    if (id !== undefined) yield { id, path: path };
  }
}

interface Origin {
  commit: string | undefined;
  /** How many changes are older. */
  age: number;
}

/** Says of each place which commit is the oldest that has it, and leaves out younger ones of the same value and file. */
async function addCommits({ repository }: BlobSearch, values: LeakedValues): Promise<void> {
  const all = values.all;
  const blobs = new Set(all.flatMap(({ places }) => places.flatMap(({ blob }) => blob ?? [])));
  if (blobs.size === 0) return;
  const origins = await originsOf(repository, blobs);
  for (const leak of all) leak.places = oldestOf(leak.places, origins);
}

/** The places in the oldest blob of each file, with its commit. */
function oldestOf(places: readonly Place[], origins: ReadonlyMap<string, Origin>): Place[] {
  const unknown: Origin = { commit: undefined, age: Number.POSITIVE_INFINITY };
  const originOf = ({ blob = '' }: Place) => origins.get(blob) ?? unknown;
  const ages = new Map<string, number>();
  for (const place of places)
    ages.set(place.file, Math.min(originOf(place).age, ages.get(place.file) ?? Number.POSITIVE_INFINITY));
  return places
    .filter((place) => originOf(place).age === ages.get(place.file))
    .map((place) => {
      const { commit } = originOf(place);
      return { ...place, ...(commit !== undefined && { commit }) };
    });
}

const listChanges = [
  ...['-c', 'log.showRoot=true', '-c', 'log.diffMerges=separate'],
  ...['log', '--all', '--topo-order', '--reverse', '--raw', '-r', '-m', '-z', '--no-abbrev', '--no-renames'],
  ...['--no-ext-diff', '--no-color', '--no-show-signature', '--no-notes', '--format=%H'],
];

/** The oldest commit with each blob. */
async function originsOf(
  repository: BlobSearch['repository'],
  blobs: ReadonlySet<string>,
): Promise<ReadonlyMap<string, Origin>> {
  const origins = new Map<string, Origin>();
  let commit = '';
  let age = 0;
  let isPath = false;
  for await (const part of repository.parts(listChanges, 0)) {
    const change: string | undefined = isPath ? undefined : /^\n?:\d+ \d+ \w+ (\w+) /.exec(part)?.[1];
    if (change !== undefined && blobs.has(change) && !origins.has(change))
      origins.set(change, { commit, age });
    else if (!isPath && change === undefined) commit = part.trim();
    if (origins.size === blobs.size) break;
    isPath = change !== undefined;
    age += 1;
  }
  return origins;
}
